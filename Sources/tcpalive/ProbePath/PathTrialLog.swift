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
        let contents = systemContents(of: name)
        if contents == nil, systemMayExist(name) { throw OutputError.failed("\(name): cannot be read") }
        let text = contents ?? ""
        (earlier, address) = try Self.trials(in: text, of: addresses, name)
        do throws(SystemError) {
            number = try systemOpen(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, mode: 0o644)
        } catch {
            throw OutputError.failed("\(name): cannot be opened for writing: \(error)")
        }
        if text.isEmpty { try write("\(Self.header)\n") } else if !text.hasSuffix("\n") { try write("\n") }
    }

    deinit {
        if number >= 0 { systemClose(number) }
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
        var lines = text.split(separator: "\n")
        if lines.isEmpty { return ([], addresses[0]) }
        guard lines.removeFirst() == header else {
            throw OutputError.failed("\(name): this is no log of probe-path; name another file")
        }
        let known = lines.first?.prefix { $0 != "," }
        let address = addresses.first { known == "\($0)" } ?? addresses[0]
        let trials = try lines.enumerated().map { index, line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard cells.count == 3, let idle = Int64(cells[1]), (0...longest).contains(idle),
                let outcome = PathSearch.Outcome(rawValue: String(cells[2]))
            else { throw OutputError.failed("\(name): line \(index + 2) is damaged: remove it, or name another file") }
            guard cells[0] == "\(address)" else {
                throw OutputError.failed("\(name): it has results for \(cells[0]), not \(address); name another file")
            }
            return PathTrial(idle: .milliseconds(idle), outcome: outcome)
        }
        return (trials, address)
    }
}
