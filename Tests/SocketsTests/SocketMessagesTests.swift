import Platform
import Testing
import Wire

@testable import Sockets

#if os(Linux)
    /// The kernel's messages about sockets.
    @Suite("Messages of sock_diag")
    struct SocketMessagesTests {
        private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
        }

        /// A message of `type` with `content`, and padding.
        private static func message(_ type: UInt16, _ content: [UInt8], flags: UInt16 = 2, length: Int? = nil)
            -> [UInt8]
        {
            let length = length ?? 16 + content.count
            let padding = [UInt8](repeating: 0, count: (4 - content.count % 4) % 4)
            return bytes(UInt32(length)) + bytes(type) + bytes(flags) + bytes(UInt32(1)) + bytes(UInt32(1)) + content
                + padding
        }

        /// A struct inet_diag_msg: 10.0.0.1:4660 to 10.0.0.2:22136 in `state`.
        private static func body(family: UInt8 = 2, state: UInt8 = 1, timer: UInt8 = 2) -> [UInt8] {
            let pad = [UInt8](repeating: 0, count: 12)
            let addresses: [UInt8] =
                family == 2
                ? [10, 0, 0, 1] + pad + [10, 0, 0, 2] + pad
                : [0x20, 1, 0xD, 0xB8] + pad.dropLast() + [1] + pad.dropLast(2) + [0xFF, 0xFF, 10, 0, 0, 2]
            return [family, state, timer, 3, 0x12, 0x34, 0x56, 0x78] + addresses + bytes(UInt32(4))
                + bytes(UInt64(1 << 32 | 7)) + bytes(UInt32(5000)) + bytes(UInt32(11)) + bytes(UInt32(12))
                + bytes(UInt32(1000)) + bytes(UInt32(99))
        }

        private static func attribute(_ type: UInt16, _ content: [UInt8], length: Int? = nil) -> [UInt8] {
            bytes(UInt16(length ?? 4 + content.count)) + bytes(type) + content
                + [UInt8](repeating: 0, count: (4 - content.count % 4) % 4)
        }

        /// A struct tcp_info of `count` bytes, in which each 32-bit number is its offset.
        private static func information(_ count: Int) -> [UInt8] {
            var all = (0..<70).flatMap { bytes(UInt32($0 * 4)) }
            all[0] = 1
            return Array(all.prefix(count))
        }

        private static func read(
            _ datagram: [UInt8], isDump: Bool = true
        ) -> (sockets: [HostSocket], end: SocketMessages.End, isInterrupted: Bool) {
            var sockets: [HostSocket] = []
            var isInterrupted = false
            let end = unsafe SocketMessages.read(
                datagram.span.bytes, at: .now, isDump: isDump, isInterrupted: &isInterrupted
            ) { sockets.append($0) }
            return (sockets, end, isInterrupted)
        }

        @Test("A socket has the values of its message, over IPv4 and IPv6")
        func values() throws {
            for family: UInt8 in [2, 10] {
                let content = Self.body(family: family) + Self.attribute(2, Self.information(280))
                let (sockets, end, _) = Self.read(Self.message(20, content))
                let socket = try #require(sockets.first)
                #expect(sockets.count == 1 && end == .more)
                #expect(socket.local.port == 0x1234 && socket.remote.port == 0x5678)
                #expect(
                    socket.local.address
                        == (family == 2 ? IPAddress(v4: 0x0A00_0001) : IPAddress(v6: 0x2001_0DB8_0000_0000, 1)))
                #expect(socket.remote.address == IPAddress(v4: 0x0A00_0002), "also IPv4-mapped")
                #expect(socket.isIPv6 == (family == 10) && socket.state == .established && socket.timer == .keepAlive)
                #expect(socket.unanswered == 3 && socket.expires == 5000 && socket.interface == 4)
                #expect(socket.receiveQueue == 11 && socket.sendQueue == 12 && socket.user == 1000)
                #expect(socket.inode == 99 && socket.cookie == 1 << 32 | 7)
                let details = try #require(socket.details)
                #expect(details.sinceDataReceived == 52 && details.sinceAckReceived == 56)
                #expect(details.sinceDataSent == 44 && details.roundTrip == 68 && details.unacknowledged == 24)
                #expect(details.bytesReceived == 132 << 32 | 128 && details.dataSegmentsReceived == 152)
            }
        }

        @Test(
            "A tcp_info of an older kernel has fewer values, and a listening socket none",
            arguments: [100, 104, 135, 280])
        func oldInformation(count: Int) throws {
            let content = Self.body() + Self.attribute(2, Self.information(count))
            let details = try #require(Self.read(Self.message(20, content)).sockets.first).details
            #expect((details != nil) == (count >= 104))
            #expect((details?.bytesReceived != nil) == (count >= 136))
            var listening = Self.information(280)
            listening[0] = 10
            let listener = Self.read(Self.message(20, Self.body(state: 10, timer: 0) + Self.attribute(2, listening)))
            #expect(listener.sockets.first?.details == nil && listener.sockets.first?.state == .listen)
        }

        @Test("Attributes of other types and lengths are passed over; a length that is wrong ends them")
        func attributes() throws {
            let good =
                Self.body() + Self.attribute(7, [1]) + Self.attribute(1, [1, 2, 3, 4, 5])
                + Self.attribute(2, Self.information(200))
            #expect(Self.read(Self.message(20, good)).sockets.first?.details != nil)
            for length in [0, 3, 300, 65535] {
                let bad =
                    Self.body() + Self.attribute(7, [1, 2, 3, 4], length: length)
                    + Self.attribute(2, Self.information(200))
                let socket = try #require(Self.read(Self.message(20, bad)).sockets.first)
                #expect(socket.details == nil, "length \(length)")
            }
        }

        @Test("Messages end where they say, and the list where the kernel says")
        func ends() {
            let one = Self.message(20, Self.body())
            let done = Self.message(3, [0, 0, 0, 0])
            #expect(Self.read(one + one + done).sockets.count == 2)
            #expect(Self.read(one + done).end == .done)
            #expect(Self.read(one + one).end == .more)
            #expect(Self.read(one + one, isDump: false).sockets.count == 1)
            #expect(Self.read(one, isDump: false).end == .done)
            #expect(Self.read(Self.message(2, Self.bytes(Int32(-1)) + [0, 0, 0, 0])).end == .failed(.notPermitted))
            #expect(Self.read(Self.message(3, Self.bytes(Int32(-2)))).end == .failed(.noSuchFile))
            #expect(Self.read(Self.message(21, Self.body())).end == .malformed)
            #expect(Self.read(Self.message(20, Self.body(), length: 15)).end == .malformed)
            #expect(Self.read(Self.message(20, Self.body(), length: 4000)).end == .malformed)
            #expect(Self.read(Array(one.prefix(80))).end == .malformed)
            #expect(Self.read([]).end == .malformed)
            #expect(!Self.read(one).isInterrupted)
            #expect(Self.read(Self.message(20, Self.body(), flags: 0x12)).isInterrupted)
        }
    }
#endif
