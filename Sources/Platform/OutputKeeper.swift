internal import Synchronization

/// What creates, names and removes output files, once this process gives up the rights to do so itself.
///
/// Like these rights, it concerns the whole process. Without one, the process uses its own rights.
package protocol OutputKeeper: Sendable {
    /// Calls `open`, which opens an output, with the rights that the process will have, or else with those that it has now.
    /// The output replaces `existing`, if there is such a file.
    func opening<Result>(
        replacing existing: FileStatus?, _ open: () throws(SystemError) -> Result
    ) throws(SystemError) -> Result

    /// Notes that the file at `temporaryPath` is to get the path `target` in the same directory; returns a number for it.
    func keep(_ temporaryPath: String, for target: String) throws(SystemError) -> UInt32

    /// Notes that files whose paths begin with `prefix` are to be opened.
    func keep(prefix: String) throws(SystemError)

    /// Gives the file with that number its path.
    func finish(_ number: UInt32) throws(SystemError)

    /// Removes the file with that number; an error is ignored.
    func remove(_ number: UInt32)

    /// Opens the file at `path` for writing and truncates it; it gets mode 0600 if it is new.
    func open(_ path: String) throws(SystemError) -> Int32
}

/// The keeper of the output files of this process.
package enum OutputRights {
    private static let shared = Lock<(any OutputKeeper)?>(nil)

    /// The keeper; nil: this process uses its own rights.
    package static var keeper: (any OutputKeeper)? {
        get { shared.withLock { $0 } }
        set { shared.withLock { $0 = newValue } }
    }
}
