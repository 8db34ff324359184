internal import CPcap
internal import Platform
internal import Wire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// One interface that is captured on: a handle of libpcap, closed in `deinit`.
///
/// A class, because an array cannot hold values that are not copied; nothing else shares it.
@safe final class LiveInterface: PacketQueue {
    let name: String
    let linkType: LinkType
    /// What poll(2) waits for.
    let descriptor: Int32
    private(set) var captured: UInt64 = 0
    /// Whether the last that was heard of the interface is that it is down.
    var isDown = false

    /// Its number when it was opened; 0 for what is no interface of its own, as `any`.
    private let index: UInt32
    private let handle: OpaquePointer
    private let hasNanoseconds: Bool
    /// What the kernel had counted when the capture began.
    private var received: WrappingCounter
    private var droppedByKernel: WrappingCounter
    private var droppedByInterface: WrappingCounter
    /// A packet that was found and not taken yet, borrowed from libpcap until it is asked for another one.
    private var next: (header: UnsafeMutablePointer<pcap_pkthdr>, bytes: UnsafePointer<UInt8>)?

    /// Opens the interface `name` and starts to capture on it. Throws why that cannot be done, and what would help.
    init(_ name: String, _ settings: LiveSettings) throws(CaptureError) {
        var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_create(name, &words) else {
            throw CaptureError("cannot capture on \(name): \(String(terminated: words))")
        }
        var opened = false
        // Of what follows, each throws before the value is whole, and then there is no deinit.
        defer { if !opened { unsafe pcap_close(handle) } }
        unsafe pcap_set_snaplen(handle, Int32(clamping: settings.snaplen))
        unsafe pcap_set_promisc(handle, settings.isPromiscuous ? 1 : 0)
        unsafe pcap_set_timeout(handle, Int32(clamping: max(1, settings.timeout)))
        unsafe pcap_set_buffer_size(handle, Int32(clamping: settings.bufferSize))
        unsafe pcap_set_immediate_mode(handle, settings.isImmediate ? 1 : 0)
        unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let code = unsafe pcap_activate(handle)
        if code < 0 {
            throw CaptureError(Self.refusal(of: name, code, unsafe String(cString: pcap_geterr(handle))))
        }
        // "any" can tell which interface a packet came by only in the second version of the cooked header.
        if name == "any" { unsafe pcap_set_datalink(handle, DLT_LINUX_SLL2) }
        let number = unsafe pcap_datalink(handle)
        linkType = LinkType(dataLink: number)
        hasNanoseconds = unsafe pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
        descriptor = unsafe pcap_get_selectable_fd(handle)
        // What came before the settings were whole counts for nothing: some of it libpcap would leave out again, so that
        // the kernel's count would for ever differ from what is handed over.
        let isClosed = PacketSocket.acceptNoMore(descriptor)
        if name == "lo" { PacketSocket.ignoreOutgoing(descriptor) }
        if isClosed { unsafe Self.drain(handle, descriptor, settings.timeout) }
        let before = unsafe Self.statistics(handle) ?? pcap_stat()
        received = WrappingCounter(from: before.ps_recv)
        droppedByKernel = WrappingCounter(from: before.ps_drop)
        droppedByInterface = WrappingCounter(from: before.ps_ifdrop)
        if let filter = Self.filter(settings, linkType, name) {
            var program = unsafe bpf_program()
            guard unsafe pcap_compile(handle, &program, filter, 1, bpf_u_int32.max) == 0 else {
                let reason = unsafe String(cString: pcap_geterr(handle))
                let words =
                    settings.filter == nil && settings.isLight
                    ? "of a light capture" : "\"\(settings.filter ?? filter)\""
                throw CaptureError("the filter \(words) does not compile for \(name): \(reason)")
            }
            defer { unsafe pcap_freecode(&program) }
            guard unsafe pcap_setfilter(handle, &program) == 0 else {
                throw CaptureError("cannot filter on \(name): \(unsafe String(cString: pcap_geterr(handle)))")
            }
        } else if isClosed, !PacketSocket.acceptAll(descriptor) {
            throw CaptureError("cannot capture on \(name): \(SystemError.last)")
        }
        unsafe pcap_setnonblock(handle, 1, &words)
        self.name = name
        index = unsafe if_nametoindex(name)
        unsafe self.handle = handle
        opened = true
    }

    deinit {
        unsafe pcap_close(handle)
    }

    /// Adds packets that have come to `batch`, as those of interface `number`, up to its capacity.
    /// Throws where the interface is gone.
    func read(into batch: inout PacketBatch, number: UInt32, filled: inout Int) throws(CaptureError) {
        while batch.hasRoomForLivePacket(behind: filled), try peek() != nil {
            take(into: &batch, number: number, filled: &filled)
        }
    }

    /// The time (ns since 1970) of the next packet that has come; nil: none. Throws where the interface is gone.
    func peek() throws(CaptureError) -> Int64? {
        if let next = unsafe next { return time(of: unsafe next.header.pointee) }
        var header: UnsafeMutablePointer<pcap_pkthdr>? = nil
        var bytes: UnsafePointer<UInt8>? = nil
        let code = unsafe pcap_next_ex(handle, &header, &bytes)
        if code == 0 || code == PCAP_ERROR_BREAK { return nil }
        guard code == 1, let header = unsafe header, let bytes = unsafe bytes else {
            throw CaptureError("\(name): \(unsafe String(cString: pcap_geterr(handle)))")
        }
        unsafe next = (header, bytes)
        return time(of: unsafe header.pointee)
    }

