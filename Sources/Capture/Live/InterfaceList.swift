internal import CPcap
internal import Platform
public import Wire

/// An interface of this host on which packets can be captured.
public struct HostInterface: Sendable, Equatable {
    /// The name, as for `tcpalive watch -i`.
    public var name: String
    /// libpcap's description of it, if any.
    public var explanation: String?
    /// Its IPv4 and IPv6 addresses.
    public var addresses: [IPAddress]
    /// The link type of its packets; nil if it cannot be opened.
    public var linkType: LinkType?
    /// Whether it is up (IFF_UP).
    public var isUp: Bool
    /// Whether it has a link (IFF_RUNNING).
    public var isRunning: Bool
    /// Why it cannot be opened; nil if it can.
    public var refusal: String?
    /// Whether it is a network interface, or `any`: libpcap also lists queues of netfilter and buses.
    public var isNetwork: Bool

    /// Whether `watch` can capture on an interface called `name` now, by its name alone.
    public static func exists(_ name: String) -> Bool {
        unsafe name == "any" || if_nametoindex(name) != 0
    }

    /// The interfaces of this host (pcap_findalldevs(3PCAP)). Throws if libpcap cannot list them.
    public static func all() throws(CaptureError) -> [HostInterface] {
        var words = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        var first: UnsafeMutablePointer<pcap_if_t>? = nil
        guard unsafe pcap_findalldevs(&first, &words) == 0 else {
            throw CaptureError(.failed, "cannot list the interfaces: \(String(terminated: words))")
        }
        defer { unsafe pcap_freealldevs(first) }
        var interfaces: [HostInterface] = []
        var next = unsafe first
        while let device = unsafe next {
            unsafe interfaces.append(HostInterface(device.pointee))
            unsafe next = device.pointee.next
        }
        return interfaces
    }

    private init(_ device: pcap_if_t) {
        name = unsafe String(cString: device.name)
        explanation = unsafe device.description.map { unsafe String(cString: $0) }
        isUp = unsafe device.flags & UInt32(PCAP_IF_UP) != 0
        isRunning = unsafe device.flags & UInt32(PCAP_IF_RUNNING) != 0
        isNetwork = Self.exists(name)
        addresses = []
        var next = unsafe device.addresses
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.addr.flatMap({ unsafe IPAddress($0) }) { addresses.append(address) }
            unsafe next = entry.pointee.next
        }
        do throws(CaptureError) {
            linkType = try LiveInterface(name, LiveCapture.Settings(snaplen: 64, bufferSize: 1 << 20)).linkType
        } catch {
            refusal = error.description
        }
    }

    /// libpcap's name of `linkType`, such as `EN10MB`, if it has one.
    public var linkTypeName: String? {
        linkType.flatMap { type in
            unsafe pcap_datalink_val_to_name(type.dataLink).map { unsafe String(cString: $0) }
        }
    }
}

extension LiveCapture.Settings {
    fileprivate init(snaplen: Int, bufferSize: Int) {
        self.init()
        self.snaplen = snaplen
        self.bufferSize = bufferSize
    }
}
