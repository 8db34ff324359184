// Prints what concerns keep-alives as it happens, until a probe passes: LiveEvents INTERFACE FILTER
import Analysis
import KeepAlive
import Wire

let (interface, filter) = (CommandLine.arguments[1], CommandLine.arguments[2])
for try await event in KeepAliveAnalyzer.events(on: [interface], filter: filter) {
    print(event.kind.name, "from", event.segment.source, "to", event.segment.destination)
    if event.kind == .probe { break }
}
