#if canImport(Darwin)
    import Sockets

    /// There is no list of sockets with their processes to ask on macOS.
    enum SocketHelper {
        /// Nothing.
        static func start(_ options: SandboxOptions) -> InspectorConnection? { nil }
    }
#endif
