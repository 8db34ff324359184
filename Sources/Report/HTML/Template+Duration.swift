import KeepAlive

extension Template {
    /// A duration that is there when it is not 0, for people and in full.
    static func duration(_ nanoseconds: Int64) -> Template.Value {
        if nanoseconds == 0 { return .truth(false) }
        var exact = TextBuffer()
        exact.append(seconds: nanoseconds)
        return .items([["exact": .text(exact.string), "words": .text(Drawing.precise(nanoseconds))]])
    }
}
