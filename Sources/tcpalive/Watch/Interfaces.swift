import ArgumentParser
import Capture
import Platform
import Report

/// `tcpalive interfaces`: lists the interfaces.
struct Interfaces: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the interfaces that can be captured on.",
        discussion: """
            Lists what watch -i can capture on now. If there is nothing, standard error has the reason. With --all, lists \
            the other interfaces too, and why nothing can be captured on them.

            Examples:
              tcpalive interfaces
              tcpalive interfaces --all
              tcpalive interfaces --format json

            \(ExitStatus.help([ExitStatus.couldNotRun]))
            """)

    /// The formats of the list.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, jsonl
    }

    /// The options of the list.
    struct ListOptions: ParsableArguments {
        @Flag(help: "Also list interfaces that cannot be captured on, and why.")
        var all = false

        @Option(help: "Format: a table, one JSON document, or one JSON record per line (default: text).")
        var format: Format?
    }

    @OptionGroup(title: "Output")
    var options: ListOptions

    func run() throws {
        try exitingOnFailure {
            let interfaces = try HostInterface.all()
            let listed = options.all ? interfaces : interfaces.filter { $0.obstacle == nil }
            var text = TextBuffer()
            switch options.format ?? .text {
            case .text:
                let output = OutputDescriptor.standardOutput
                let columns = output.isTerminal ? output.columns : nil
                if !listed.isEmpty { text.append(listed.table(columns: columns)) }
                if options.all { text.append(interfaces.notes(columns: columns)) }
            case .json:
                text.append("{\"interfaces\":[")
                for (index, interface) in listed.enumerated() {
                    text.append(index > 0 ? ",\n" : "\n")
                    text.appendRecord(interface.record)
                }
                text.append(listed.isEmpty ? "]}\n" : "\n]}\n")
            case .jsonl:
                for interface in listed {
                    text.appendRecord(interface.record)
                    text.append("\n")
                }
            }
            try OutputDescriptor.standardOutput.write(text.bytes)
            if interfaces.allSatisfy({ $0.obstacle != nil }) {
                for sentence in interfaces.filter(\.isNetwork).obstacles { complain(sentence) }
                throw ExitStatus.couldNotRun
            }
        }
    }
}
