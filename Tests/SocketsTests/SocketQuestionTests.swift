import Seeded
import Testing
import Wire

@testable import Sockets

/// The messages between `watch` and the process that looks at sockets for it.
@Suite("Questions about sockets")
struct SocketQuestionTests {
    private static func bytes(_ question: SocketQuestion) -> [UInt8] {
        var bytes: [UInt8] = []
        question.append(to: &bytes)
        return bytes
    }

    private static func bytes(_ answer: SocketAnswer) -> [UInt8] {
        var bytes: [UInt8] = []
        answer.append(to: &bytes)
        return bytes
    }

    private static let version4 = SocketQuestion(
        number: 7, local: Endpoint(IPAddress(v4: 0x0A00_0001), 40000), remote: Endpoint(IPAddress(v4: .max), 1))
    private static let version6 = SocketQuestion(
        number: .max, local: Endpoint(IPAddress(v6: 0xFD09 << 48, 1), .max),
        remote: Endpoint(IPAddress(v6: .max, .max), 443), interface: 0x8123_4567)

    @Test("A question is the same after it was sent, over IPv4 and IPv6", arguments: [version4, version6])
    func question(question: SocketQuestion) {
        let bytes = Self.bytes(question)
        #expect(bytes.count == SocketQuestion.size)
        #expect(SocketQuestion(bytes[...]) == question)
    }

    @Test("Any other bytes are no question")
    func hostileQuestions() {
        let good = Self.bytes(Self.version4)
        for count in 0...100 where count != good.count {
            let bytes = Array((good + good + good).prefix(count))
            #expect(SocketQuestion(bytes[...]) == nil, "\(count)")
        }
        // The version, what is reserved, and the upper bytes of an IPv4 address.
        let changes: [(Int, UInt8)] =
            [(4, 0), (4, 5), (4, 255), (5, 1), (6, 1), (7, 1)] + (16..<28).map { ($0, 1) }
            + (32..<44).map { ($0, 1) }
        for (offset, value) in changes {
            var bytes = good
            bytes[offset] = value
            #expect(SocketQuestion(bytes[...]) == nil, "\(offset)")
        }
    }

    @Test("Whatever is read as a question or an answer is written as the same bytes")
    func random() {
        var numbers = SeededNumbers(18)
        for size in [SocketQuestion.size, SocketAnswer.size] {
            for _ in 0..<20_000 {
                var bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &numbers) }
                // Most random bytes are no message: make the first checks pass.
                if Bool.random(using: &numbers) {
                    if size == SocketQuestion.size {
                        bytes[4] = Bool.random(using: &numbers) ? 4 : 6
                        for offset in [5, 6, 7] { bytes[offset] = 0 }
                    } else {
                        bytes[4] &= 31
                        bytes[5] &= 15
                        for offset in [6, 7, 8, 12, 16, 20, 24, 28, 32, 36, 37, 38, 39] { bytes[offset] = 0 }
                    }
                }
                if size == SocketQuestion.size {
                    if let question = SocketQuestion(bytes[...]) { #expect(Self.bytes(question) == bytes) }
                } else if let answer = SocketAnswer(bytes[...]) {
                    // Names are repaired, and members that do not apply are left out: once more it is the same.
                    let once = Self.bytes(answer)
                    #expect(once.count == SocketAnswer.size)
                    #expect(SocketAnswer(once[...]).map(Self.bytes)?.prefix(48) == once.prefix(48))
                }
            }
        }
    }

    private static let answers = [
        SocketAnswer(number: 0, nil),
        SocketAnswer(number: 1, InspectedSocket(cookie: .max)),
        SocketAnswer(number: 2, InspectedSocket(cookie: 1, process: 1, program: "", isOn: false)),
        SocketAnswer(
            number: 3,
            InspectedSocket(
                cookie: 2, process: .max, program: "a name of 15 by", isOn: true,
                options: KeepAliveOptions(isEnabled: true, idle: 60, interval: 15, count: 4, userTimeout: 0))),
        SocketAnswer(
            number: 4,
            InspectedSocket(
                cookie: 3, process: 9, program: "x", isOn: false,
                options: KeepAliveOptions(isEnabled: false, idle: 7200, interval: nil, count: 9, userTimeout: nil))),
    ]

    @Test("An answer is the same after it was sent", arguments: answers)
    func answer(answer: SocketAnswer) {
        let bytes = Self.bytes(answer)
        #expect(bytes.count == SocketAnswer.size)
        var expected = answer
        if answer.socket?.program == "" { expected.socket?.program = nil }
        #expect(SocketAnswer(bytes[...]) == expected)
    }

    @Test("What the timer shows is in the answer")
    func reading() {
        var socket = InspectedSocket(cookie: 1, isOn: true)
        socket.reading.idleOrInterval = 60
        socket.reading.silence = 59_990
        #expect(SocketAnswer(Self.bytes(SocketAnswer(number: 0, socket))[...])?.socket == socket)
    }

    @Test("A name of more than 16 bytes is cut, and any bytes in it are harmless")
    func names() {
        let long = InspectedSocket(cookie: 1, process: 1, program: String(repeating: "\u{1F600}", count: 9))
        let answer = SocketAnswer(Self.bytes(SocketAnswer(number: 0, long))[...])
        #expect(answer?.socket?.program == String(repeating: "\u{1F600}", count: 4))
        var bytes = Self.bytes(SocketAnswer(number: 0, InspectedSocket(cookie: 1, process: 1, program: "abcd")))
        bytes[48] = 0xFF
        #expect(SocketAnswer(bytes[...])?.socket?.program == "\u{FFFD}bcd")
        bytes[5] = 17
        #expect(SocketAnswer(bytes[...]) == nil)
    }
}
