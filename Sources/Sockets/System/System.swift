internal import Synchronization

#if canImport(Glibc)
    internal import CTCPAlive
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Why a system call failed.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number that errno(3) explains.
    public let code: Int32

    /// The error with the number `code`, one of errno(3).
    public init(code: Int32) {
        self.code = code
    }

    /// The system's own words for the error (strerror(3)).
    public var description: String { unsafe String(cString: strerror(code)) }

    static let brokenPipe = SystemError(code: EPIPE)
    static let connectionRefused = SystemError(code: ECONNREFUSED)
    static let connectionReset = SystemError(code: ECONNRESET)
    static let hostUnreachable = SystemError(code: EHOSTUNREACH)
    static let inProgress = SystemError(code: EINPROGRESS)
    static let invalidArgument = SystemError(code: EINVAL)
    static let noSuchOption = SystemError(code: ENOPROTOOPT)
    static let notPermitted = SystemError(code: EPERM)
    static let notSupported = SystemError(code: EOPNOTSUPP)
    static let networkUnreachable = SystemError(code: ENETUNREACH)
    static let timedOut = SystemError(code: ETIMEDOUT)

    /// The error of the call just made.
    fileprivate static var last: SystemError { SystemError(code: errno) }
}

/// An open file descriptor, closed in `deinit`.
struct Descriptor: ~Copyable {
    /// The number of the descriptor, for as long as this value lives.
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        _ = close(number)
    }
}

/// The two families of addresses, as the system numbers them.
enum SystemFamily {
    static let any = AF_UNSPEC
    static let ipv4 = AF_INET
    static let ipv6 = AF_INET6
}

/// A TCP socket of `family` that does not block and is closed to children (socket(2), tcp(7)).
func systemSocket(family: Int32) throws(SystemError) -> Descriptor {
    #if canImport(Glibc)
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    #else
        let kind = SOCK_STREAM
    #endif
    let number = socket(family, kind, 0)
    guard number >= 0 else { throw .last }
    let descriptor = Descriptor(number)
    try systemPrepare(number)
    return descriptor
}

/// Makes the socket `number` not block, closes it to children, and keeps SIGPIPE away where send(2) cannot.
private func systemPrepare(_ number: Int32) throws(SystemError) {
    guard fcntl(number, F_SETFD, FD_CLOEXEC) >= 0 else { throw .last }
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw .last }
    #if canImport(Darwin)
        try systemSetOption(number, SOL_SOCKET, SO_NOSIGPIPE, 1)
    #endif
}

/// Begins to connect; `inProgress` is no failure (connect(2)).
func systemConnect(_ number: Int32, to address: [UInt8]) throws(SystemError) {
    let result = unsafe withSocketAddress(address) { unsafe connect(number, $0, $1) }
    // EINTR: the connecting goes on, as with EINPROGRESS (POSIX).
    if result != 0 { throw errno == EINTR ? .inProgress : .last }
}

/// bind(2).
func systemBind(_ number: Int32, to address: [UInt8]) throws(SystemError) {
    let result = unsafe withSocketAddress(address) { unsafe bind(number, $0, $1) }
    if result != 0 { throw .last }
}

/// listen(2).
func systemListen(_ number: Int32, backlog: Int32) throws(SystemError) {
    guard listen(number, backlog) == 0 else { throw .last }
}

/// The next connection that waits at the listening socket `number`, and its peer; nil where none does (accept(2)).
func systemAccept(_ number: Int32) throws(SystemError) -> Descriptor? {
    let accepted = accept(number, nil, nil)
    guard accepted >= 0 else {
        // ECONNABORTED: it was reset while it waited.
        if errno == EAGAIN || errno == EINTR || errno == ECONNABORTED { return nil }
        throw .last
    }
    let descriptor = Descriptor(accepted)
    try systemPrepare(accepted)
    return descriptor
}

