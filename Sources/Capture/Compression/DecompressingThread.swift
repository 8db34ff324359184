internal import Platform
internal import Synchronization

/// A thread that decompresses a file, a few buffers ahead of the reader. Ended in `deinit`.
///
/// Buffers go to the reader and back through `Exchange`. Each is announced by a byte through a pipe, so that signals
/// interrupt a waiting reader as if it read the file itself, and the thread notices while it waits for the file that the
/// reader has ended. It does not notice during a read(2) that hangs, as on a file system that does not answer.
struct DecompressingThread: ~Copyable {
    private let exchange = Exchange()
    /// A byte for each filled buffer, and one for the end.
    private let filled: Pipe
    /// A byte for each returned buffer; closed when the reader ends.
    private let returned: Pipe
    private let returning: Int32
    private let thread: SystemThread
    /// The buffer that is being read, and the index of the next byte in it.
    private var buffer: [UInt8] = []
    private var position = 0
    /// Whether a buffer was taken and none was returned for it yet.
    private var owesBuffer = false
    private var end: End?

    /// The number of buffers, and the most decompressed bytes of each.
    private static let bufferCount = 4
    private static let bufferCapacity = 256 << 10
    /// Bytes before the decompressed ones: room for the beginning of a record from the previous buffer, unless it is very
    /// long.
    static let frontRoom = 65 << 10
    /// Bytes of the file per read.
    private static let inputCapacity = 128 << 10

    /// How the stream ended.
    private enum End {
        case sound
        case flawed(String)
        /// The file cannot be read.
        case unreadable(SystemError)
    }

    /// Starts to decompress `front`, the bytes that have been read already, and then the rest of `file`.
    ///
    /// Throws if there is no thread or no descriptor left.
    init(_ compression: Compression, of file: Int32, behind front: [UInt8]) throws(SystemError) {
        switch compression {
        case .gzip: try self.init(of: file, behind: front) { GzipDecoder() }
        case .zstd: try self.init(of: file, behind: front) { ZstdDecoder() }
        case .xz: try self.init(of: file, behind: front) { XzDecoder() }
        case .lz4: try self.init(of: file, behind: front) { Lz4Decoder() }
        }
    }

    private init<Decoder: StreamDecoder & ~Copyable>(
        of file: Int32, behind front: [UInt8], _ make: @escaping @Sendable () -> Decoder?
    ) throws(SystemError) {
        let filled = try Pipe()
        var returned = try Pipe()
        // A descriptor of its own, because the reader may close the file; both share the position.
        let input = fcntl(file, F_DUPFD_CLOEXEC, 0)
        guard input >= 0 else { throw .last }
        let (exchange, filling, returns) = (exchange, filled.writing, returned.reading)
        let thread = try Self.start(closing: input) {
            var worker = Worker(input: input, front: front, exchange: exchange, filling: filling, returns: returns)
            worker.run(make())
        }
        returning = returned.takeWriting()
        self.thread = consume thread
        self.filled = consume filled
        self.returned = consume returned
    }

    deinit {
        systemClose(returning)
        // Its pipes must outlive the thread.
        thread.join()
    }

