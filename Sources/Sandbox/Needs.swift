/// What a process still does after it has given up its rights, beside reading and writing what is open.
package struct Needs: Sendable, Equatable {
    /// The sockets of a live capture.
    package var captureSockets: [Int32] = []
    /// Sockets through which it asks the kernel.
    package var kernelSockets: [Int32] = []
    /// Files, and directories with files, that it opens later to read them.
    package var readablePaths: [String] = []
    /// Whether it asks for the names of hosts.
    package var resolvesNames = false

    /// Nothing else.
    package init() {}
}
