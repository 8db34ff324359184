/// What stat(2) says about a file.
package struct FileStatus {
    private let status: stat

    /// The status of the file at `path`, of the target if it is a symbolic link; nil: there is none, or no permission to see it.
    package init?(path: String) {
        var status = stat()
        guard unsafe path.withFileName({ unsafe stat($0, &status) }) == 0 else { return nil }
        self.status = status
    }

    /// The status of the file with the open descriptor `number`.
    package init(descriptor number: Int32) throws(SystemError) {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw .last }
        self.status = status
    }

    /// Whether it is a regular file.
    package var isRegular: Bool { status.st_mode & S_IFMT == S_IFREG }

    /// Whether it is a named pipe.
    package var isPipe: Bool { status.st_mode & S_IFMT == S_IFIFO }

    /// Whether it is a socket.
    package var isSocket: Bool { status.st_mode & S_IFMT == S_IFSOCK }

    /// Whether it is a directory.
    package var isDirectory: Bool { status.st_mode & S_IFMT == S_IFDIR }

    /// The number of its inode.
    package var inode: UInt64 { UInt64(status.st_ino) }

    /// Its size in bytes.
    package var size: UInt64 { UInt64(clamping: status.st_size) }

    /// Its permissions for owner, group and others (chmod(2)).
    package var permissions: mode_t { status.st_mode & 0o777 }

    /// Its owner.
    package var owner: uid_t { status.st_uid }

    /// Its group.
    package var group: gid_t { status.st_gid }

    /// Whether `other` is the same file.
    package func isSame(as other: FileStatus) -> Bool {
        status.st_dev == other.status.st_dev && status.st_ino == other.status.st_ino
    }
}

/// Opens a file, which gets `mode` less the umask if `flags` create it (open(2)).
package func systemOpen(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(SystemError) -> Int32 {
    let number = unsafe path.withFileName { unsafe open($0, flags, mode) }
    guard number >= 0 else { throw .last }
    return number
}

/// Creates a file with a random name, `prefix` and six characters and `suffix`, which only its owner may read (mkstemps(3)).
///
/// It was not there before, and no symbolic link leads to it. A signal that ends the process at once removes it, until
/// `systemRename` or `systemRemove`.
package func systemOpenTemporary(
    prefix: String, suffix: String
) throws(SystemError) -> (number: Int32, path: String) {
    var name = FileName.bytes(of: "\(prefix).XXXXXX\(suffix)").map { CChar(bitPattern: $0) } + [0]
    let number = unsafe mkstemps(&name, Int32(suffix.utf8.count))
    guard number >= 0 else { throw .last }
    do {
        try systemSetCloseOnExec(number)
    } catch {
        systemClose(number)
        throw error
    }
    let path = FileName.text(of: name.dropLast().map { UInt8(bitPattern: $0) })
    TemporaryFiles.add(path)
    return (number, path)
}

/// Gives a file another name, in place of a file that has it (rename(2)).
package func systemRename(_ path: String, to name: String) throws(SystemError) {
    let result = unsafe path.withFileName { path in unsafe name.withFileName { unsafe rename(path, $0) } }
    guard result == 0 else { throw .last }
    TemporaryFiles.forget(path)
}

/// Shortens the file with the open descriptor `number` to `size` bytes (ftruncate(2)); an error is ignored.
package func systemTruncate(_ number: Int32, to size: UInt64) {
    _ = ftruncate(number, off_t(clamping: size))
}

/// Removes a file (unlink(2)); an error is ignored.
package func systemRemove(_ path: String) {
    defer { TemporaryFiles.forget(path) }
    unsafe _ = path.withFileName { unsafe unlink($0) }
}

/// Whether there may be a file at `path` (access(2)): without permission to look, there may be one.
package func systemMayExist(_ path: String) -> Bool {
    unsafe path.withFileName { unsafe access($0, F_OK) } == 0 || errno == EACCES
}

/// The path without symbolic links (realpath(3)); nil: there is no such file.
package func systemRealPath(_ path: String) -> String? {
    guard let resolved = unsafe path.withFileName({ unsafe realpath($0, nil) }) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe FileName.text(
        of: UnsafeBufferPointer(start: resolved, count: strlen(resolved)).map { UInt8(bitPattern: $0) })
}

/// The permissions that new files do not get (umask(2)). Call it before there are other threads.
package func systemUmask() -> mode_t {
    let mask = umask(0o077)
    umask(mask)
    return mask
}

/// Sets the owner, the group and the permissions of the file with the open descriptor `number`, as far as that is allowed
/// (fchown(2), fchmod(2)).
package func systemSetOwner(_ number: Int32, as status: FileStatus) {
    // The group alone may be allowed. Permissions come last, because a change of the owner may take some away.
    if fchown(number, status.owner, status.group) != 0 { _ = fchown(number, uid_t.max, status.group) }
    systemSetPermissions(number, status.permissions)
}

/// Sets the permissions of the file with the open descriptor `number` (fchmod(2)); an error is ignored.
package func systemSetPermissions(_ number: Int32, _ permissions: mode_t) {
    _ = fchmod(number, permissions)
}