    /// Starts a thread that runs `body`. If that fails, closes the descriptor `input`.
    private static func start(
        closing input: Int32, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> SystemThread {
        do {
            return try SystemThread(body)
        } catch {
            systemClose(input)
            throw error
        }
    }

    /// Reads the next bytes into `bytes` from index `start` on and returns their number; 0 at the end.
    ///
    /// Nil if a signal interrupted the wait. Throws if the file cannot be read.
    mutating func read(into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
        guard try fill() else { return nil }
        let count = min(bytes.count - start, buffer.count - position)
        bytes.replaceSubrange(start..<start + count, with: buffer[position..<position + count])
        position += count
        return count
    }

    /// Swaps `bytes` for the buffer, which saves a copy, and returns the range of the next bytes in it: at least
    /// `frontRoom` unused bytes come before them. The range is empty at the end.
    ///
    /// Nil if a signal interrupted the wait. Throws if the file cannot be read.
    mutating func exchange(_ bytes: inout [UInt8]) throws(SystemError) -> Range<Int>? {
        guard try fill() else { return nil }
        if position == buffer.count { return 0..<0 }
        swap(&bytes, &buffer)
        defer { position = buffer.count }
        return position..<bytes.count
    }

    /// Waits until the buffer has bytes that were not read, or the stream has ended; false if a signal interrupted the wait.
    private mutating func fill() throws(SystemError) -> Bool {
        while position == buffer.count {
            if case .unreadable(let error) = end { throw error }
            if end != nil { return true }
            var byte: [UInt8] = [0]
            guard try systemWaitUntilReadable(filled.reading) else { return false }
            if try systemRead(filled.reading, into: &byte, at: 0) == nil { return false }
            end = exchange.take(&buffer)
            position = min(Self.frontRoom, buffer.count)
            if owesBuffer { Self.sendByte(to: returning) }
            owesBuffer = end == nil
        }
        return true
    }

    /// What is wrong with the stream, whose end has been read; nil if nothing is.
    var flaw: String? {
        if case .flawed(let flaw) = end { flaw } else { nil }
    }

    /// Sends a byte through a pipe. It never waits: a pipe has room for more bytes than there are buffers.
    private static func sendByte(to pipe: Int32) {
        var byte: UInt8 = 0
        unsafe _ = write(pipe, &byte, 1)
    }
}

// MARK: - Between the threads

extension DecompressingThread {
    /// The state that both threads share.
    private final class Exchange: Sendable {
        private struct State {
            var filled: [[UInt8]] = []
            var empty: [[UInt8]] = []
            var end = End.sound
        }

        private let state = Lock(State())

        /// Passes `buffer` to the reader and replaces it by an empty one, which may have the room at its front.
        func give(_ buffer: inout [UInt8]) {
            state.withLock {
                $0.filled.append(buffer)
                buffer = $0.empty.popLast() ?? []
            }
        }

        /// Swaps `buffer`, which may be any array, for the next filled buffer. At the end of the stream it leaves an empty
        /// one and returns how the stream ended.
        func take(_ buffer: inout [UInt8]) -> End? {
            state.withLock {
                // A buffer that a large record has enlarged is not used again.
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

        /// Records how the stream ended.
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
        /// Bytes of the file; those in the range `undecoded` are not decoded yet.
        private var bytes: [UInt8]
        private var undecoded: Range<Int>
        /// Decoded bytes that were not passed to the reader yet.
        private var buffer: [UInt8] = []
        /// The number of other buffers that may be filled, and whether `buffer` may be.
        private var buffersLeft = bufferCount
        private var hasBuffer = false

        init(input: Int32, front: [UInt8], exchange: Exchange, filling: Int32, returns: Int32) {
            (self.input, self.exchange, self.filling, self.returns) = (input, exchange, filling, returns)
            (bytes, undecoded) = (front, front.indices)
        }

        deinit {
            systemClose(input)
        }

        /// Decodes to the end of the stream, or until the reader ends.
        mutating func run<Decoder: StreamDecoder & ~Copyable>(_ decoder: consuming Decoder?) {
            var end: End? = .flawed("there is no memory left to decompress it")
            if var decoder = decoder.take() { end = decode(&decoder) }
            guard let end else { return }
            give()
            exchange.end(end)
            DecompressingThread.sendByte(to: filling)
        }

        /// Decodes to the end and returns how the stream ended; nil if the reader has ended.
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
                // Moved out of `self` while `bytes` is borrowed.
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
                case .flawed(let flaw): return .flawed(flaw)
                }
            }
        }

        /// Passes the decoded bytes to the reader.
        private mutating func give() {
            guard buffer.count > frontRoom else { return }
            exchange.give(&buffer)
            hasBuffer = false
            DecompressingThread.sendByte(to: filling)
        }

        /// Waits for a buffer if there is none; false if the reader has ended.
        private mutating func takeBuffer() throws(SystemError) -> Bool {
            if hasBuffer { return true }
            while buffersLeft == 0 {
                var announcements = [UInt8](repeating: 0, count: bufferCount)
                guard let count = try systemRead(returns, into: &announcements, at: 0) else { continue }
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

        /// Reads more of the file. If that has to wait, the decoded bytes go to the reader first.
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