/// The socket address of this end (getsockname(2)).
func systemLocalAddress(_ number: Int32) throws(SystemError) -> [UInt8] {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe getsockname(number, $0, &length)
        }
    }
    guard result == 0 else { throw .last }
    return unsafe withUnsafeBytes(of: &storage) { unsafe Array($0.prefix(Int(length))) }
}

/// The socket address of the other end (getpeername(2)).
func systemRemoteAddress(_ number: Int32) throws(SystemError) -> [UInt8] {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe getpeername(number, $0, &length)
        }
    }
    guard result == 0 else { throw .last }
    return unsafe withUnsafeBytes(of: &storage) { unsafe Array($0.prefix(Int(length))) }
}

private func withSocketAddress(
    _ address: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
    // A copy in storage that is aligned as the system wants it.
    var storage = sockaddr_storage()
    let length = min(address.count, MemoryLayout<sockaddr_storage>.size)
    unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyBytes(from: address.prefix(length)) }
    return unsafe withUnsafePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
    }
}

/// setsockopt(2) with a value of one int.
func systemSetOption(_ number: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    guard unsafe setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
        throw .last
    }
}

/// getsockopt(2) of a value of one int.
func systemOption(_ number: Int32, _ level: Int32, _ name: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(number, level, name, &value, &length) == 0 else { throw .last }
    return value
}

/// getsockopt(2) of a value of up to `capacity` bytes.
func systemOptionBytes(
    _ number: Int32, _ level: Int32, _ name: Int32, capacity: Int
) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: capacity)
    var length = socklen_t(capacity)
    guard unsafe getsockopt(number, level, name, &bytes, &length) == 0 else { throw .last }
    bytes.removeLast(capacity - min(Int(length), capacity))
    return bytes
}

/// Whether SO_KEEPALIVE, SO_REUSEADDR and their like are set.
func systemSocketOption(_ number: Int32, _ option: SystemSocketOption) throws(SystemError) -> Int32 {
    try systemOption(number, SOL_SOCKET, option.number)
}

/// Sets an option of socket(7).
func systemSetSocketOption(
    _ number: Int32, _ option: SystemSocketOption, _ value: Int32
) throws(SystemError) {
    try systemSetOption(number, SOL_SOCKET, option.number, value)
}

/// Options of socket(7).
enum SystemSocketOption {
    case keepAlive, reuseAddress, receiveBuffer, error

    fileprivate var number: Int32 {
        switch self {
        case .keepAlive: SO_KEEPALIVE
        case .reuseAddress: SO_REUSEADDR
        case .receiveBuffer: SO_RCVBUF
        case .error: SO_ERROR
        }
    }
}

/// Lets an IPv6 socket take IPv4 connections too, or not (IPV6_V6ONLY, ipv6(7)).
func systemSetOnlyIPv6(_ number: Int32, _ isOnly: Bool) throws(SystemError) {
    try systemSetOption(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, isOnly ? 1 : 0)
}

