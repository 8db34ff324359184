package import KeepAlive
package import Wire

/// A message of the process that captures packets to the process that draws the screen.
///
/// The first reads what anybody sends, and has no rights; the second has rights and does not trust it: every field is checked,
/// and no text is obeyed.
package struct WireRecord: Sendable, Equatable {
    /// What it is about.
    package enum Content: Sendable, Equatable {
        /// The capture has begun.
        case ready
        /// There is no capture, for this reason.
        case failed(String)
        /// A packet of this kind, described by `text`. `reply` is how long an answer took (ns), `number` that of a probe since
        /// the peer was last heard.
        case packet(SegmentKind, at: Int64, reply: Int64?, number: UInt32, text: String)
        /// What is found about the connection.
        case finding(Verdict, Severity, String)
        /// So many packets were dropped in all.
        case dropped(UInt64)
    }

    package var content: Content
    package var source: Endpoint
    package var destination: Endpoint

    /// A message is invalid.
    package struct Invalid: Error {}

    /// A message about the connection from `source` to `destination`, or about none.
    package init(
        _ content: Content, from source: Endpoint = Endpoint(IPAddress(v4: 0), 0),
        to destination: Endpoint = Endpoint(IPAddress(v4: 0), 0)
    ) {
        self.content = content
        self.source = source
        self.destination = destination
    }

    /// The bytes before the text: length, type, code, two ends, time, reply and number.
    private static let headerSize = 2 + 1 + 1 + 2 * 19 + 8 + 8 + 8
    private static let longestText = 1000
    private static let noReply = Int64.min
    /// Times and durations (ns) with which arithmetic cannot overflow: 146 years.
    private static let times: ClosedRange<Int64> = 0...(1 << 62)

    // MARK: Writing

    /// Appends the message to `bytes`.
    package func append(to bytes: inout [UInt8]) {
        var (type, code, time, reply, number, text): (UInt8, UInt8, Int64, Int64, UInt64, String) = (
            0, 0, 0, Self.noReply, 0, ""
        )
        switch content {
        case .ready: type = 1
        case .failed(let sentence): (type, text) = (2, sentence)
        case .packet(let kind, let at, let answer, let count, let description):
            (type, code, time, number, text) = (3, kind.rawValue, at, UInt64(count), description)
            reply = answer ?? Self.noReply
        case .finding(let verdict, let severity, let sentence):
            type = 4
            code = UInt8(Severity.allCases.firstIndex(of: severity) ?? 0)
            text = verdict.rawValue + "\n" + sentence
        case .dropped(let count): (type, number) = (5, count)
        }
        let texts = Array(text.utf8.prefix(Self.longestText))
        append(UInt64(Self.headerSize + texts.count), 2, to: &bytes)
        bytes.append(type)
        bytes.append(code)
        for end in [source, destination] {
            bytes.append(end.address.version.rawValue)
            append(end.address.high, 8, to: &bytes)
            append(end.address.low, 8, to: &bytes)
            append(UInt64(end.port), 2, to: &bytes)
        }
        append(UInt64(bitPattern: time), 8, to: &bytes)
        append(UInt64(bitPattern: reply), 8, to: &bytes)
        append(number, 8, to: &bytes)
        bytes += texts
    }

    private func append(_ value: UInt64, _ size: Int, to bytes: inout [UInt8]) {
        for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(index * 8))) }
    }

    // MARK: Reading

    /// Takes the first message of `bytes`; nil: it is not complete yet. Throws `Invalid` if there is no such message.
    package static func take(from bytes: inout ArraySlice<UInt8>) throws(Invalid) -> WireRecord? {
        guard bytes.count >= 2 else { return nil }
        var rest = bytes
        let length = Int(read(2, from: &rest))
        guard (headerSize...(headerSize + longestText)).contains(length) else { throw Invalid() }
        guard bytes.count >= length else { return nil }
        let (type, code) = (UInt8(read(1, from: &rest)), UInt8(read(1, from: &rest)))
        let ends = [try readEnd(from: &rest), try readEnd(from: &rest)]
        let (time, reply) = (Int64(bitPattern: read(8, from: &rest)), Int64(bitPattern: read(8, from: &rest)))
        let number = read(8, from: &rest)
        let text = String(decoding: rest.prefix(length - headerSize), as: UTF8.self)
        bytes = bytes.dropFirst(length)
        let content: Content
        switch type {
        case 1: content = .ready
        case 2: content = .failed(text)
        case 3:
            guard let kind = SegmentKind(rawValue: code), times.contains(time),
                reply == noReply || times.contains(reply)
            else { throw Invalid() }
            content = .packet(
                kind, at: time, reply: reply == noReply ? nil : reply, number: UInt32(clamping: number), text: text)
        case 4:
            let parts = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let verdict = Verdict(rawValue: String(parts[0])),
                Int(code) < Severity.allCases.count
            else { throw Invalid() }
            content = .finding(verdict, Severity.allCases[Int(code)], String(parts[1]))
        case 5: content = .dropped(number)
        default: throw Invalid()
        }
        return WireRecord(content, from: ends[0], to: ends[1])
    }

    private static func readEnd(from bytes: inout ArraySlice<UInt8>) throws(Invalid) -> Endpoint {
        let version = UInt8(read(1, from: &bytes))
        let (high, low) = (read(8, from: &bytes), read(8, from: &bytes))
        let port = UInt16(read(2, from: &bytes))
        switch IPVersion(rawValue: version) {
        case .v4:
            guard high == 0, let address = UInt32(exactly: low) else { throw Invalid() }
            return Endpoint(IPAddress(v4: address), port)
        case .v6: return Endpoint(IPAddress(v6: high, low), port)
        case nil: throw Invalid()
        }
    }

    /// The next `size` bytes, the lowest first, which must be there.
    private static func read(_ size: Int, from bytes: inout ArraySlice<UInt8>) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in bytes.prefix(size).enumerated() { value |= UInt64(byte) << UInt64(index * 8) }
        bytes = bytes.dropFirst(size)
        return value
    }
}
