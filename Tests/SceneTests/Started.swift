import Foundation

/// A running tcpalive, started by a shell that can change its surroundings first.
///
/// It is killed in `deinit`.
final class Started {
    let process = Process()
    private let folder: URL
    private let output: URL
    private let errors: URL
    private let input: Pipe?

    /// How long tests wait for something before they fail.
    static let timeout = Duration.seconds(20)

    /// Runs `tcpalive` with `arguments` in `folder`, after the shell has run `preparation`, with `redirections` such as
    /// `>&-`. Standard input is a pipe if `hasInput`, otherwise empty.
    init(
        _ arguments: [String], in folder: URL, after preparation: String = ":", through wrapper: [String] = [],
        redirections: String = "", hasInput: Bool = false
    ) throws {
        // Outside of `folder`, whose contents the tests compare.
        self.folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        output = self.folder.appendingPathComponent("out")
        errors = self.folder.appendingPathComponent("err")
        input = hasInput ? Pipe() : nil
        for file in [output, errors] { try Data().write(to: file) }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments =
            ["-c", "\(preparation) && exec \"$@\" \(redirections)", "sh"] + wrapper + [Tool.executable.path] + arguments
        process.currentDirectoryURL = folder
        process.environment = Tool.environment()
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    /// Writes `data` to its standard input; an error is ignored, because it may have ended.
    func write(_ data: Data) {
        // Writing to a closed pipe would end the tests.
        var (pipes, before) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&pipes)
        unsafe sigaddset(&pipes, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &pipes, &before)
        if (try? input?.fileHandleForWriting.write(contentsOf: data)) == nil {
            var none = timespec()
            _ = unsafe sigtimedwait(&pipes, nil, &none)
        }
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// Ends its standard input.
    func closeInput() { try? input?.fileHandleForWriting.close() }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

    /// Waits for the end. The status is negative if a signal ended it; nil if it has not ended after `timeout`.
    func end() throws -> Tool.Run? {
        guard wait(until: { !process.isRunning }) else { return nil }
        return try Tool.Run(
            output: String(decoding: Data(contentsOf: output), as: UTF8.self), errors: errorText,
            status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
    }

    /// Waits until `condition` is true; false if it was not after `timeout`.
    func wait(until condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + Self.timeout
        while !condition() {
            if ContinuousClock.now > deadline { return false }
            usleep(2000)
        }
        return true
    }
}

/// A named pipe as an output file: the program that writes it waits when nobody reads on, so a test can choose the moment.
final class NamedPipe {
    let path: String
    private let descriptor: Int32

    init(in folder: URL, _ name: String = "pipe") throws {
        path = folder.appendingPathComponent(name).path
        guard unsafe mkfifo(path, 0o600) == 0 else { throw POSIXError(.EIO) }
        // Without O_NONBLOCK it would wait for the program.
        descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw POSIXError(.EIO) }
    }

    deinit { close(descriptor) }

    /// Whether there is something to read.
    var hasBytes: Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&state, 1, 0) > 0 && state.revents & Int16(POLLIN) != 0
    }

    /// All that is written until `program` ends.
    func readAll(from program: Started) -> Data {
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 65536)
        let deadline = ContinuousClock.now + Started.timeout
        while ContinuousClock.now < deadline {
            let isRunning = program.process.isRunning
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count > 0 {
                data.append(contentsOf: buffer[..<count])
            } else if !isRunning {
                break
            } else {
                usleep(1000)
            }
        }
        return data
    }
}
