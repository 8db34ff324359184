import ArgumentParser
import Platform
import Report
import Sockets

/// How the text report shows times, names and colours.
struct TextOptions: ParsableArguments {
    @Flag(
        name: .customShort("t"),
        help: """
            Omit the time of events; -tt: seconds since 1970; -ttt: time since the previous line; -tttt: date and time; \
            -ttttt: time since the first line.
            """)
    var timeCount: Int

    @Flag(name: .customShort("n"), help: "Do not resolve addresses (the default).")
    var numericCount: Int

    @Flag(help: "Print host names instead of addresses; waits up to 10 s in all for the DNS.")
    var resolve = false

    @OptionGroup
    var color: ColorOptions

    @Flag(help: "Print one line per finding and one for the summary, nothing else.")
    var brief = false

    func validate() throws {
        if timeCount >= Self.times.count {
            throw ValidationError("-t: given \(timeCount) times; at most -ttttt has a meaning.")
        }
        if numericCount > 0, resolve { throw ValidationError("-n contradicts --resolve.") }
    }

    /// Checks that the report in `format`, `isVerbose` if it has timelines, can obey these options.
    func check(_ format: ReportFormat, isVerbose: Bool = false) throws {
        if brief, isVerbose { throw ValidationError("--brief contradicts -v: omit one of them.") }
        if format == .text { return }
        let given = [("-t", timeCount > 0), ("--resolve", resolve), ("--brief", brief)].first { $0.1 }
        if let given { throw ValidationError("\(given.0) requires --format text.") }
    }

    /// The style of a text report on `output`.
    func style(on output: OutputDescriptor) -> TextStyle {
        var style = TextStyle()
        style.time = Self.times[min(timeCount, Self.times.count - 1)]
        style.zone = { LocalZone.offset(at: $0) }
        style.palette = color.palette(on: output)
        style.width = output.lineLimit
        style.isBrief = brief
        style.names = resolve ? HostNames() : nil
        return style
    }

    /// The time styles by the number of -t.
    private static let times: [TextStyle.Time] = [
        .timeOfDay, .none, .epoch, .sincePrevious, .dateAndTime, .sinceFirst,
    ]
}

/// Whether text has colours.
struct ColorOptions: ParsableArguments {
    /// When to use colours.
    enum Choice: String, CaseIterable, ExpressibleByArgument {
        case auto, always, never
    }

    @Option(
        help: """
            Colours: auto uses them on a terminal, unless NO_COLOR, CLICOLOR=0 or TERM=dumb says otherwise; \
            CLICOLOR_FORCE=1 uses them everywhere. The option overrides the environment, and NO_COLOR the other variables.
            """)
    var color = Choice.auto

    /// The colours of text on `output`.
    func palette(on output: OutputDescriptor) -> Palette {
        switch color {
        case .auto: Palette(isOn: output.wantsColor)
        case .always: Palette(isOn: true)
        case .never: Palette(isOn: false)
        }
    }
}
