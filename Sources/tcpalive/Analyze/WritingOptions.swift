import ArgumentParser
import Capture
import Platform

/// Where packets are written, and how much of each.
struct WritingOptions: ParsableArguments {
    @Option(
        name: .customShort("w"),
        help: ArgumentHelp("Write packets to this pcapng file, with comments at keep-alives.", valueName: "file"),
        completion: .file())
    var file: String?

    @Option(
        name: [.customShort("s"), .customLong("snaplen")],
        parsing: .unconditional,
        help: ArgumentHelp("Bytes of each packet to write, at least 96 (default: all).", valueName: "bytes"),
        transform: { try Snaplen.bytes($0) })
    var snaplen: Int?

    func validate() throws {
        if snaplen != nil, file == nil { throw ValidationError("--snaplen requires -w.") }
    }

    /// The writer of the file, if one is named; it replaces one that is there only when it is finished.
    ///
    /// `-` is standard output. Throws when the file cannot be created.
    func writer() throws(OutputError) -> PcapngWriter? {
        guard let file else { return nil }
        // A closed pipe must not end the process before it has cleaned up.
        Signals.ignoreClosedPipes()
        let output = file == "-" ? OutputFile() : try OutputFile(path: file)
        return PcapngWriter(to: output, snaplen: snaplen)
    }
}

/// Throws `ValidationError` if standard output is a terminal, on which packets would be unreadable.
func refuseTerminal() throws {
    if OutputDescriptor.standardOutput.isTerminal {
        throw ValidationError("-w -: packets are binary, and standard output is a terminal: pipe it to a program.")
    }
}
