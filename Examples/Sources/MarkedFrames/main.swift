// Prints the frames that Wireshark would mark in a capture: MarkedFrames FILE
import Analysis
import KeepAlive
import Wire

var analyzer = KeepAliveAnalyzer()
try analyzer.read(CommandLine.arguments[1]) { event in
    for (mark, name) in Marks.named where event.marks.contains(mark) {
        print(event.segment.frame.frame, event.segment.source, name)
    }
}
