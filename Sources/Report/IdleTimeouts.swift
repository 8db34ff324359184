import KeepAlive

/// Who forgets idle connections, and when: the catalogue in `idle-timeouts.tsv`.
struct IdleTimeout: Sendable, Equatable {
    /// After how many seconds of silence.
    var seconds: Int64
    /// Who.
    var name: String
    /// What happens then.
    var ending: String
    /// Whether a TCP keep-alive counts as traffic there.
    var isRefreshed: String
    /// Where that is written.
    var source: String

    /// The catalogue, the shortest first.
    static let catalogue: [IdleTimeout] = {
        let text = String(decoding: PackageResources.idle_timeouts_tsv, as: UTF8.self)
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard cells.count == 5, let seconds = Int64(cells[0]) else { return nil }
            return IdleTimeout(
                seconds: seconds, name: cells[1], ending: cells[2], isRefreshed: cells[3], source: cells[4])
        }
    }()

    /// Those that may be at work on `path`: longer than what it bore, and no longer than what it did not.
    static func candidates(for path: PathTimeout) -> [IdleTimeout] {
        guard path.shortestFailed > 0 else { return [] }
        return catalogue.filter {
            $0.seconds * 1_000_000_000 >= path.longestSurvived && $0.seconds * 1_000_000_000 <= path.shortestFailed
        }
    }
}
