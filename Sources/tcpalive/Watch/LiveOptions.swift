import ArgumentParser
import Capture
import Platform

/// What `watch` captures, and how.
struct LiveOptions: ParsableArguments {
    @Option(
        name: .customShort("i"), help: ArgumentHelp("Interface, or any. Repeat for several.", valueName: "interface"),
        completion: .custom { _, _, _ in (try? HostInterface.all().map(\.name)) ?? [] })
    var interfaces: [String] = []

    @Option(
        name: .customShort("c"), parsing: .unconditional,
        help: ArgumentHelp("Stop after this many packets.", valueName: "packets"),
        transform: { try wholeNumber($0, 1...UInt64.max, of: "packets") })
    var packetLimit: UInt64?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Stop after this long.", valueName: "seconds"),
        transform: { try Seconds($0) })
    var duration: Seconds?

    @Option(
        name: [.customShort("s"), .customLong("snaplen")], parsing: .unconditional,
        help: ArgumentHelp("Bytes of each packet to capture, at least 96 (default: 192).", valueName: "bytes"),
        transform: { try Snaplen.bytes($0) })
    var snaplen = 192

    @Flag(name: .customLong("promiscuous"), help: "Also capture packets for other hosts.")
    var isPromiscuous = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Size of the capture buffer in the kernel (default: 16).", valueName: "MiB"),
        transform: { try wholeNumber($0, 1...2047, of: "MiB") })
    var buffer = 16

    @Flag(name: .customLong("immediate"), help: "Deliver packets immediately: lower latency, more CPU.")
    var isImmediate = false

    @Flag(
        name: .customLong("light"),
        help: "Capture no segments with more than one byte of data: for busy links.")
    var isLight = false

    @Flag(help: "Do not look for the processes and the options of sockets at local ends (Linux).")
    var noProcesses = false

    /// How the kernel captures the packets that match `filter`.
    func settings(filter: String?) -> LiveCapture.Settings {
        var settings = LiveCapture.Settings()
        settings.snaplen = snaplen
        settings.isPromiscuous = isPromiscuous
        settings.bufferSize = buffer << 20
        settings.isImmediate = isImmediate
        settings.isLight = isLight
        settings.filter = filter
        return settings
    }
}

/// Where `watch` writes packets.
struct LiveFileOptions: ParsableArguments {
    @Option(
        name: .customShort("w"),
        help: ArgumentHelp("Write the packets to this pcapng file; - is standard output.", valueName: "file"),
        completion: .file())
    var path: String?

    @Option(
        name: .customShort("C"), parsing: .unconditional,
        help: ArgumentHelp(
            "Begin another file when this one has so many million bytes, or KiB, MiB, GiB with k, m, g after the number.",
            valueName: "size"), transform: { try FileSize($0) })
    var size: FileSize?

    @Option(
        name: .customShort("G"), parsing: .unconditional,
        help: ArgumentHelp(
            "Begin another file after this long; the file name has the time, such as seen-%F-%H%M.pcapng (strftime(3)).",
            valueName: "seconds"), transform: { try Seconds($0) })
    var period: Seconds?

    @Option(
        name: .customShort("W"), parsing: .unconditional,
        help: ArgumentHelp(
            "Number of files: with -C the oldest is replaced, with -G the capture ends.", valueName: "count"),
        transform: { try wholeNumber($0, 1...1_000_000, of: "files") })
    var count: Int?

    /// Whether packets go to standard output.
    var isStandardOutput: Bool { path == "-" }

    func validate() throws {
        let named = [("-C", size != nil), ("-G", period != nil), ("-W", count != nil)].first { $0.1 }?.0
        guard let path else {
            if let named { throw ValidationError("\(named) requires -w.") }
            return
        }
        if path.isEmpty { throw ValidationError("-w requires a file name.") }
        if isStandardOutput {
            if let named { throw ValidationError("\(named) requires a file name: -w - is standard output.") }
            try refuseTerminal()
        }
        if count != nil, size == nil, period == nil { throw ValidationError("-W requires -C or -G.") }
        if period != nil, !path.contains("%") {
            throw ValidationError(
                "-G requires a time in the file name, such as seen-%F-%H%M%S.pcapng, or each file would replace the last."
            )
        }
    }

    /// The writer of the file, the first one of several at `time` (ns since 1970); nil: none is named.
    ///
    /// Throws if it cannot be created.
    func writer(at time: Int64) throws(OutputError) -> PcapngWriter? {
        guard let path else { return nil }
        if isStandardOutput { return PcapngWriter(to: OutputFile()) }
        if size == nil, period == nil { return PcapngWriter(to: try OutputFile(growing: path)) }
        return try PcapngWriter(
            to: FileRotation(
                name: path, sizeLimit: size?.bytes, period: period.map { Int64($0.milliseconds) * 1_000_000 },
                count: count,
                start: time))
    }
}

/// The size of a file on the command line, in millions of bytes, or with a unit: `100`, `512k`, `64m`, `2g`.
struct FileSize: Sendable, Equatable {
    /// The size.
    let bytes: UInt64

    /// The size in `argument`. Throws `ValidationError`.
    init(_ argument: String) throws {
        let units: [Character: UInt64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30]
        let unit = argument.lowercased().last.flatMap { units[$0] }
        let number = UInt64(unit == nil ? argument[...] : argument.dropLast())
        guard let number, (1...1_000_000).contains(number) else {
            throw ValidationError(
                "it is not a number from 1 to 1000000, in millions of bytes or with k, m or g after it.")
        }
        bytes = number * (unit ?? 1_000_000)
    }
}
