#if os(Linux)
    package import Platform
    internal import Wire

    /// Answers questions about the sockets of this host, for a process that may not look itself.
    ///
    /// The one who asks may have been taken over by the author of a packet. So a question has a fixed form, anything else ends
    /// the service, and no question can make it do more than look: a socket is looked up by its ends, which is cheap, and one
    /// pass over the descriptors of all processes serves all questions that wait for it.
    package struct SocketInspector: ~Copyable {
        private let monitor: SocketMonitor
        private var handles = ProcessHandles()
        private var owners = SocketOwners()
        /// Processes whose sockets may not be borrowed.
        private var refused: Set<Int32> = []
        /// Questions about sockets whose process was not known in the last pass.
        private var waiting: [(number: UInt32, socket: HostSocket)] = []
        private var nextPass = ContinuousClock.now
        private var answers: [UInt8] = []

        /// The time between two passes over all processes is at least this, and at least `share` times the duration of one.
        private static let shortest = Duration.seconds(1)
        private static let share = 50
        /// No more questions are taken while so many wait.
        private static let mostWaiting = 1024

        /// Opens what is necessary.
        package init() throws(SystemError) {
            monitor = try SocketMonitor()
        }

        /// The socket through which it asks the kernel.
        package var kernelSocket: Int32 { monitor.number }

        /// Answers the questions that come from `socket` (SOCK_SEQPACKET), until it is closed.
        package mutating func serve(_ socket: Int32) throws(SystemError) {
            while true {
                var interests = [Interest(descriptor: socket, reads: waiting.count < Self.mostWaiting)]
                try systemWait(&interests, until: waiting.isEmpty ? nil : nextPass)
                if interests[0].isReadable {
                    let most = SocketQuestion.size * SocketQuestion.mostAtOnce
                    // One byte more shows a message that is too long.
                    guard let message = try systemReceive(socket, count: most + 1) else { continue }
                    guard !message.isEmpty, take(message) else { return }
                }
                if !waiting.isEmpty, ContinuousClock.now >= nextPass { pass(to: socket) }
                try send(to: socket)
            }
        }

        /// Answers the questions in `message`, or makes them wait; false if it is none.
        private mutating func take(_ message: [UInt8]) -> Bool {
            guard message.count % SocketQuestion.size == 0,
                message.count <= SocketQuestion.size * SocketQuestion.mostAtOnce
            else { return false }
            for start in stride(from: 0, to: message.count, by: SocketQuestion.size) {
                guard let question = SocketQuestion(message[start..<start + SocketQuestion.size]) else { return false }
                look(question)
            }
            return true
        }

        private mutating func look(_ question: SocketQuestion) {
            // Packets may have the port 0, and no socket has.
            guard question.local.port > 0, question.remote.port > 0,
                let socket = monitor.socket(question)
            else { return answer(question.number, nil) }
            if socket.inode == 0 { return answer(question.number, InspectedSocket(socket)) }
            if let known = owners.owner(of: socket.inode).flatMap({ inspect(socket, $0) }) {
                return answer(question.number, known)
            }
            waiting.append((question.number, socket))
        }

        /// Looks at the descriptors of all processes, and answers the questions that wait.
        private mutating func pass(to socket: Int32) {
            let start = ContinuousClock.now
            owners = SocketOwners(reading: nil)
            handles.removeAll()
            refused.removeAll(keepingCapacity: true)
            let end = ContinuousClock.now
            nextPass = end + max(Self.shortest, start.duration(to: end) * Self.share)
            for (number, socket) in waiting {
                let known = owners.owner(of: socket.inode).flatMap { inspect(socket, $0) }
                answer(number, known ?? InspectedSocket(socket))
            }
            waiting.removeAll(keepingCapacity: true)
        }

        /// What is known about `socket` of `owner`; nil: that process does not have it any more.
        private mutating func inspect(_ socket: HostSocket, _ owner: SocketOwner) -> InspectedSocket? {
            let name = owners.name(of: owner.process)
            if !refused.contains(owner.process) {
                do {
                    let options = try BorrowedSocket(of: owner, inode: socket.inode, &handles).options()
                    return InspectedSocket(socket, process: owner.process, program: name, options: options)
                } catch let error as SystemError where error.isRefusal {
                    refused.insert(owner.process)
                } catch {
                    return nil
                }
            }
            return InspectedSocket(socket, process: owner.process, program: name)
        }

        private mutating func answer(_ number: UInt32, _ socket: InspectedSocket?) {
            SocketAnswer(number: number, socket).append(to: &answers)
        }

        /// Sends the answers, several in one message.
        private mutating func send(to socket: Int32) throws(SystemError) {
            let most = SocketAnswer.size * SocketQuestion.mostAtOnce
            for start in stride(from: 0, to: answers.count, by: most) {
                _ = try systemSend(socket, answers[start..<min(start + most, answers.count)])
            }
            answers.removeAll(keepingCapacity: true)
        }
    }

    extension SystemError {
        /// Whether the rights to a process are missing.
        fileprivate var isRefusal: Bool { self == .notPermitted || self == .permissionDenied || self == .noSuchCall }
    }
#endif
