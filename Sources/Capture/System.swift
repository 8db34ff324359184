#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

// System calls whose names are also those of methods here.

func systemOpen(_ path: UnsafePointer<CChar>, _ flags: Int32) -> Int32 {
    unsafe open(path, flags)
}

func systemRead(_ descriptor: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    unsafe read(descriptor, bytes, count)
}

/// Reads once into `bytes` from `start` on, and tells how many; 0 at the end, nil where a signal came first (EINTR).
func systemRead(_ descriptor: Int32, into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
    let count = unsafe bytes.withUnsafeMutableBytes { room in
        unsafe systemRead(descriptor, room.baseAddress.map { unsafe $0 + start }, room.count - start)
    }
    if count >= 0 { return count }
    if errno == EINTR { return nil }
    throw SystemError(code: errno)
}

func systemClose(_ descriptor: Int32) {
    _ = close(descriptor)
}

/// The words of the system for the error of the call just made.
func systemError() -> String {
    unsafe String(cString: strerror(errno))
}

/// The text in a buffer that C has written, up to its zero.
func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
