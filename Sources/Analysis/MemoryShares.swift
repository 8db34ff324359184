/// How a memory limit is divided. Each share is a limit of its own, so that what one part keeps never depends on another,
/// which may be ahead of it on another thread.
package struct MemoryShares: Sendable {
    /// Bytes for connections.
    package let connections: Int
    /// Bytes for the fragments of incomplete datagrams.
    package let fragments: Int
    /// Bytes for what reports keep: events, findings, comments, hosts.
    package let report: Int

    /// The shares of `limit` bytes; `keepsEvents`: a report keeps events of each connection.
    package init(limit: Int, keepsEvents: Bool) {
        fragments = limit / 16
        report = limit / 16 * (keepsEvents ? 6 : 2)
        connections = limit - fragments - report
    }
}
