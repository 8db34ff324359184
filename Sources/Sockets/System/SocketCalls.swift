internal import Platform

import CTCPAlive
// The system calls on TCP sockets. Those that can be repeated return nil (`systemResult`).

/// A TCP socket of `family` that does not block and is closed in programs that this process starts (socket(2), tcp(7)).
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

/// Makes a socket non-blocking and close-on-exec, and prevents SIGPIPE if send(2) cannot.
private func systemPrepare(_ number: Int32) throws(SystemError) {
    try systemSetCloseOnExec(number)
    try systemSetNonblocking(number)
    #if canImport(Darwin)
        try systemSetOption(number, SOL_SOCKET, SO_NOSIGPIPE, 1)
    #endif
}

/// Begins to connect; `SystemError.inProgress` is the usual result (connect(2)).
func systemConnect(_ number: Int32, to address: SocketAddress) throws(SystemError) {
    let result = unsafe withSocketAddress(address.bytes) { unsafe connect(number, $0, $1) }
    // EINTR: connecting continues, as after EINPROGRESS (POSIX).
    if result != 0 { throw errno == EINTR ? .inProgress : .last }
}

/// Gives the socket its local address (bind(2)).
func systemBind(_ number: Int32, to address: SocketAddress) throws(SystemError) {
    let result = unsafe withSocketAddress(address.bytes) { unsafe bind(number, $0, $1) }
    if result != 0 { throw .last }
}

/// Makes the socket accept connections (listen(2)).
func systemListen(_ number: Int32, backlog: Int32) throws(SystemError) {
    guard listen(number, backlog) == 0 else { throw .last }
}

/// The next connection that waits at the listening socket `number`; nil if there is none (accept(2)).
func systemAccept(_ number: Int32) throws(SystemError) -> Descriptor? {
    do {
        guard let accepted = try systemResult(Int(accept(number, nil, nil))) else { return nil }
        let descriptor = Descriptor(Int32(truncatingIfNeeded: accepted))
        try systemPrepare(descriptor.number)
        return descriptor
    } catch {
        // The peer reset the connection before it was accepted.
        if error.code == ECONNABORTED { return nil }
        throw error
    }
}

/// The address of this end (getsockname(2)).
func systemLocalAddress(_ number: Int32) throws(SystemError) -> SocketAddress {
    try unsafe systemAddress { unsafe getsockname(number, $0, $1) }
}

/// The address of the other end (getpeername(2)).
func systemRemoteAddress(_ number: Int32) throws(SystemError) -> SocketAddress {
    try unsafe systemAddress { unsafe getpeername(number, $0, $1) }
}

private func systemAddress(
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
) throws(SystemError) -> SocketAddress {
    let (result, bytes) = unsafe fillingSocketAddress(call)
    guard result == 0 else { throw .last }
    guard let address = SocketAddress(bytes) else { throw .invalidArgument }
    return address
}

/// Calls `body` with room for a socket address; returns its result and the address.
private func fillingSocketAddress<Result>(
    _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
) -> (Result, [UInt8]) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, &length) }
    }
    return (result, unsafe withUnsafeBytes(of: &storage) { unsafe Array($0.prefix(Int(length))) })
}

/// Calls `body` with a copy of the socket address `bytes` that is aligned as the system requires.
func withSocketAddress(_ bytes: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var storage = sockaddr_storage()
    let length = min(bytes.count, MemoryLayout<sockaddr_storage>.size)
    unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.copyBytes(from: bytes.prefix(length)) }
    return unsafe withUnsafePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
    }
}

/// Up to `count` received bytes; empty at the end, nil if there are none yet (recv(2)).
func systemReceive(_ number: Int32, count: Int) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    guard let received = try systemResult(unsafe recv(number, &bytes, count, 0)) else { return nil }
    bytes.removeLast(count - received)
    return bytes
}

/// Sends the first of `bytes`; returns how many the system accepted, nil if it accepts none now (send(2)).
func systemSend(_ number: Int32, _ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int? {
    #if canImport(Glibc)
        let flags = Int32(MSG_NOSIGNAL)
    #else
        let flags: Int32 = 0
    #endif
    return try systemResult(unsafe bytes.withUnsafeBytes { unsafe send(number, $0.baseAddress, $0.count, flags) })
}

/// The next datagram, up to `count` bytes, and the socket address of its sender; nil if there is none (recvfrom(2)).
func systemReceiveFrom(_ number: Int32, count: Int) throws(SystemError) -> (bytes: [UInt8], sender: [UInt8])? {
    var bytes = [UInt8](repeating: 0, count: count)
    let (result, sender) = unsafe fillingSocketAddress { unsafe recvfrom(number, &bytes, count, 0, $0, $1) }
    guard let received = try systemResult(result) else { return nil }
    bytes.removeLast(count - received)
    return (bytes, sender)
}
