import Platform
import Report
import Sockets
import Testing

@Suite("Keep-alive options")
struct KeepAliveOptionsTests {
    static let triples = [(60, 15, 4), (1, 1, 1), (5, 2, 3), (7200, 75, 9), (32767, 32767, 127), (15, 60, 4)]

    @Test("Options that are set are read back from the kernel", arguments: triples)
    func triple(idle: Int, interval: Int, count: Int) throws {
        let wanted = KeepAliveOptions(idle: idle, interval: interval, count: count, userTimeout: 4321)
        for host in ["127.0.0.1", "::1"] {
            let ends = try Loopback(host, options: wanted)
            #expect(try ends.client.options() == wanted)
            #expect(ends.client.initialOptions.isEnabled == false)
            #expect(ends.client.optionFailures.isEmpty)
        }
    }

    @Test("Options that are not set keep the system defaults")
    func defaults() throws {
        let ends = try Loopback(options: KeepAliveOptions())
        var expected = KeepAliveOptions.systemDefaults
        expected.isEnabled = true
        #expect(try ends.client.options() == expected)
        let untouched = try Loopback()
        #expect(try untouched.client.options() == .systemDefaults)
    }

    @Test("Options can be changed on an open connection, by its value or by its descriptor")
    func change() throws {
        let ends = try Loopback(options: KeepAliveOptions(idle: 60, interval: 15, count: 4))
        try ends.client.set(KeepAliveOptions(idle: 30))
        #expect(try ends.client.options() == KeepAliveOptions(idle: 30, interval: 15, count: 4, userTimeout: 0))
        try KeepAliveOptions(isEnabled: false, interval: 7).apply(to: ends.client.descriptor)
        #expect(
            try ends.client.options()
                == KeepAliveOptions(isEnabled: false, idle: 30, interval: 7, count: 4, userTimeout: 0))
    }

    @Test("The bounds are those of the kernel", arguments: KeepAliveOption.allCases)
    func bounds(option: KeepAliveOption) throws {
        let ends = try Loopback()
        for value in [option.bounds.lowerBound, option.bounds.upperBound] {
            var options = KeepAliveOptions()
            options[option] = value
            try options.apply(to: ends.client.descriptor)
            #expect(try ends.client.options()[option] == value)
        }
        for value in [option.bounds.lowerBound - 1, option.bounds.upperBound + 1] {
            var options = KeepAliveOptions()
            options[option] = value
            #expect(throws: SocketError.outOfRange(option, value)) { try options.check() }
            #expect(throws: SocketError.outOfRange(option, value)) {
                _ = try KeepAliveListener(host: "127.0.0.1", port: "0", options: options).localAddress
            }
        }
    }

    #if os(Linux)
        @Test("The kernel refuses values outside the bounds")
        func refusal() throws {
            let ends = try Loopback()
            for (number, values) in [(4, [0, 32768]), (5, [0, 32768]), (6, [0, 128]), (18, [-1])] {
                for value in values {
                    #expect(!setTCPOption(ends.client.descriptor, Int32(number), Int32(value)))
                }
            }
        }
    #endif

    #if os(Linux)
        @Test("An option that the socket refuses is reported, and the others are set", arguments: [true, false])
        func refusedOptions(isUnix: Bool) throws {
            let descriptor = foreignSocket(isUnix: isUnix)
            defer { closeDescriptor(descriptor) }
            let error = SystemError(code: foreignError(isUnix: isUnix))
            let failures = try KeepAliveOptions(idle: 60, interval: 15, count: 4).apply(to: descriptor)
            #expect(failures == [.idle, .interval, .count].map { OptionFailure($0, .refused(error)) })
            #expect(failures[1].description == "TCP_KEEPINTVL cannot be set: \(error)")
            // SO_KEEPALIVE, which every socket has, is set; the others cannot be read, so they are nil.
            #expect(try KeepAliveOptions(readingFrom: descriptor) == KeepAliveOptions())
        }

        @Test("A descriptor that is not a socket is an error")
        func noSocket() {
            let pipe = readablePipe()
            defer { closePipe(pipe) }
            #expect(throws: SocketError.self) { try KeepAliveOptions(idle: 60).apply(to: pipe.reading) }
            #expect(throws: SocketError.self) { try KeepAliveOptions(readingFrom: pipe.reading) }
        }
    #endif

    @Test("The error for a value out of range has the option, the value, and the bounds")
    func sentence() {
        #expect(
            SocketError.outOfRange(.idle, 0).description
                == "\(KeepAliveOption.idle.name): 0 is not between 1 and \(KeepAliveOption.idle.bounds.upperBound) s, "
                + "the bounds of the kernel")
    }

    @Test("An accepted connection has the listener's options")
    func accepted() throws {
        let wanted = KeepAliveOptions(idle: 9, interval: 3, count: 2)
        let ends = try Loopback(accepting: wanted)
        let actual = try #require(try ends.listener.options(of: ends.number))
        #expect(actual.isEnabled && actual.idle == 9 && actual.interval == 3 && actual.count == 2)
    }
}

