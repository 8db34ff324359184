/// A filter that several captures share, so that it is compiled once.
final class SharedFilter {
    var filter: PacketFilter

    /// The filter for `expression` and, if `isLight`, of a light capture; nil: neither is wanted.
    init?(_ expression: String?, isLight: Bool) {
        if expression == nil, !isLight { return nil }
        filter = PacketFilter(expression, isLight: isLight)
    }
}
