import ArgumentParser
import Platform
import Report
import Sockets

/// The result of one connection of `probe-path`.
struct PathTrial: Sendable, Equatable {
    /// How long it was idle.
    let idle: Duration
    /// What happened then.
    let outcome: PathSearch.Outcome
}

/// The CSV file of --log, to which each result is added at once; nothing without one.
final class PathTrialLog {
    /// The results that were in the file.
    let earlier: [PathTrial]

    /// The descriptor of the file; -1: none.
    private let number: Int32
    private let name: String
    /// The address that is probed.
    let address: SocketAddress

    private static let header = "address,idle_ms,outcome"
    /// The longest idle time (ms) in a log: a trial may end a little later than after the largest --max.
    private static let longest: Int64 = 2 * 86_400_000
    /// No log has more bytes: they would be some hundred thousand results.
    private static let largest: UInt64 = 16 << 20

    /// The log in the file `name`, which is made if it is missing; nil: none. The address is that of its results, or the first of
    /// `addresses`, of which a name may have several, in any order.
    ///
    /// Throws `OutputError.failed` if the file cannot be opened, is no such log, or has the results of another address.
    init(_ name: String?, _ addresses: [SocketAddress]) throws {
        self.name = name ?? ""
        guard let name else {
            (earlier, number, address) = ([], -1, addresses[0])
            return
        }
        let file = try Self.open(name)
        guard let contents = systemContents(of: file.number) else {
            throw OutputError.failed("\(name): cannot be read")
        }
        let text = try Self.wholeLines(of: contents, name)
        (earlier, address) = try Self.trials(in: text, of: addresses, name)
        // A record begins on its own line.
        systemTruncate(file.number, to: UInt64(text.utf8.count))
        number = file.take()
        if text.isEmpty { try write("\(Self.header)\n") }
    }

    deinit {
        if number >= 0 { systemClose(number) }
    }

    /// Opens the regular file `name`, which is made if it is missing. A device or a pipe keeps nothing, and may not end.
    private static func open(_ name: String) throws -> Descriptor {
        let irregular = OutputError.failed(
            "\(name): this is no regular file, so it cannot keep results; name another one")
        // Opening some devices, or a pipe, has effects.
        if let status = FileStatus(path: name), !status.isRegular { throw irregular }
        let file: Int32
        do throws(SystemError) {
            file = try systemOpen(name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, mode: 0o644)
        } catch {
            throw OutputError.failed("\(name): cannot be opened to read and write it: \(error)")
        }
        let descriptor = Descriptor(file)
        // Since the first look, another file may have got the name.
        let status = try FileStatus(descriptor: file)
        guard status.isRegular else { throw irregular }
        if status.size > largest { throw foreign(name) }
        return descriptor
    }

    private static func foreign(_ name: String) -> OutputError {
        .failed("\(name): this is no log of probe-path; name another file")
    }

    /// The lines of `contents`, without a last one that has no end: it was not written completely.
    private static func wholeLines(of contents: String, _ name: String) throws -> String {
        guard let end = contents.utf8.lastIndex(of: UInt8(ascii: "\n")) else {
            guard header.hasPrefix(contents) else { throw foreign(name) }
            return ""
        }
        return String(contents[...end])
    }

    /// Adds a result.
    func append(_ trial: PathTrial) throws {
        let (seconds, attoseconds) = trial.idle.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        try write("\(address),\(milliseconds),\(trial.outcome.rawValue)\n")
    }

    private func write(_ line: String) throws {
        guard number >= 0 else { return }
        try OutputDescriptor(number: number, name: name).write(Array(line.utf8))
    }

    private static func trials(
        in text: String, of addresses: [SocketAddress], _ name: String
    ) throws -> ([PathTrial], SocketAddress) {
        if text.isEmpty { return ([], addresses[0]) }
        let numbered = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        var lines = numbered.filter { !$0.element.isEmpty }
        guard !lines.isEmpty, lines.removeFirst().element == header else { throw foreign(name) }
        let known = lines.first?.element.prefix { $0 != "," }
        let address = addresses.first { known == "\($0)" } ?? addresses[0]
        let trials = try lines.map { index, line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == 3, let idle = Int64(cells[1]), (0...longest).contains(idle),
                let outcome = PathSearch.Outcome(rawValue: String(cells[2]))
            else { throw OutputError.failed("\(name): line \(index + 1) is damaged: remove it, or name another file") }
            guard cells[0] == "\(address)" else {
                throw OutputError.failed("\(name): it has results for \(cells[0]), not \(address); name another file")
            }
            return PathTrial(idle: .milliseconds(idle), outcome: outcome)
        }
        return (trials, address)
    }
}