@Suite("The probe schedule")
struct ProbeScheduleTests {
    /// idle, interval, count, user timeout in ms; probes, seconds.
    static let table: [([Int], Int, Int)] = [
        ([60, 15, 4, 0], 4, 120), ([5, 3, 4, 0], 4, 17), ([1, 1, 1, 0], 1, 2), ([7200, 75, 9, 0], 9, 7875),
        ([15, 60, 4, 0], 4, 255),
        // With a user timeout: when the timer first fires after it, with at least one probe unanswered.
        ([5, 3, 4, 7000], 1, 8), ([5, 3, 4, 1000], 1, 8), ([5, 3, 4, 8000], 1, 8), ([5, 3, 4, 8001], 2, 11),
        ([5, 3, 4, 30000], 9, 32), ([60, 15, 4, 90000], 2, 90),
    ]

    @Test("The number of probes and the time follow from the options", arguments: table)
    func schedule(values: [Int], probes: Int, seconds: Int) throws {
        let options = KeepAliveOptions(idle: values[0], interval: values[1], count: values[2], userTimeout: values[3])
        let schedule = try #require(ProbeSchedule(options))
        #expect(schedule.probes == probes)
        #expect(schedule.givesUpAfter == .seconds(seconds))
        #expect(schedule.isByUserTimeout == (values[3] > 0))
        let sentence = EndCause.timedOut.explanation(EndContext(options: options))
        #expect(sentence.contains("\(probes) keep-alive probe\(probes == 1 ? "" : "s") unanswered"))
        #expect(sentence.contains("\(values[0]) s idle + \(probes) × \(values[1]) s = \(seconds) s"))
        #expect(sentence.contains("user timeout") == (values[3] > 0))
    }

    @Test("The explanation of a timeout with data in flight does not mention probes")
    func dataInFlight() {
        let options = KeepAliveOptions(idle: 60, interval: 15, count: 4, userTimeout: 2500)
        var known = EndContext(options: options)
        known.silence = .seconds(3)
        known.unacknowledgedBytes = 6
        let sentence = EndCause.timedOut.explanation(known)
        #expect(sentence.contains("6 bytes sent and never acknowledged"))
        #expect(sentence.contains("the user timeout of 2.5 s ended the retransmissions"))
        #expect(sentence.contains("last heard 3.0 s ago"))
    }

    @Test("Without keep-alive, or with unknown values, there is no schedule")
    func none() {
        #expect(ProbeSchedule(KeepAliveOptions(isEnabled: false, idle: 1, interval: 1, count: 1)) == nil)
        #expect(ProbeSchedule(KeepAliveOptions(idle: 1, interval: 1)) == nil)
    }
}
