#if os(Linux)
    import Platform
    import Sandbox
    import Sockets

    /// The process that looks at sockets and processes for `watch`, which may not.
    enum SocketHelper {
        /// Starts it with the rights that `options` leave, and returns the connection to it; nil: it could not be started, which a
        /// sentence says.
        static func start(_ options: SandboxOptions) -> InspectorConnection? {
            do {
                let socket = try InspectorProcess.start(user: options.user, isRestricted: !options.isOff) { socket in
                    guard var inspector = try? SocketInspector() else { return }
                    InspectorProcess.limitCalls(socket: socket, kernelSocket: inspector.kernelSocket)
                    try? inspector.serve(socket)
                }
                return try InspectorConnection(socket)
            } catch {
                inform("\(error); processes are not shown")
                return nil
            }
        }
    }
#endif