    /// Adds the packet that `peek` found to `batch`, which has room for it, as one of interface `number`.
    func take(into batch: inout PacketBatch, number: UInt32, filled: inout Int) {
        guard let (header, bytes) = unsafe next else { return }
        unsafe next = nil
        let (caplen, length) = unsafe (header.pointee.caplen, header.pointee.len)
        let count = min(Int(caplen), PacketBatch.longestLivePacket)
        unsafe batch.bytes.withUnsafeMutableBytes { room in
            // The borrowed packet is libpcap's until the next call (pcap_next_ex(3PCAP)).
            unsafe room.baseAddress.map { unsafe $0 + filled }?.copyMemory(from: bytes, byteCount: count)
        }
        batch.records.append(
            PacketRecord(
                time: time(of: unsafe header.pointee),
                offset: UInt32(truncatingIfNeeded: filled), capturedLength: UInt32(truncatingIfNeeded: count),
                originalLength: length, frame: UInt32(truncatingIfNeeded: batch.records.count), interface: number,
                linkType: linkType))
        filled += count
        captured &+= 1
    }

    private func time(of header: pcap_pkthdr) -> Int64 {
        let fraction = Int64(header.ts.tv_usec) &* (hasNanoseconds ? 1 : 1000)
        return Int64(header.ts.tv_sec) &* 1_000_000_000 &+ fraction
    }

    /// Whether the interface that was opened is there no more, or another one has its name.
    var isGone: Bool { unsafe index != 0 && if_nametoindex(name) != index }

    /// Whether the interface that was opened is known to be down now.
    ///
    /// The error by which poll(2) tells it is there once, and libpcap takes it where it comes while packets are read.
    var isKnownDown: Bool { index != 0 && PacketSocket.isDown(descriptor, name) }

    /// Lets nothing more into the ring; what it holds can still be read. False where that cannot be done.
    func acceptNoMore() -> Bool {
        PacketSocket.acceptNoMore(descriptor)
    }

    /// What the kernel has counted: pcap_stats(3PCAP).
    var counters: LiveCounters {
        if let now = unsafe Self.statistics(handle) {
            received.read(now.ps_recv)
            droppedByKernel.read(now.ps_drop)
            droppedByInterface.read(now.ps_ifdrop)
        }
        var counters = LiveCounters()
        counters.received = received.total
        counters.droppedByKernel = droppedByKernel.total
        counters.droppedByInterface = droppedByInterface.total
        return counters
    }

    /// What libpcap counts; nil: it does not tell.
    private static func statistics(_ handle: OpaquePointer) -> pcap_stat? {
        var statistics = pcap_stat()
        return unsafe pcap_stats(handle, &statistics) == 0 ? statistics : nil
    }

    /// Throws away what came before nothing more was let in: until none has come for longer than the kernel keeps
    /// packets back.
    private static func drain(_ handle: OpaquePointer, _ descriptor: Int32, _ timeout: Int) {
        guard let counted = unsafe statistics(handle), counted.ps_recv > 0 else { return }
        var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        unsafe pcap_setnonblock(handle, 1, &words)
        var header: UnsafeMutablePointer<pcap_pkthdr>? = nil
        var bytes: UnsafePointer<UInt8>? = nil
        var quietSince = ContinuousClock.now
        while quietSince.duration(to: .now) < .milliseconds(timeout + 50) {
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&wait, 1, 20)
            while unsafe pcap_next_ex(handle, &header, &bytes) == 1 { quietSince = .now }
        }
    }

    /// The filter that is set by `settings` on `name`, whose packets are of `linkType`; nil: none.
    ///
    /// What this host sends on loopback is seen twice, and libpcap leaves one of both out after the kernel has counted
    /// it; on `any` a filter has to do what `ignoreOutgoing` does on loopback alone.
    private static func filter(_ settings: LiveSettings, _ linkType: LinkType, _ name: String) -> String? {
        let filter =
            settings.isLight ? LightFilter.expression(joining: settings.filter, for: linkType) : settings.filter
        let loopback = unsafe if_nametoindex("lo")
        guard name == "any", loopback > 0 else { return filter }
        let once = "not (outbound and ifindex \(loopback))"
        return filter.map { "(\($0)) and \(once)" } ?? once
    }

    private static func refusal(of name: String, _ code: Int32, _ details: String) -> String {
        switch code {
        case PCAP_ERROR_PERM_DENIED:
            "may not capture on \(name): that needs the capability cap_net_raw. Run as root, or once: "
                + "setcap cap_net_raw+ep \"$(command -v tcpalive)\"; in a container: --cap-add NET_RAW"
        case PCAP_ERROR_NO_SUCH_DEVICE:
            "there is no interface \(name) to capture on: `tcpalive interfaces` lists what there is"
        case PCAP_ERROR_IFACE_NOT_UP:
            "\(name) is down: bring it up first (ip link set \(name) up)"
        default:
            "cannot capture on \(name): "
                + (details.isEmpty ? unsafe String(cString: pcap_statustostr(code)) : details)
        }
    }
}

extension LinkType {
    /// The link type of files for libpcap's DLT_ number of this system: the two differ where systems did.
    init(dataLink: Int32) {
        switch dataLink {
        case DLT_RAW: self = .raw
        case DLT_ATM_RFC1483: self = LinkType(rawValue: 100)
        default: self = LinkType(rawValue: UInt16(truncatingIfNeeded: dataLink))
        }
    }
}
