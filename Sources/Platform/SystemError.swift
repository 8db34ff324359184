/// Why a system call failed (errno(3)).
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The error number.
    public let code: Int32

    /// The error with the number `code`.
    public init(code: Int32) {
        self.code = code
    }

    /// The system's text for the error (strerror(3)).
    public var description: String { unsafe String(cString: strerror(code)) }

    /// The error of the call just made.
    package static var last: SystemError { SystemError(code: errno) }

    package static let busy = SystemError(code: EBUSY)
    package static let brokenPipe = SystemError(code: EPIPE)
    package static let connectionRefused = SystemError(code: ECONNREFUSED)
    package static let connectionReset = SystemError(code: ECONNRESET)
    package static let hostUnreachable = SystemError(code: EHOSTUNREACH)
    package static let inProgress = SystemError(code: EINPROGRESS)
    package static let interrupted = SystemError(code: EINTR)
    package static let invalidArgument = SystemError(code: EINVAL)
    package static let networkUnreachable = SystemError(code: ENETUNREACH)
    package static let noSuchCall = SystemError(code: ENOSYS)
    package static let noSuchFile = SystemError(code: ENOENT)
    package static let noSuchProcess = SystemError(code: ESRCH)
    package static let noSuchOption = SystemError(code: ENOPROTOOPT)
    package static let notPermitted = SystemError(code: EPERM)
    package static let notSupported = SystemError(code: EOPNOTSUPP)
    package static let permissionDenied = SystemError(code: EACCES)
    package static let timedOut = SystemError(code: ETIMEDOUT)

    /// Whether this process, or the system, can open no more descriptors.
    package var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }

    /// Whether the call can be repeated: a signal interrupted it (EINTR), or it would have waited on a descriptor that
    /// does not block (EAGAIN).
    package var isTemporary: Bool { code == EINTR || code == EAGAIN }
}

/// Whether this process is of the user root (geteuid(2)). It may lack capabilities.
package var systemIsRoot: Bool { geteuid() == 0 }

/// The `result` of a call that returns -1 and sets errno when it fails; nil if the call can be repeated.
///
/// This is the one rule for EINTR and EAGAIN: neither is an error. The caller checks whether a signal asks it to stop,
/// waits with poll(2), and calls again.
package func systemResult(_ result: Int) throws(SystemError) -> Int? {
    if result >= 0 { return result }
    let error = SystemError.last
    if error.isTemporary { return nil }
    throw error
}

extension String {
    /// The text in `buffer` up to its terminating zero, as C functions write it.
    package init(terminated buffer: [CChar]) {
        self.init(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
