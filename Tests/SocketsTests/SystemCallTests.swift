import Foundation
import Platform
import Testing

@Suite("System calls")
struct SystemCallTests {
    @Test("EAGAIN is not an error: a non-blocking read of an empty pipe returns nil, and at the end no bytes")
    func nonblocking() throws {
        var pipe = try Platform.Pipe()
        try systemSetNonblocking(pipe.reading)
        #expect(try systemRead(pipe.reading, count: 10) == nil)
        systemClose(pipe.takeWriting())
        #expect(try systemRead(pipe.reading, count: 10) == [])
    }

    @Test("Other errors are thrown, with the text of the system")
    func failure() {
        let error = #expect(throws: SystemError.self) { try systemRead(-1, count: 1) }
        #expect(error == SystemError(code: EBADF) && error?.description == "Bad file descriptor")
        #expect(throws: SystemError.noSuchFile) { try systemOpen("/nowhere/at all", O_RDONLY) }
    }

    @Test("poll(2) waits until the deadline, and reports which descriptor is readable")
    func waiting() throws {
        let silent = try Platform.Pipe()
        var ended = try Platform.Pipe()
        systemClose(ended.takeWriting())
        var interests = [Interest(descriptor: silent.reading), Interest(descriptor: ended.reading)]
        try systemWait(&interests, until: nil)
        #expect(!interests[0].isReadable && interests[1].isReadable && interests[1].isBroken)
        let deadline = ContinuousClock.now + .milliseconds(20)
        interests.removeLast()
        try systemWait(&interests, until: deadline)
        #expect(!interests[0].isReadable && ContinuousClock.now >= deadline)
    }

    @Test("SIGUSR1 asks for one report")
    func report() {
        Signals.catchReports()
        #expect(!Signals.takeReport())
        raise(SIGUSR1)
        #expect(Signals.takeReport())
        #expect(!Signals.takeReport())
    }

    @Test("analyze waits for data on a non-blocking standard input")
    func nonblockingInput() throws {
        // The header of a pcap file, version 2.4, Ethernet, without packets.
        let capture = Data(
            [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 8) + [0, 0, 4, 0, 1, 0, 0, 0])
        let tool = try RunningTool(["analyze", "-"], hasNonblockingInput: true)
        try tool.write(capture.prefix(10))
        Thread.sleep(forTimeInterval: 0.2)
        try tool.write(capture.dropFirst(10))
        try tool.closeInput()
        let end = tool.finish()
        #expect(end.status == 0 && end.output.contains("0 packets"), "\(end)")
    }
}
