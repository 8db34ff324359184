internal import CPcap
internal import Platform
internal import Wire

/// One interface of a live capture: a handle of libpcap, closed in `deinit`.
///
/// A class, because an array cannot hold noncopyable values. Each object has one owner.
@safe final class LiveInterface: PacketQueue {
    /// Its name, the new one after `takeNewName`.
    private(set) var name: String
    let linkType: LinkType
    /// For poll(2): readable when packets have arrived.
    let descriptor: Int32
    private(set) var captured: UInt64 = 0
    /// Whether the interface is down, by the last notice of it.
    var isDown = false

    /// Its number when it was opened; 0 for `any`, which is not an interface.
    private let index: UInt32
    /// Whether `peek` has thrown because the interface is gone. What the ring still holds can be read.
    private var isReportedGone = false
    /// The name that libpcap was given.
    private let openedName: String
    private let handle: OpaquePointer
    private let hasNanoseconds: Bool
    /// What the kernel has counted since the capture began.
    private var received: WrappingCounter
    private var droppedByKernel: WrappingCounter
    private var droppedByInterface: WrappingCounter
    /// The packet that `peek` found, if `take` has not taken it: borrowed from libpcap until the next pcap_next_ex.
    private var next: (header: UnsafeMutablePointer<pcap_pkthdr>, bytes: UnsafePointer<UInt8>)?

