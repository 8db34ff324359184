#if os(Linux)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// ECONNRESET.
let connectionResetCode = ECONNRESET

#if os(Linux)
    /// Whether the kernel accepts `value` for the option `number` of tcp(7), without the code under test.
    func setTCPOption(_ descriptor: Int32, _ number: Int32, _ value: Int32) -> Bool {
        var value = value
        return unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), number, &value, socklen_t(MemoryLayout<Int32>.size))
            == 0
    }

    /// A pipe whose reading end is readable.
    func readablePipe() -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        _ = unsafe pipe(&ends)
        var byte: UInt8 = 0
        _ = unsafe write(ends[1], &byte, 1)
        return (ends[0], ends[1])
    }

    /// A socket without the options of TCP: a Unix or a UDP socket.
    func foreignSocket(isUnix: Bool) -> Int32 {
        socket(isUnix ? AF_UNIX : AF_INET, Int32((isUnix ? SOCK_STREAM : SOCK_DGRAM).rawValue), 0)
    }

    /// The error of such a socket for these options.
    func foreignError(isUnix: Bool) -> Int32 { isUnix ? EOPNOTSUPP : ENOPROTOOPT }

    /// Closes a descriptor.
    func closeDescriptor(_ number: Int32) {
        close(number)
    }

    /// Closes both ends.
    func closePipe(_ ends: (reading: Int32, writing: Int32)) {
        close(ends.reading)
        close(ends.writing)
    }
#endif
