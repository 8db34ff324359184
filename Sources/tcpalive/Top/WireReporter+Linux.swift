#if os(Linux)
    import Analysis
    import Capture
    import KeepAlive
    import Platform
    import Report
    import Sandbox
    import Wire

    /// The process that captures packets for `tcpalive top`. It gives up all rights before the first packet, and writes
    /// `WireRecord`s to a socket.
    struct WireReporter: ~Copyable {
        private let socket: Int32
        private var analysis: CaptureAnalysis
        private var looks = LookSchedule()
        /// The hash of the last finding that was sent about each connection.
        private var sent: [UInt64: Int] = [:]
        private var dropped: UInt64 = 0
        /// Messages that are not written yet.
        private var pending: [UInt8] = []

        /// If the reader falls behind by more than that (bytes), packets are left out.
        private static let pendingLimit = 1 << 20
        /// More connections than that are not remembered.
        private static let sentLimit = 65_536
        /// Of connections and their findings.
        private static let memory = 64 << 20

        /// Captures on `interfaces` until nobody reads from `socket` any more.
        static func run(on interfaces: [String], to socket: Int32) {
            // A closed socket is an error, and no signal.
            Signals.ignoreClosedPipes()
            try? systemSetNonblocking(socket)
            var reporter = WireReporter(socket)
            do {
                // Nothing is written but the pipe, so no file needs a name.
                let privileges = try Privileges(user: nil, namesFiles: false)
                var settings = LiveCapture.Settings()
                // What data passes, the kernel's list of sockets shows at less cost.
                settings.isLight = true
                var live = try LiveCapture(on: interfaces, settings)
                var needs = Needs()
                needs.captureSockets = live.descriptors
                // What a system cannot take away, `watch` says.
                _ = try privileges.drop(for: needs)
                reporter.send(WireRecord(.ready))
                reporter.follow(&live)
            } catch let error as CaptureError {
                reporter.fail(error.description)
            } catch {
                reporter.fail("\(error)")
            }
        }

        private init(_ socket: Int32) {
            self.socket = socket
            var settings = AnalysisSettings()
            settings.isLight = true
            settings.memoryLimit = Self.memory
            analysis = CaptureAnalysis(settings)
            analysis.begin("")
        }

        private mutating func fail(_ sentence: String) {
            send(WireRecord(.failed(sentence)))
            _ = write()
        }

        private mutating func follow(_ live: inout LiveCapture) {
            while write() {
                analysis.advance(&live)
                for event in analysis.events where !event.isCopy { send(event) }
                let counters = live.counters
                if counters.droppedByKernel > dropped {
                    dropped = counters.droppedByKernel
                    send(WireRecord(.dropped(dropped)))
                }
                if live.isOver { return fail("the interface is gone") }
                if analysis.isOutOfMemory { return fail("out of memory") }
                if looks.isDue { look() }
            }
        }

        private mutating func send(_ event: SegmentEvent) {
            if pending.count >= Self.pendingLimit { return }
            let segment = event.segment
            send(
                WireRecord(
                    .packet(
                        event.kind, at: segment.time, reply: event.reply.map { max(0, $0) }, number: event.trainNumber,
                        text: TextBuffer.description(of: event)),
                    from: segment.source, to: segment.destination))
        }

        /// Looks for findings that were not sent yet.
        private mutating func look() {
            analysis.now = WallClock.now
            analysis.hasDrops = dropped > 0
            looks.begin()
            var found: [WireRecord] = []
            looks.next = analysis.diagnoseNotable(from: looks.next ?? 0) { diagnosis in
                let number = diagnosis.connection.number
                let words = FindingInWords(diagnosis.primary, in: diagnosis)
                let hash = words.description.hashValue
                if sent[number] != hash {
                    if sent.count >= Self.sentLimit { sent.removeAll(keepingCapacity: true) }
                    sent[number] = hash
                    found.append(
                        WireRecord(
                            .finding(
                                diagnosis.verdict, diagnosis.severity,
                                words.advice.isEmpty ? words.sentence : words.sentence + " " + words.advice),
                            from: diagnosis.connection.originator, to: diagnosis.connection.responder))
                }
                return looks.advance(withFindings: found.count)
            }
            looks.end()
            for record in found { send(record) }
        }

        private mutating func send(_ record: WireRecord) {
            record.append(to: &pending)
        }

        /// Writes what the socket takes now; false if nobody reads it any more.
        private mutating func write() -> Bool {
            do throws(SystemError) {
                // Also if there is nothing to write.
                var interests = [Interest(descriptor: socket, reads: false, writes: true)]
                try systemWait(&interests, until: .now)
                if interests[0].isBroken { return false }
                while !pending.isEmpty {
                    // One message, which is taken at once or not at all.
                    let part = Array(pending.prefix(WireFeed.longestMessage))
                    guard let count = try systemWrite(socket, part) else { break }
                    pending.removeFirst(count)
                }
                return true
            } catch {
                return false
            }
        }
    }
#endif