    /// Opens the interface `name` and starts to capture on it. Throws if that fails.
    init(_ name: String, _ settings: LiveSettings) throws(CaptureError) {
        var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let handle = unsafe pcap_create(name, &words) else {
            throw CaptureError(.failed, "cannot capture on \(name): \(String(terminated: words))")
        }
        var opened = false
        // If an error is thrown below, `deinit` does not run.
        defer { if !opened { unsafe pcap_close(handle) } }
        unsafe pcap_set_snaplen(handle, Int32(clamping: settings.snaplen))
        unsafe pcap_set_promisc(handle, settings.isPromiscuous ? 1 : 0)
        unsafe pcap_set_timeout(handle, Int32(clamping: max(1, settings.timeout)))
        unsafe pcap_set_buffer_size(handle, Int32(clamping: settings.bufferSize))
        unsafe pcap_set_immediate_mode(handle, settings.isImmediate ? 1 : 0)
        unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
        let code = unsafe pcap_activate(handle)
        if code < 0 {
            throw Self.activationError(code, on: name, unsafe String(cString: pcap_geterr(handle)))
        }
        // On "any", only the second version of the cooked header has the interface of a packet.
        if name == "any" { unsafe pcap_set_datalink(handle, DLT_LINUX_SLL2) }
        let number = unsafe pcap_datalink(handle)
        linkType = LinkType(dataLink: number)
        hasNanoseconds = unsafe pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
        descriptor = unsafe pcap_get_selectable_fd(handle)
        // Packets that arrived before the filter was set are dropped: libpcap would leave some of them out, and the kernel's
        // count would always differ from the number of delivered packets.
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
                guard let wanted = settings.filter else {
                    throw CaptureError(
                        .invalidFilter, "the filter of a light capture does not compile for \(name): \(reason)")
                }
                let sentence = FilterFault.sentence(wanted, reason, for: number)
                throw CaptureError(.invalidFilter, "filter \"\(wanted)\" on \(name): \(sentence)")
            }
            defer { unsafe pcap_freecode(&program) }
            guard unsafe pcap_setfilter(handle, &program) == 0 else {
                throw CaptureError(.failed, "cannot filter on \(name): \(unsafe String(cString: pcap_geterr(handle)))")
            }
        } else if isClosed, !PacketSocket.acceptAll(descriptor) {
            let error = SystemError.last
            throw CaptureError(.failed, "cannot capture on \(name): \(error)", errno: error.code)
        }
        unsafe pcap_setnonblock(handle, 1, &words)
        self.name = name
        openedName = name
        index = unsafe if_nametoindex(name)
        unsafe self.handle = handle
        opened = true
    }

    deinit {
        unsafe pcap_close(handle)
    }

    /// Adds the packets that have arrived to `batch`, as packets of interface `number`, up to its capacity.
    ///
    /// Throws if the interface is gone.
    func read(into batch: inout PacketBatch, number: UInt32, filled: inout Int) throws(CaptureError) {
        while batch.hasRoomForLivePacket(behind: filled), try peek() != nil {
            take(into: &batch, number: number, filled: &filled)
        }
    }

    /// The time (ns since 1970) of the next packet that has arrived, if any. Throws if the interface is gone.
    func peek() throws(CaptureError) -> Int64? {
        if let next = unsafe next { return time(of: unsafe next.header.pointee) }
        var header: UnsafeMutablePointer<pcap_pkthdr>? = nil
        var bytes: UnsafePointer<UInt8>? = nil
        let code = unsafe pcap_next_ex(handle, &header, &bytes)
        if code == 0 || code == PCAP_ERROR_BREAK { return nil }
        guard code == 1, let header = unsafe header, let bytes = unsafe bytes else {
            // libpcap repeats the error while the ring is empty. It asks for the state of the interface by its old name.
            if isReportedGone || isRenamed { return nil }
            isReportedGone = true
            throw CaptureError(
                .failed, isGone ? "\(name) was removed" : "\(name): \(unsafe String(cString: pcap_geterr(handle)))")
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
            // The packet belongs to libpcap until the next call (pcap_next_ex(3PCAP)).
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

    /// Whether the interface was removed, or moved to another network namespace.
    var isGone: Bool { index != 0 && currentName == nil }

    /// Whether the interface has another name now than when it was opened.
    private var isRenamed: Bool { index != 0 && currentName.map { $0 != openedName } ?? false }

    /// Takes the name that the interface has now; returns the name before, or nil if it is the same.
    func takeNewName() -> String? {
        guard index != 0, let now = currentName, now != name else { return nil }
        defer { name = now }
        return name
    }

    /// The name of the interface by its number; nil: there is none.
    private var currentName: String? { PacketSocket.name(descriptor, of: index) }

    /// Whether the interface is known to be down.
    ///
    /// poll(2) reports the error that says so only once, and libpcap takes it if it arrives while packets are read.
    var isKnownDown: Bool { index != 0 && PacketSocket.isDown(descriptor, name) }

    /// Lets no more packets into the ring; those in it can still be read. False if the kernel refuses.
    func acceptNoMore() -> Bool {
        PacketSocket.acceptNoMore(descriptor)
    }

    /// The kernel's counters (pcap_stats(3PCAP)).
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

    /// libpcap's counters; nil if it has none.
    private static func statistics(_ handle: OpaquePointer) -> pcap_stat? {
        var statistics = pcap_stat()
        return unsafe pcap_stats(handle, &statistics) == 0 ? statistics : nil
    }

    /// Drops the packets in the ring, until none has arrived for longer than the kernel delays packets.
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

    /// The filter for the interface `name` with packets of `linkType`; nil: none.
    ///
    /// A packet on loopback is captured twice, and libpcap leaves one of them out after the kernel has counted it. On `any`,
    /// where `ignoreOutgoing` would concern all interfaces, a filter leaves it out.
    private static func filter(_ settings: LiveSettings, _ linkType: LinkType, _ name: String) -> String? {
        let filter =
            settings.isLight ? LightFilter.expression(joining: settings.filter, for: linkType) : settings.filter
        let loopback = unsafe if_nametoindex("lo")
        guard name == "any", loopback > 0 else { return filter }
        let once = "not (outbound and ifindex \(loopback))"
        return filter.map { "(\($0)) and \(once)" } ?? once
    }

    /// The error that libpcap returns as `code` when it cannot capture on `name`, with the `details` that it gives.
    private static func activationError(_ code: Int32, on name: String, _ details: String) -> CaptureError {
        switch code {
        case PCAP_ERROR_PERM_DENIED:
            CaptureError(
                .permissionDenied,
                "may not capture on \(name): that needs the capability cap_net_raw. Run as root, or once: "
                    + "setcap cap_net_raw+ep \"$(command -v tcpalive)\"; in a container: --cap-add NET_RAW")
        case PCAP_ERROR_NO_SUCH_DEVICE:
            CaptureError(
                .notFound, "there is no interface \(name) to capture on: `tcpalive interfaces` lists what there is")
        case PCAP_ERROR_IFACE_NOT_UP:
            CaptureError(.interfaceDown, "\(name) is down: bring it up first (ip link set \(name) up)")
        default:
            CaptureError(
                .failed,
                "cannot capture on \(name): "
                    + (details.isEmpty ? unsafe String(cString: pcap_statustostr(code)) : details))
        }
    }
}

extension LinkType {
    /// The link type in files for the DLT_ number that libpcap uses on this system: pcap-linktype(7).
    init(dataLink: Int32) {
        switch dataLink {
        case DLT_RAW: self = .raw
        case DLT_ATM_RFC1483: self = LinkType(rawValue: 100)
        default: self = LinkType(rawValue: UInt16(truncatingIfNeeded: dataLink))
        }
    }
}
