internal import Platform

import CTCPAlive
/// Sets an option whose value is one int (setsockopt(2)).
func systemSetOption(_ number: Int32, _ level: Int32, _ name: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    guard unsafe setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
        throw .last
    }
}

/// The value of an option that is one int (getsockopt(2)).
func systemOption(_ number: Int32, _ level: Int32, _ name: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(number, level, name, &value, &length) == 0 else { throw .last }
    return value
}

/// The value of an option of up to `capacity` bytes (getsockopt(2)).
func systemOptionBytes(
    _ number: Int32, _ level: Int32, _ name: Int32, capacity: Int
) throws(SystemError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: capacity)
    var length = socklen_t(capacity)
    guard unsafe getsockopt(number, level, name, &bytes, &length) == 0 else { throw .last }
    bytes.removeLast(capacity - min(Int(length), capacity))
    return bytes
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

/// The value of an option of socket(7).
func systemSocketOption(_ number: Int32, _ option: SystemSocketOption) throws(SystemError) -> Int32 {
    try systemOption(number, SOL_SOCKET, option.number)
}

/// Sets an option of socket(7).
func systemSetSocketOption(
    _ number: Int32, _ option: SystemSocketOption, _ value: Int32
) throws(SystemError) {
    try systemSetOption(number, SOL_SOCKET, option.number, value)
}

/// Makes an IPv6 socket refuse IPv4 connections, or accept them (IPV6_V6ONLY, ipv6(7)).
func systemSetOnlyIPv6(_ number: Int32, _ isOnly: Bool) throws(SystemError) {
    try systemSetOption(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, isOnly ? 1 : 0)
}

/// Makes closing the socket send RST instead of FIN (SO_LINGER with a time of 0, socket(7)).
func systemSetResetOnClose(_ number: Int32) throws(SystemError) {
    var value = linger(l_onoff: 1, l_linger: 0)
    guard unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size)) == 0
    else { throw .last }
}

#if canImport(Darwin)
    /// The value of a sysctl(3) that is one int; nil if there is none.
    func systemSetting(_ name: String) -> Int? {
        var value: Int32 = 0
        var size = MemoryLayout<Int32>.size
        guard unsafe sysctlbyname(name, &value, &size, nil, 0) == 0 else { return nil }
        return Int(value)
    }
#else
    /// The value of a sysctl(8) setting of net.ipv4 that is one number; nil if it cannot be read.
    func systemSetting(_ name: String) -> Int? {
        systemContents(of: "/proc/sys/net/ipv4/\(name)").flatMap { Int($0.prefix { $0.isNumber }) }
    }
#endif
