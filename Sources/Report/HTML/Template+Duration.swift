import KeepAlive

extension Template {
    /// A duration, rounded and exact (ns); absent if it is 0.
    static func duration(_ nanoseconds: Int64) -> Template.Value {
        if nanoseconds == 0 { return .truth(false) }
        let exact = TextBuffer.string { $0.append(signed: nanoseconds) }
        return .items([["exact": .text(exact), "words": .text(Drawing.precise(nanoseconds))]])
    }
}
