#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    internal import Platform

    /// Whether the open descriptor `number` is a socket of TCP, or of Multipath TCP, which has its options (SO_PROTOCOL,
    /// socket(7)).
    package func isTCPSocket(_ number: Int32) -> Bool {
        guard let protocolNumber = try? systemOption(number, SOL_SOCKET, SO_PROTOCOL) else { return false }
        return [KeepAliveOption.level, 262].contains(protocolNumber)  // IPPROTO_MPTCP of Linux 5.6
    }

    /// The TCP sockets that this process has open (proc_pid_fd(5)).
    package func openTCPSockets() -> [Int32] {
        guard let directory = unsafe opendir("/proc/self/fd") else { return [] }
        defer { unsafe _ = closedir(directory) }
        var numbers: [Int32] = []
        while true {
            let next = unsafe tcpalive_next_number(directory)
            if next < 0 { return numbers.filter(isTCPSocket) }
            numbers.append(Int32(truncatingIfNeeded: next))
        }
    }
#endif