#if canImport(Glibc)
    /// Queues errors for the socket, or stops that and empties the queue (IP_RECVERR, ip(7); IPV6_RECVERR, ipv6(7)).
    func systemSetQueuesErrors(_ number: Int32, isVersion6: Bool, _ queues: Bool) throws(SystemError) {
        let level = Int32(isVersion6 ? IPPROTO_IPV6 : IPPROTO_IP)
        try systemSetOption(number, level, isVersion6 ? IPV6_RECVERR : IP_RECVERR, queues ? 1 : 0)
    }

    /// The bytes of the next sock_extended_err in the error queue and of the address behind it; nil if there is none.
    func systemNextQueuedError(_ number: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let length = unsafe tcpalive_next_queued_error(number, &bytes, bytes.count)
        return length > 0 ? Array(bytes.prefix(length)) : nil
    }

    /// A raw socket that receives destination unreachable, packet too big, time exceeded and parameter problem (raw(7)).
    func systemICMPSocket(isVersion6: Bool) throws(SystemError) -> Descriptor {
        let flags = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = socket(
            isVersion6 ? AF_INET6 : AF_INET, flags, Int32(isVersion6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        guard number >= 0 else { throw .last }
        let descriptor = Descriptor(number)
        // A set bit blocks the type. ICMP_FILTER (1) of SOL_RAW (255) is one word, ICMPV6_FILTER (1) eight.
        let passing: UInt32 = isVersion6 ? 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 : 1 << 3 | 1 << 11 | 1 << 12
        var filter = [~passing] + [UInt32](repeating: .max, count: isVersion6 ? 7 : 0)
        let size = socklen_t(filter.count * MemoryLayout<UInt32>.size)
        guard unsafe setsockopt(number, isVersion6 ? Int32(IPPROTO_ICMPV6) : 255, 1, &filter, size) == 0 else {
            throw .last
        }
        return descriptor
    }
#endif

/// The next datagram, up to `count` bytes, and the socket address of its sender; nil if there is none (recvfrom(2)).
func systemReceiveFrom(_ number: Int32, count: Int) throws(SystemError) -> (bytes: [UInt8], sender: [UInt8])? {
    var bytes = [UInt8](repeating: 0, count: count)
    var sender = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let received = unsafe withUnsafeMutablePointer(to: &sender) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            unsafe recvfrom(number, &bytes, count, 0, $0, &length)
        }
    }
    guard received >= 0 else {
        if errno == EAGAIN || errno == EINTR { return nil }
        throw .last
    }
    bytes.removeLast(count - received)
    return (bytes, unsafe withUnsafeBytes(of: &sender) { unsafe Array($0.prefix(Int(length))) })
}

/// Has the closing of the socket send a RST (SO_LINGER with a time of 0, socket(7)).
func systemSetResetOnClose(_ number: Int32) throws(SystemError) {
    var value = linger(l_onoff: 1, l_linger: 0)
    guard unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size)) == 0
    else { throw .last }
}

/// Up to `count` bytes of what was received; empty at the end, nil where there is nothing yet (recv(2)).
func systemReceive(_ number: Int32, count: Int) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let received = unsafe recv(number, &bytes, count, 0)
    guard received >= 0 else {
        if errno == EAGAIN || errno == EINTR { return nil }
        throw .last
    }
    bytes.removeLast(count - received)
    return bytes
}

/// Gives the first of `bytes` to the system to be sent, and says how many it took (send(2)).
func systemSend(_ number: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
    #if canImport(Glibc)
        let flags = Int32(MSG_NOSIGNAL)
    #else
        let flags: Int32 = 0
    #endif
    let sent = unsafe bytes.withUnsafeBytes { unsafe send(number, $0.baseAddress, $0.count, flags) }
    guard sent >= 0 else {
        if errno == EAGAIN || errno == EINTR { return 0 }
        throw .last
    }
    return sent
}

/// Up to `count` bytes of a file; empty at its end, nil where there is nothing yet (read(2)).
func systemRead(_ number: Int32, count: Int) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    let received = unsafe read(number, &bytes, count)
    guard received >= 0 else {
        if errno == EAGAIN || errno == EINTR { return nil }
        throw .last
    }
    bytes.removeLast(count - received)
    return bytes
}

/// What one descriptor is waited for, and what happened to it.
struct Interest {
    let descriptor: Int32
    var reads = true
    var writes = false
    /// Something can be read, or there is an end or an error to learn of.
    var isReadable = false
    /// Something can be written.
    var isWritable = false
    /// An error, or both directions ended.
    var isBroken = false
}

