package import Wire

/// An interface on which packets may be captured, for JSON.
package struct InterfaceRecord {
    private let name: String
    private let isUp: Bool
    private let isRunning: Bool
    private let linkType: LinkType?
    private let linkTypeName: String?
    private let addresses: [IPAddress]
    private let description: String?
    private let canCapture: Bool
    private let reason: String?

    /// An interface with libpcap's name of its link type and `description`, if any; `reason`: why it is not
    /// listed without --all.
    package init(
        name: String, isUp: Bool, isRunning: Bool, linkType: LinkType?, linkTypeName: String?, addresses: [IPAddress],
        description: String?, canCapture: Bool, reason: String?
    ) {
        self.name = name
        self.isUp = isUp
        self.isRunning = isRunning
        self.linkType = linkType
        self.linkTypeName = linkTypeName
        self.addresses = addresses
        self.description = description
        self.canCapture = canCapture
        self.reason = reason
    }

    /// Appends a `tcpalive.interface/2` to `text`.
    fileprivate func append(to text: inout TextBuffer) {
        text.beginRecord("tcpalive.interface/2")
        text.member("name", name)
        text.member("up", isUp)
        text.member("running", isRunning)
        if let linkType { text.member("link_type", UInt64(linkType.rawValue)) }
        if let linkTypeName { text.member("link_type_name", linkTypeName) }
        text.member("addresses")
        text.appendArray(addresses) { $0.append(json: "\($1)") }
        if let description { text.member("description", description) }
        text.member("can_capture", canCapture)
        if let reason { text.member("reason", reason) }
        text.append("}")
    }
}

extension TextBuffer {
    /// Appends a `tcpalive.interface/2`.
    package mutating func appendRecord(_ interface: InterfaceRecord) {
        interface.append(to: &self)
    }
}
