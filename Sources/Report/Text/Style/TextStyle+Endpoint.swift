import Sockets
import Wire

extension TextStyle {
    /// Appends `endpoint` to `text`: `192.0.2.1:443`, or with its name.
    func append(_ endpoint: Endpoint, to text: inout TextBuffer) {
        if let names { names.append(endpoint, to: &text) } else { text.append(endpoint) }
    }

    /// Appends `endpoint` to `text` in tcpdump's notation: `192.0.2.1.443`, or with its name.
    func append(tcpdump endpoint: Endpoint, to text: inout TextBuffer) {
        append(endpoint.address, to: &text)
        text.append(byte: UInt8(ascii: "."))
        text.append(UInt64(endpoint.port))
    }

    /// Appends `address` to `text`, or its name.
    func append(_ address: IPAddress, to text: inout TextBuffer) {
        if let names, let name = names.name(of: address) { text.append(name) } else { text.append(address) }
    }
}

extension HostNames {
    /// Appends `name:port` to `text`, or the address if it has no name of at most `limit` bytes.
    func append(_ endpoint: Endpoint, limit: Int = .max, to text: inout TextBuffer) {
        guard let name = name(of: endpoint.address), name.utf8.count <= limit else { return text.append(endpoint) }
        text.append(name)
        text.append(byte: UInt8(ascii: ":"))
        text.append(UInt64(endpoint.port))
    }
}