/// Waits until something happens to one of `interests` or the `deadline` has come (poll(2)).
func systemWait(_ interests: inout [Interest], until deadline: ContinuousClock.Instant?) throws(SystemError) {
    var entries = interests.map { interest in
        pollfd(
            fd: interest.descriptor,
            events: Int16((interest.reads ? POLLIN : 0) | (interest.writes ? POLLOUT : 0)), revents: 0)
    }
    while true {
        let result = unsafe poll(&entries, nfds_t(entries.count), milliseconds(until: deadline))
        if result < 0 {
            if errno == EINTR { continue }
            throw .last
        }
        // poll(2) counts in whole milliseconds, and a long wait is made of several.
        if result == 0, let deadline, ContinuousClock.now < deadline { continue }
        break
    }
    for (index, entry) in entries.enumerated() {
        let happened = Int32(entry.revents)
        interests[index].isReadable = happened & ~POLLOUT != 0
        interests[index].isWritable = happened & POLLOUT != 0
        interests[index].isBroken = happened & (POLLERR | POLLHUP | POLLNVAL) != 0
    }
}

/// Milliseconds until `deadline`, rounded up so that waiting does not spin; -1, for ever, if there is none.
private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let left = ContinuousClock.now.duration(to: deadline)
    if left <= .zero { return 0 }
    if left > .seconds(1_000_000) { return 1_000_000_000 }
    let (seconds, attoseconds) = left.components
    return Int32(truncatingIfNeeded: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}

/// Why a name could not be resolved, in the words of gai_strerror(3).
struct ResolverError: Error {
    let reason: String
}

/// The addresses of `host`, in the order of getaddrinfo(3); if it is nil, those to listen on.
func systemResolve(host: String?, port: String, family: Int32) throws(ResolverError) -> [[UInt8]] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = family
    #if canImport(Glibc)
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
        unsafe hints.ai_socktype = SOCK_STREAM
    #endif
    unsafe hints.ai_flags = host == nil ? AI_PASSIVE : 0
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, port, &hints, &list)
    guard code == 0 else {
        if code == EAI_SYSTEM { throw ResolverError(reason: SystemError.last.description) }
        throw ResolverError(reason: unsafe String(cString: gai_strerror(code)))
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [[UInt8]] = []
    var next = unsafe list
    while let entry = unsafe next {
        if let address = unsafe entry.pointee.ai_addr {
            let bytes = unsafe Array(
                UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen)))
            if !addresses.contains(bytes) { addresses.append(bytes) }
        }
        unsafe next = entry.pointee.ai_next
    }
    return addresses
}

/// The numeric text of a socket address without its port (getnameinfo(3)); nil if it has none.
func systemText(of address: [UInt8]) -> String? {
    var text = [CChar](repeating: 0, count: 256)
    var code: Int32 = -1
    _ = unsafe withSocketAddress(address) { pointer, length in
        code = unsafe getnameinfo(pointer, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        return 0
    }
    guard code == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// All of a small file, such as one of /proc; nil if it cannot be read.
func systemContents(of path: String) -> String? {
    let number = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { return nil }
    let descriptor = Descriptor(number)
    var contents: [UInt8] = []
    while true {
        guard let bytes = try? systemRead(descriptor.number, count: 16384) else { return nil }
        if bytes.isEmpty { return String(decoding: contents, as: UTF8.self) }
        contents += bytes
    }
}

/// Up to where Linux counts `tcpi_backoff`: net.ipv4.tcp_retries2; 0 if it is unknown.
func systemBackoffLimit() -> Int {
    let text = systemContents(of: "/proc/sys/net/ipv4/tcp_retries2")
    return text.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
}

/// Nanoseconds since 1970 (clock_gettime(2)).
func systemWallClock() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
}

/// Whether `number` is a terminal (isatty(3)).
func systemIsTerminal(_ number: Int32) -> Bool { isatty(number) == 1 }

/// Standard input.
let systemStandardInput = STDIN_FILENO

/// Where the signal handler writes; -1: nowhere.
private let interruptionTarget = Atomic<Int32>(-1)

/// Writes to the pipe; a second signal, other than SIGHUP, has its usual effect. Only async-signal-safe calls, and errno is
/// kept.
private func noteInterruption(_ signalNumber: Int32) {
    let code = errno
    var byte = UInt8(truncatingIfNeeded: signalNumber)
    _ = unsafe write(interruptionTarget.load(ordering: .relaxed), &byte, 1)
    if signalNumber != SIGHUP { _ = signal(signalNumber, SIG_DFL) }
    errno = code
}

/// A pipe whose reading end becomes readable at SIGINT, SIGTERM and SIGHUP (signal(7)); SIGHUP stays ignored where it is, as
/// under nohup(1).
func systemCatchInterruptions() throws(SystemError) -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw .last }
    for end in ends {
        _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    interruptionTarget.store(ends[1], ordering: .relaxed)
    // The parent process may have blocked the signals, and a blocked signal is never delivered.
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] where number != SIGHUP || !isIgnored(number) {
        _ = signal(number, noteInterruption)
        _ = unsafe sigaddset(&signals, number)
    }
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return ends[0]
}

