#if os(Linux)
    import Testing
    import Wire

    @testable import Capture

    /// Answers of the kernel about addresses, as rtnetlink(7) defines them.
    @Suite("List of addresses")
    struct AddressListTests {
        /// A message of `type` about `family`, with attributes: type and value.
        private static func message(
            type: UInt8 = 20, family: UInt8 = 2, _ attributes: [(type: UInt8, value: [UInt8])]
        ) -> [UInt8] {
            var body: [UInt8] = [family, 24, 0, 0, 1, 2, 0, 0]
            for attribute in attributes {
                body += [UInt8(attribute.value.count + 4), 0, attribute.type, 0] + attribute.value
                body += [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
            }
            return [UInt8(body.count + 16), 0, 0, 0, type, 0, 2, 0] + [UInt8](repeating: 0, count: 8) + body
        }

        private static func addresses(in answer: [UInt8]) -> (addresses: [(IPAddress, UInt32)], isLast: Bool) {
            var addresses: [(IPAddress, UInt32)] = []
            let isMore = unsafe AddressList.take(answer.span.bytes, into: &addresses)
            return (addresses, !isMore)
        }

        private static let version6: [UInt8] = [0xFD, 9] + [UInt8](repeating: 0, count: 13) + [1]
        private static let answer =
            message([(1, [10, 0, 0, 2]), (3, Array("eth0".utf8) + [0]), (2, [10, 0, 0, 1])])
            + message(family: 10, [(1, version6)])

        @Test("The local address is taken, not that of the other end, and the interface")
        func local() {
            let (addresses, isLast) = Self.addresses(in: Self.answer)
            #expect(addresses.map(\.0) == [IPAddress(v4: 0x0A00_0001), IPAddress(v6: 0xFD09_0000_0000_0000, 1)])
            #expect(addresses.map(\.1) == [0x201, 0x201])
            #expect(!isLast)
        }

        @Test("The list ends with the message that says so, or with an error", arguments: [2, 3] as [UInt8])
        func end(type: UInt8) {
            let (addresses, isLast) = Self.addresses(in: Self.answer + Self.message(type: type, []) + Self.answer)
            #expect(addresses.count == 2 && isLast)
        }

        @Test("A damaged answer ends the list")
        func damaged() {
            for count in 0..<Self.answer.count { _ = Self.addresses(in: Array(Self.answer.prefix(count))) }
            for index in Self.answer.indices {
                for byte: UInt8 in [0, 1, 3, 0x7F, 0xFF] {
                    var answer = Self.answer
                    answer[index] = byte
                    #expect(Self.addresses(in: answer).addresses.count <= 2)
                }
            }
        }
    }
#endif
