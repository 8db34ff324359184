#if os(Linux)
    import Glibc
    import Platform
    import Testing
    import Wire

    @testable import Sockets

    /// The service that looks at sockets, in a thread of this process.
    @Suite("Inspector")
    struct SocketInspectorTests {
        /// Starts an inspector, and calls `body` with the number of the socket to it. Returns whether the inspector ended by
        /// itself before that socket was closed.
        private static func withInspector(_ body: (Int32) throws -> Void) throws -> Bool {
            var ends: [Int32] = [0, 0]
            try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0)
            let served = ends[1]
            let thread = try SystemThread {
                if var inspector = try? SocketInspector() { try? inspector.serve(served) }
                _ = shutdown(served, Int32(SHUT_RDWR))
            }
            try body(ends[0])
            // The inspector has closed its end if this returns the end at once.
            var byte: UInt8 = 0
            let isOver = unsafe recv(ends[0], &byte, 1, Int32(MSG_DONTWAIT)) == 0
            _ = shutdown(ends[0], Int32(SHUT_RDWR))
            thread.join()
            ends.forEach { close($0) }
            return isOver
        }

        private static func ask(_ socket: Int32, _ questions: [SocketQuestion]) throws -> [SocketAnswer] {
            let connection = try InspectorConnection(Descriptor(dup(socket)))
            try connection.send(questions)
            var answers: [SocketAnswer] = []
            let deadline = Loopback.deadline
            while answers.count < questions.count, try connection.wait(until: deadline) {
                answers += try connection.receive() ?? []
            }
            return answers
        }

        @Test(
            "It finds the process and the options of both ends of a connection",
            arguments: ["127.0.0.1", "::1"])
        func both(host: String) throws {
            let options = KeepAliveOptions(isEnabled: true, idle: 61, interval: 16, count: 5, userTimeout: 7000)
            let pair = try Loopback(host, options: options)
            let (local, remote) = (pair.client.localAddress.endpoint, pair.client.remoteAddress.endpoint)
            _ = try Self.withInspector { socket in
                let answers = try Self.ask(
                    socket,
                    [
                        SocketQuestion(number: 1, local: local, remote: remote),
                        SocketQuestion(number: 2, local: remote, remote: local),
                        // Nobody has this connection; the kernel would name the socket that listens.
                        SocketQuestion(number: 3, local: remote, remote: Endpoint(local.address, 1)),
                        // As packets may have it.
                        SocketQuestion(number: 4, local: remote, remote: Endpoint(local.address, 0)),
                    ])
                let found = Dictionary(uniqueKeysWithValues: answers.map { ($0.number, $0.socket) })
                let client = try #require(found[1] ?? nil)
                #expect(client.process == getpid() && client.program?.isEmpty == false)
                #expect(client.isOn == true && client.options == options)
                let server = try #require(found[2] ?? nil)
                #expect(server.process == getpid() && server.isOn == false)
                #expect(server.cookie != client.cookie)
                #expect(found[3] == .some(nil) && found[4] == .some(nil))
            }
        }

        @Test("Options that change are those of the next answer")
        func changes() throws {
            let pair = try Loopback("127.0.0.1", options: KeepAliveOptions(idle: 5))
            let question = SocketQuestion(
                number: 0, local: pair.client.localAddress.endpoint, remote: pair.client.remoteAddress.endpoint)
            _ = try Self.withInspector { socket in
                #expect(try Self.ask(socket, [question]).first?.socket?.options?.idle == 5)
                try pair.client.set(KeepAliveOptions(idle: 6))
                #expect(try Self.ask(socket, [question]).first?.socket?.options?.idle == 6)
            }
        }

        @Test("Sixty-four questions at once are answered, each once")
        func many() throws {
            let pair = try Loopback("127.0.0.1")
            let questions = (0..<200).map {
                SocketQuestion(
                    number: $0, local: pair.client.localAddress.endpoint,
                    remote: $0 % 2 == 0
                        ? pair.client.remoteAddress.endpoint : Endpoint(IPAddress(v4: 0x7F00_0001), UInt16($0)))
            }
            _ = try Self.withInspector { socket in
                let answers = try Self.ask(socket, questions)
                #expect(Set(answers.map(\.number)) == Set(0..<200) && answers.count == 200)
                #expect(answers.allSatisfy { ($0.socket != nil) == ($0.number % 2 == 0) })
            }
        }

        @Test(
            "A message that is no question ends it, and has no answer",
            arguments: [
                [UInt8](repeating: 0, count: 1), [UInt8](repeating: 0, count: 47), [UInt8](repeating: 0, count: 48),
                [UInt8](repeating: 255, count: 48), [UInt8](repeating: 4, count: 96),
                [UInt8](repeating: 0, count: 48 * 65), [UInt8](repeating: 6, count: 100_000),
            ])
        func hostile(message: [UInt8]) throws {
            let isOver = try Self.withInspector { socket in
                try #require(unsafe send(socket, message, message.count, Int32(MSG_NOSIGNAL)) == message.count)
                var interests = [Interest(descriptor: socket)]
                try systemWait(&interests, until: Loopback.deadline)
                #expect(interests[0].isReadable)
            }
            #expect(isOver)
        }
    }
#endif
