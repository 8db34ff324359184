/// A process that has a socket.
package struct SocketOwner: Sendable, Equatable {
    /// The process id.
    package let process: Int32
    /// The number of its descriptor.
    package let descriptor: Int32

    /// The descriptor with this number in this process.
    package init(process: Int32, descriptor: Int32) {
        self.process = process
        self.descriptor = descriptor
    }
}
