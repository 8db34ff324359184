import Report
import Sockets

/// Messages from a process that reads packets, which a packet may have taken over, or to it. The first byte chooses the kind.
enum MessagesTarget {
    static func run(_ input: [UInt8]) throws(FuzzFailure) {
        var reader = InputReader(input)
        let choice = reader.byte()
        let bytes = reader.rest()
        switch choice % 3 {
        case 0: try runQuestion(bytes)
        case 1: try runAnswer(bytes)
        default: try runRecords(bytes)
        }
    }

    private static func runQuestion(_ bytes: ArraySlice<UInt8>) throws(FuzzFailure) {
        guard let question = SocketQuestion(bytes) else { return }
        var written: [UInt8] = []
        question.append(to: &written)
        try check(written == Array(bytes), "\(question) is not what was read")
    }

    private static func runAnswer(_ bytes: ArraySlice<UInt8>) throws(FuzzFailure) {
        guard let answer = SocketAnswer(bytes) else { return }
        if let socket = answer.socket {
            let (options, reading) = (socket.options, socket.reading)
            let values = [
                options?.idle, options?.interval, options?.count, options?.userTimeout, reading.idle,
                reading.interval, reading.idleOrInterval, reading.silence,
            ]
            try check(values.allSatisfy { $0 ?? 0 >= 0 }, "negative: \(answer)")
            try check(socket.process ?? 1 > 0 && socket.program?.utf8.count ?? 0 <= 48, "process of \(answer)")
            try TextCheck.checkPrintable(Array(socket.text.utf8), "the text of a socket")
        }
        var written: [UInt8] = []
        answer.append(to: &written)
        try check(written.count == SocketAnswer.size, "\(answer) has \(written.count) bytes")
        // A name that is not UTF-8 is repaired, and may be cut.
        var again = SocketAnswer(written[...])
        again?.socket?.program = answer.socket?.program
        try check(again == answer, "\(answer) is read again as \(String(describing: again))")
    }

    /// A stream of records, whole and in two pieces.
    private static func runRecords(_ bytes: ArraySlice<UInt8>) throws(FuzzFailure) {
        let whole = records(in: [bytes])
        let middle = bytes.startIndex + bytes.count / 2
        let pieces = records(in: [bytes[..<middle], bytes[middle...]])
        try check(whole == pieces, "whole: \(whole), in pieces: \(pieces)")
        for record in whole {
            var written: [UInt8] = []
            record.append(to: &written)
            let again = records(in: [written[...]])
            try check(again.count == 1, "\(record) is read again as \(again)")
            // A text that is not UTF-8 is repaired, and may be cut.
            try check(
                again[0].source == record.source && again[0].destination == record.destination,
                "\(record) is read again as \(again)")
        }
    }

    /// The records in `pieces`, up to the first that is none.
    private static func records(in pieces: [ArraySlice<UInt8>]) -> [WireRecord] {
        var records: [WireRecord] = []
        var rest: [UInt8] = []
        for piece in pieces {
            rest += piece
            var slice = rest[...]
            do throws(WireRecord.Invalid) {
                while let record = try WireRecord.take(from: &slice) { records.append(record) }
            } catch {
                return records
            }
            rest = Array(slice)
        }
        return records
    }
}
