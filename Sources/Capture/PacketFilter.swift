internal import CPcap
internal import Wire

/// A BPF filter expression (pcap-filter(7)), which libpcap compiles once for each link type.
@safe struct PacketFilter: ~Copyable {
    /// The user's expression; nil: everything.
    private let wanted: String?
    private let isLight: Bool
    private var linkTypes: [LinkType] = []
    /// The program for each of `linkTypes`.
    private var programs: [bpf_program] = unsafe []
    /// Link types for which the expression does not compile.
    private var unsuited: [LinkType] = []

    /// A filter that keeps the packets that match `expression` (nil: all) and, if `isLight`, the filter of a light
    /// capture (`LightFilter`).
    init(_ expression: String?, isLight: Bool = false) {
        wanted = expression
        self.isLight = isLight
    }

    deinit {
        for index in linkTypes.indices {
            var program = unsafe programs[index]
            unsafe pcap_freecode(&program)
        }
    }

    /// The index of the program for `linkType`, which is compiled first if necessary. Throws if it does not compile.
    @discardableResult
    mutating func compile(for linkType: LinkType) throws(CaptureError) -> Int {
        if let index = linkTypes.firstIndex(of: linkType) { return index }
        let expression = isLight ? LightFilter.expression(joining: wanted, for: linkType) : wanted ?? ""
        let name = wanted.map { "filter \"\($0)\"" } ?? "the filter of a light capture"
        guard let handle = unsafe pcap_open_dead(linkType.dataLink, Int32(linkType.maximumLength)) else {
            throw CaptureError(.failed, "libpcap has no memory left to compile \(name)")
        }
        defer { unsafe pcap_close(handle) }
        var program = unsafe bpf_program()
        guard unsafe pcap_compile(handle, &program, expression, 1, bpf_u_int32.max) == 0 else {
            let reason = unsafe String(cString: pcap_geterr(handle))
            if let wanted {
                let sentence = FilterFault.sentence(wanted, reason, for: linkType.dataLink)
                throw CaptureError(.invalidFilter, "\(name): \(sentence)")
            }
            let link = unsafe pcap_datalink_val_to_name(linkType.dataLink).map { unsafe String(cString: $0) }
            throw CaptureError(
                .invalidFilter,
                "\(name) does not compile for link type \(link ?? String(linkType.rawValue)): \(reason)")
        }
        linkTypes.append(linkType)
        unsafe programs.append(program)
        return linkTypes.count - 1
    }

    /// Throws if the expression compiles for none of the common link types.
    mutating func checkForAnyLink() throws(CaptureError) {
        var first: CaptureError?
        // Ethernet first, because its message is the clearest; then link types that have keywords of their own in filters.
        for number: UInt16 in [1, 101, 113, 105, 127, 107, 123, 117] {
            do {
                try compile(for: LinkType(rawValue: number))
                return
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    /// Looks up the names in the expression, of hosts for example, by compiling it for all link types that have IP packets:
    /// later a sandbox does not allow that.
    ///
    /// Throws if it compiles for none of them.
    mutating func lookUpNames() throws(CaptureError) {
        guard let wanted, FilterFault.hasName(wanted) else { return }
        try checkForAnyLink()
        for number in SegmentDecoder.linkTypes { _ = program(for: LinkType(rawValue: number)) }
    }

    /// The index of the program for `linkType`; nil if the expression does not compile for it.
    private mutating func program(for linkType: LinkType) -> Int? {
        if let index = linkTypes.firstIndex(of: linkType) { return index }
        if unsuited.contains(linkType) { return nil }
        do {
            return try compile(for: linkType)
        } catch {
            unsuited.append(linkType)
            return nil
        }
    }

    /// Removes the packets of `batch` that do not match, and those of link types for which the expression does not compile.
    mutating func apply(to batch: inout PacketBatch) {
        // Moved out of the batch while its bytes are borrowed.
        var records: [PacketRecord] = []
        swap(&records, &batch.records)
        batch.withBytes { apply(to: &records, $0) }
        swap(&records, &batch.records)
    }

    private mutating func apply(to records: inout [PacketRecord], _ bytes: RawSpan) {
        var kept = 0
        var program = -1
        for index in records.indices {
            let record = records[index]
            if program < 0 || linkTypes[program] != record.linkType {
                guard let suited = self.program(for: record.linkType) else { continue }
                program = suited
            }
            var header = pcap_pkthdr()
            header.caplen = record.capturedLength
            header.len = record.originalLength
            // The reader has checked that the record lies within the bytes.
            let packet = bytes.extracting(Int(record.offset)..<Int(record.offset) + Int(record.capturedLength))
            let matches = unsafe packet.withUnsafeBytes { packet in
                let start = unsafe packet.assumingMemoryBound(to: UInt8.self).baseAddress
                return unsafe pcap_offline_filter(&programs[program], &header, start) != 0
            }
            if matches {
                records[kept] = record
                kept += 1
            }
        }
        records.removeLast(records.count - kept)
    }
}

extension LinkType {
    /// The DLT_ number that libpcap uses on this system, which may differ from the number in files: pcap-linktype(7).
    var dataLink: Int32 {
        switch rawValue {
        case 12, 14, 101: DLT_RAW  // some systems wrote 12 or 14 before 101 was assigned
        case 100: DLT_ATM_RFC1483
        case 102: DLT_SLIP_BSDOS
        case 103: DLT_PPP_BSDOS
        case 106: DLT_ATM_CLIP
        case 246: DLT_PFSYNC
        default: Int32(rawValue)
        }
    }
}
