package import Platform

/// The end of the one who asks of the socket to a `SocketInspector`.
package struct InspectorConnection: ~Copyable {
    private let socket: Descriptor

    /// Takes over `socket` (SOCK_SEQPACKET), and makes calls on it return at once.
    package init(_ socket: consuming Descriptor) throws(SystemError) {
        try systemSetNonblocking(socket.number)
        self.socket = socket
    }

    /// The number of the socket.
    package var number: Int32 { socket.number }

    /// Sends `questions`. Throws if the inspector has ended, or does not read.
    package func send(_ questions: [SocketQuestion]) throws(SystemError) {
        for start in stride(from: 0, to: questions.count, by: SocketQuestion.mostAtOnce) {
            var message: [UInt8] = []
            for question in questions[start..<min(start + SocketQuestion.mostAtOnce, questions.count)] {
                question.append(to: &message)
            }
            if try systemSend(socket.number, message[...]) == nil { throw .brokenPipe }
        }
    }

    /// The answers that have come last; nil: there are none now. Throws if the inspector has ended, or sent something else.
    package func receive() throws(SystemError) -> [SocketAnswer]? {
        let most = SocketAnswer.size * SocketQuestion.mostAtOnce
        guard let message = try systemReceive(socket.number, count: most + 1) else { return nil }
        if message.isEmpty || message.count > most { throw .brokenPipe }
        var answers: [SocketAnswer] = []
        for start in stride(from: 0, to: message.count, by: SocketAnswer.size) {
            guard let answer = SocketAnswer(message[start..<min(start + SocketAnswer.size, message.count)]) else {
                throw .invalidArgument
            }
            answers.append(answer)
        }
        return answers
    }

    /// Waits until answers have come, or the inspector has ended, but not after `deadline`; false: nothing has come.
    package func wait(until deadline: ContinuousClock.Instant) throws(SystemError) -> Bool {
        var interests = [Interest(descriptor: socket.number)]
        try systemWait(&interests, until: deadline)
        return interests[0].isReadable
    }
}