/// Whether signal `number` is ignored.
private func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Darwin)
        let handler = unsafe action.__sigaction_u.__sa_handler
    #else
        let handler = unsafe action.__sigaction_handler.sa_handler
    #endif
    return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
}

#if canImport(Glibc)
    /// Sends `request` to the kernel's socket monitor and gives its first answer (netlink(7), sock_diag(7)).
    func systemDiagnose(_ request: [UInt8]) throws(SystemError) -> [UInt8] {
        let monitor = try systemSocketMonitor(asking: request)
        return try systemNextAnswer(monitor.number)
    }

    /// Sends `request` to the kernel's socket monitor and gives what is in each of its answers (netlink(7)).
    func systemDiagnoseAll(_ request: [UInt8]) throws(SystemError) -> [ArraySlice<UInt8>] {
        let monitor = try systemSocketMonitor(asking: request)
        let headerSize = MemoryLayout<nlmsghdr>.size
        var answers: [ArraySlice<UInt8>] = []
        while true {
            var rest = try systemNextAnswer(monitor.number)[...]
            guard rest.count >= headerSize else { return answers }
            while rest.count >= headerSize {
                let header = unsafe rest.withUnsafeBytes { unsafe $0.loadUnaligned(as: nlmsghdr.self) }
                let length = Int(header.nlmsg_len)
                // NLMSG_ERROR is 2, NLMSG_DONE 3.
                guard header.nlmsg_type == 20, length >= headerSize, length <= rest.count else { return answers }
                answers.append(rest.prefix(length).dropFirst(headerSize))
                // Each begins at a multiple of four bytes.
                rest = rest.dropFirst((length + 3) & ~3)
            }
        }
    }

    /// A socket to the kernel's socket monitor that was sent `request`.
    private func systemSocketMonitor(asking request: [UInt8]) throws(SystemError) -> Descriptor {
        // NETLINK_SOCK_DIAG is 4.
        let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 4)
        guard number >= 0 else { throw .last }
        let descriptor = Descriptor(number)
        let sent = unsafe request.withUnsafeBytes {
            unsafe send(descriptor.number, $0.baseAddress, $0.count, 0)
        }
        guard sent == request.count else { throw .last }
        return descriptor
    }

    /// What the socket monitor `number` has to say next; it works that out in the time of who asks, so it is there.
    private func systemNextAnswer(_ number: Int32) throws(SystemError) -> [UInt8] {
        var answer = [UInt8](repeating: 0, count: 32768)
        let received = unsafe recv(number, &answer, answer.count, Int32(MSG_DONTWAIT))
        guard received >= 0 else { throw .last }
        answer.removeLast(answer.count - received)
        return answer
    }
#else
    /// The value of a sysctl(3) that is an int; nil if there is none.
    func systemSetting(_ name: String) -> Int? {
        var value: Int32 = 0
        var size = MemoryLayout<Int32>.size
        guard unsafe sysctlbyname(name, &value, &size, nil, 0) == 0 else { return nil }
        return Int(value)
    }
#endif
