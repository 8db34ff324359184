internal import Platform
package import Wire

/// The names of the interfaces of packets in a live capture on several of them.
package struct InterfaceNames: Sendable {
    private let names: [String]
    /// LINKTYPE_LINUX_SLL2.
    private static let cooked = LinkType(rawValue: 276)
    /// The names of the interfaces that captures on `any` have seen, by the kernel's number.
    private var seen: [UInt32: String] = [:]

    /// A socket in the network namespace of the capture; nil: names are looked up through a new one.
    private let socket: Int32?

    /// The names of the interfaces `described`, those of `any` looked up through the open `socket`.
    package init(_ described: [CaptureInterface], socket: Int32? = nil) {
        names = described.map(\.name)
        self.socket = socket
    }

    /// The name of the interface of `record` in `batch`; nil if the whole capture has one interface.
    ///
    /// On `any` the cooked header of the packet has the kernel's number of the interface; the
    /// name is the one that it had when it was first asked for.
    package mutating func name(of record: PacketRecord, in batch: borrowing PacketBatch) -> String? {
        if record.linkType == Self.cooked, record.capturedLength >= 8 {
            let number = batch.withBytes { bytes in
                bytes.load32(Int(record.offset) + 4, bigEndian: true)
            }
            if let name = seen[number] { return name }
            let name = self.name(of: number) ?? "if\(number)"
            seen[number] = name
            return name
        }
        let index = Int(record.interface)
        return names.count > 1 && names.indices.contains(index) ? names[index] : nil
    }

    /// The name of the interface with the kernel's `number` now; nil if there is none.
    private func name(of number: UInt32) -> String? {
        if let socket { return PacketSocket.name(socket, of: number) }
        var text = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
        return unsafe if_indextoname(number, &text) != nil ? String(terminated: text) : nil
    }
}

extension [CaptureInterface] {
    /// The name of the interface of `record` in `batch`, which was read from a file with these interfaces; nil if the file had
    /// described only one by then, or if it has no name.
    ///
    /// The file may have described more since: the next batch is read while another thread tracks this one.
    package func name(of record: PacketRecord, in batch: borrowing PacketBatch) -> String? {
        let index = Int(record.interface)
        return batch.interfaceCount > 1 && indices.contains(index) && !self[index].name.isEmpty ? self[index].name : nil
    }
}
