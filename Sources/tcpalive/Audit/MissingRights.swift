import Platform

extension SystemError {
    /// Which right is missing, in parentheses with a space before; empty if the error has another reason. `capabilities`: what root
    /// lacks, if this is root.
    func missingRight(_ capabilities: String) -> String {
        guard self == .notPermitted || self == .permissionDenied else { return "" }
        return systemIsRoot ? " (needs \(capabilities))" : " (run as root)"
    }

    /// The capabilities to look at the sockets of any process.
    static let inspection = "CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE"
}
