internal import Dispatch
internal import Platform
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A thread that decompresses a file, a few buffers ahead of whoever reads. Ended in `deinit`.
///
/// Buffers go to the reader and back through `Exchange`. A byte through a pipe tells of each: a reader that waits is
/// interrupted by signals as if it read the file itself, and a thread that waits for its file sees the reader go. Only
/// within a read(2) that hangs, as on a file system that does not answer, it does not.
struct DecompressingThread: ~Copyable {
    private let exchange = Exchange()
    private let group = DispatchGroup()
    /// A byte for each buffer that was filled, and one for the end.
    private let filled: Pipe
    /// A byte for each buffer that was given back; closed when the reader goes.
    private let returned: Pipe
    private let returning: Int32
    /// What is read at present, and how far it has been.
    private var buffer: [UInt8] = []
    private var position = 0
    /// Whether a buffer was taken for which none was given back yet: this one, or what came for it in exchange.
    private var owesBuffer = false
    private var end: End?

    /// Buffers that are on the way, and what they hold, behind some room for what the reader puts in front of it.
    private static let bufferCount = 4
    private static let bufferCapacity = 256 << 10
    /// Bytes of that room: a record begun in the buffer before has its place there, unless it is a very long one.
    static let frontRoom = 65 << 10
    /// Bytes of the file that are read at once.
    private static let inputCapacity = 128 << 10

    /// How the stream ended.
    private enum End {
        case sound
        case flawed(String)
        /// The file cannot be read.
        case unreadable(SystemError)
    }

    /// Starts to decode `file`, in front of which stand the few bytes of `front`, by the decoder that `make` makes.
    init<Decoder: StreamDecoder & ~Copyable>(
        of file: Int32, behind front: [UInt8], _ make: @escaping @Sendable () -> Decoder?
    ) throws(SystemError) {
        let filled = try Pipe()
        var returned = try Pipe()
        // Its own, with the position shared: the reader may close the file.
        let input = fcntl(file, F_DUPFD_CLOEXEC, 0)
        guard input >= 0 else { throw .last }
        returning = returned.takeWriting()
        let (exchange, filling, returns) = (exchange, filled.writing, returned.reading)
        self.filled = consume filled
        self.returned = consume returned
        // A queue of its own has a thread of its own, however many wait for others.
        DispatchQueue(label: "decompressor").async(group: group) {
            var worker = Worker(input: input, front: front, exchange: exchange, filling: filling, returns: returns)
            worker.run(make())
        }
    }

    deinit {
        systemClose(returning)
        group.wait()
    }

    /// Reads what there is into `bytes` from `start` on, and tells how many bytes; 0 at the end.
    ///
    /// Nil where a signal interrupted the wait. Throws when the file cannot be read.
    mutating func read(into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
        guard try fill() else { return nil }
        let count = min(bytes.count - start, buffer.count - position)
        bytes.replaceSubrange(start..<start + count, with: buffer[position..<position + count])
        position += count
        return count
    }

    /// Gives what there is in exchange for `bytes`, so that it is not copied, and tells where in them it is: behind
    /// `frontRoom` bytes of no meaning at least; nowhere at the end.
    ///
    /// Nil where a signal interrupted the wait. Throws when the file cannot be read.
    mutating func exchange(_ bytes: inout [UInt8]) throws(SystemError) -> Range<Int>? {
        guard try fill() else { return nil }
        if position == buffer.count { return 0..<0 }
        swap(&bytes, &buffer)
        defer { position = buffer.count }
        return position..<bytes.count
    }

    /// Waits until the buffer holds something that was not read, or the end has come; false where a signal interrupted it.
    private mutating func fill() throws(SystemError) -> Bool {
        while position == buffer.count {
            if case .unreadable(let error) = end { throw error }
            if end != nil { return true }
            var told: [UInt8] = [0]
            if try systemRead(filled.reading, into: &told, at: 0) == nil { return false }
            end = exchange.take(&buffer)
            position = min(Self.frontRoom, buffer.count)
            if owesBuffer { Self.tell(returning) }
            owesBuffer = end == nil
        }
        return true
    }

    /// What is wrong with the stream, whose end has been read; nil for nothing.
    var flaw: String? {
        if case .flawed(let flaw) = end { flaw } else { nil }
    }

    /// Sends a byte through a pipe, which takes more of them than there are buffers.
    private static func tell(_ pipe: Int32) {
        var byte: UInt8 = 0
        unsafe _ = write(pipe, &byte, 1)
    }
}

// MARK: - Between the threads

extension DecompressingThread {
    /// What both threads share.
    private final class Exchange: Sendable {
        private struct State {
            var filled: [[UInt8]] = []
            var empty: [[UInt8]] = []
            var end = End.sound
        }

        private let state = Mutex(State())

        /// Hands `buffer` to the reader, and leaves one that has room in front at most.
        func give(_ buffer: inout [UInt8]) {
            state.withLock {
                $0.filled.append(buffer)
                buffer = $0.empty.popLast() ?? []
            }
        }

