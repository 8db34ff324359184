/// Standard input, output and error.
package enum StandardDescriptors {
    /// Opens /dev/null for each of the three that is closed, as under some daemons: a file opened later would get its number,
    /// and the report would be written into it. They are closed again in a program that this process becomes.
    package static func openClosed() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 {
            // The lowest number that is not open is this one.
            _ = try? systemOpen("/dev/null", O_RDWR | O_CLOEXEC)
        }
    }
}

/// Replaces the open descriptor `number` by /dev/null; an error is ignored (dup2(2)).
package func systemReplaceWithNothing(_ number: Int32) {
    guard let null = try? systemOpen("/dev/null", O_RDWR | O_CLOEXEC) else { return }
    _ = dup2(null, number)
    systemClose(null)
}
