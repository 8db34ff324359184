#if canImport(Darwin)
    internal import Platform

    extension ConnectionInformation {
        /// Always throws `SocketError.system`: macOS does not report when a connection was last heard.
        public init(readingFrom descriptor: Int32) throws(SocketError) {
            throw .system("macOS has no TCP_INFO", .invalidArgument)
        }
    }

    extension ConnectionTimer {
        /// Always nil: macOS does not report the timers of a connection.
        init?(local: SocketAddress, remote: SocketAddress) {
            return nil
        }
    }
#endif