        /// Takes the next filled buffer in exchange for `buffer`, which may be any array; at the end an empty one, and how
        /// the stream ended.
        func take(_ buffer: inout [UInt8]) -> End? {
            state.withLock {
                // One that a large record made large would stay so.
                if buffer.count >= frontRoom, buffer.count <= frontRoom + bufferCapacity {
                    buffer.removeLast(buffer.count - frontRoom)
                    $0.empty.append(buffer)
                }
                buffer = []
                guard !$0.filled.isEmpty else { return $0.end }
                buffer = $0.filled.removeFirst()
                return nil
            }
        }

        /// Notes how the stream ended.
        func end(_ end: End) {
            state.withLock { $0.end = end }
        }
    }

    /// The thread that decompresses.
    private struct Worker: ~Copyable {
        private let input: Int32
        private let exchange: Exchange
        private let filling: Int32
        private let returns: Int32
        /// Bytes of the file, of which those of `undecoded` are to be decoded.
        private var bytes: [UInt8]
        private var undecoded: Range<Int>
        /// What was decoded and not handed over yet.
        private var buffer: [UInt8] = []
        /// Buffers that may be filled, and whether `buffer` is one of them.
        private var buffersLeft = bufferCount
        private var hasBuffer = false

        init(input: Int32, front: [UInt8], exchange: Exchange, filling: Int32, returns: Int32) {
            (self.input, self.exchange, self.filling, self.returns) = (input, exchange, filling, returns)
            (bytes, undecoded) = (front, front.indices)
        }

        deinit {
            systemClose(input)
        }

        /// Decodes to the end, or until the reader goes.
        mutating func run<Decoder: StreamDecoder & ~Copyable>(_ decoder: consuming Decoder?) {
            var end: End? = .flawed("there is no memory left to decompress it")
            if var decoder = decoder.take() { end = decode(&decoder) }
            guard let end else { return }
            give()
            exchange.end(end)
            DecompressingThread.tell(filling)
        }

        /// Decodes to the end, and gives that; nil where the reader has gone.
        private mutating func decode<Decoder: StreamDecoder & ~Copyable>(_ decoder: inout Decoder) -> End? {
            var mayHoldMore = false
            while true {
                if undecoded.isEmpty, !mayHoldMore {
                    switch refill() {
                    case .bytes: break
                    case .nothing: return decoder.state == .complete ? .sound : .flawed(Decoder.compression.flaw)
                    case .failed(let error): return .unreadable(error)
                    case .gone: return nil
                    }
                }
                do {
                    guard try takeBuffer() else { return nil }
                } catch {
                    return .unreadable(error)
                }
                // Out of here for as long as the bytes are borrowed.
                var buffer: [UInt8] = []
                swap(&buffer, &self.buffer)
                var taken = 0
                if buffer.count < frontRoom { buffer += [UInt8](repeating: 0, count: frontRoom - buffer.count) }
                buffer.append(addingCapacity: frontRoom + bufferCapacity - buffer.count) { room in
                    taken = unsafe decoder.decode(bytes.span.bytes.extracting(undecoded), into: &room)
                }
                swap(&buffer, &self.buffer)
                undecoded = undecoded.lowerBound + taken..<undecoded.upperBound
                mayHoldMore = self.buffer.count == frontRoom + bufferCapacity
                if mayHoldMore { give() }
                switch decoder.state {
                case .incomplete, .complete: break
                case .over: return .sound
                case .flawed(let flaw): return .flawed(flaw)
                }
            }
        }

        /// Hands over what was decoded.
        private mutating func give() {
            guard buffer.count > frontRoom else { return }
            exchange.give(&buffer)
            hasBuffer = false
            DecompressingThread.tell(filling)
        }

        /// Waits for a buffer, where there is none; false where the reader has gone.
        private mutating func takeBuffer() throws(SystemError) -> Bool {
            if hasBuffer { return true }
            while buffersLeft == 0 {
                var told = [UInt8](repeating: 0, count: bufferCount)
                guard let count = try systemRead(returns, into: &told, at: 0) else { continue }
                if count == 0 { return false }
                buffersLeft += count
            }
            buffersLeft -= 1
            hasBuffer = true
            return true
        }

        private enum Supply {
            case bytes
            case nothing
            case gone
            case failed(SystemError)
        }

        /// Reads more of the file. Before that is waited for, the reader gets what was decoded.
        private mutating func refill() -> Supply {
            if bytes.count < inputCapacity { bytes = [UInt8](repeating: 0, count: inputCapacity) }
            while true {
                var ends = [
                    pollfd(fd: returns, events: 0, revents: 0), pollfd(fd: input, events: Int16(POLLIN), revents: 0),
                ]
                do throws(SystemError) {
                    let ready = try systemResult(Int(unsafe poll(&ends, 2, buffer.count > frontRoom ? 0 : -1)))
                    if ends[0].revents & Int16(POLLHUP) != 0 { return .gone }
                    if ready == 0 { give() }
                    guard let ready, ready > 0, let count = try systemRead(input, into: &bytes, at: 0) else { continue }
                    undecoded = 0..<count
                    return count == 0 ? .nothing : .bytes
                } catch {
                    return .failed(error)
                }
            }
        }
    }
}
