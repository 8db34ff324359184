import KeepAlive
package import Platform
package import Sockets

/// How the text report shows times, names, colours and long lines.
package struct TextStyle: Sendable {
    /// What event lines have as their time, as in tcpdump(1).
    package enum Time: Int, CaseIterable, Sendable {
        /// The time of day. The heading has the date.
        case timeOfDay
        /// Nothing (`-t`).
        case none
        /// Seconds since 1970 (`-tt`).
        case epoch
        /// The time since the line before (`-ttt`).
        case sincePrevious
        /// Date and time of day (`-tttt`).
        case dateAndTime
        /// The time since the first line (`-ttttt`).
        case sinceFirst
    }

    /// The times of event lines.
    package var time = Time.timeOfDay
    /// The offset of the time zone at a number of seconds since 1970.
    package var zone: @Sendable (Int64) -> ZoneOffset = { _ in .utc }
    /// The colours; none if the output is no terminal.
    package var palette = Palette(isOn: false)
    /// The columns that a line may have; nil: any number, so that nothing is omitted.
    package var width: Int? {
        didSet { width = width.map { max($0, Self.leastWidth) } }
    }
    /// Whether the report has one line per finding instead of table and blocks.
    package var isBrief = false
    /// The host names of addresses; nil: addresses are not resolved.
    package var names: HostNames?

    /// The smallest width: no address needs more.
    private static let leastWidth = 50

    /// UTC, addresses without names, no colours, lines of any width.
    package init() {}
}

extension Palette {
    /// The colour of findings of `severity`; nil: none.
    static func color(of severity: Severity) -> Color? {
        switch severity {
        case .ok: .good
        case .notice: .neutral
        case .warning: .doubtful
        case .failure: .bad
        }
    }
}
