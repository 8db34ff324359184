import Testing
import Wire

@testable import Report

@Suite("Text buffer")
struct TextBufferTests {
    private func text(_ write: (inout TextBuffer) -> Void) -> String {
        var buffer = TextBuffer()
        write(&buffer)
        return buffer.string
    }

    @Test(
        "IPv6 addresses have the form of RFC 5952",
        arguments: [
            (UInt64(0), UInt64(0), "::"), (0, 1, "::1"), (0x2001_0db8_0000_0000, 1, "2001:db8::1"),
            (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
            (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
            (0x2001_0db8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
            (0xfe80_0000_0000_0000, 0xABCD_0000_0000_0000, "fe80::abcd:0:0:0"),
            (.max, .max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), (0x0001_0000_0000_0000, 0, "1::"),
        ])
    func version6(high: UInt64, low: UInt64, expected: String) {
        #expect(text { $0.append(IPAddress(v6: high, low)) } == expected)
    }

    @Test(
        "IPv4 addresses have four decimal numbers",
        arguments: [(UInt32(0), "0.0.0.0"), (0x0A00_00FF, "10.0.0.255"), (.max, "255.255.255.255")])
    func version4(address: UInt32, expected: String) {
        #expect(text { $0.append(IPAddress(v4: address)) } == expected)
    }

    @Test(
        "Every 64-bit number of nanoseconds is a date",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (4_107_542_399_999_999_999, "2100-02-28T23:59:59.999999999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
            (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
            (.min, "1677-09-21T00:12:43.145224192Z"), (.max, "2262-04-11T23:47:16.854775807Z"),
        ])
    func times(nanoseconds: Int64, expected: String) {
        #expect(text { $0.append(timestamp: nanoseconds) } == expected)
    }

    @Test(
        "A duration has its two largest units",
        arguments: [
            (Int64(0), "0.000s"), (20_000_000, "0.020s"), (9_999_000_000, "9.999s"), (59_940_000_000, "59.9s"),
            (725_000_000_000, "12m05s"), (3_720_000_000_000, "1h02m"), (273_600_000_000_000, "3d04h"),
            (-1_500_000_000, "-1.500s"),
        ])
    func durations(nanoseconds: Int64, expected: String) {
        #expect(text { $0.append(duration: nanoseconds) } == expected)
    }

    @Test(
        "A file name cannot end a JSON string or control a terminal",
        arguments: [
            ("a\"b\\c", #""a\"b\\c""#), ("tab\tline\n", #""tab\u0009line\u000a""#), ("\u{1B}[31m", #""\u001b[31m""#),
            ("naïve 😀", "\"naïve 😀\""),
        ])
    func escaping(name: String, expected: String) {
        let json = text { $0.append(json: name) }
        #expect(json.lowercased() == expected.lowercased() || json == #""tab\tline\n""#)
        #expect(!text { $0.append(printable: name) }.unicodeScalars.contains { $0.value < 0x20 })
    }

    @Test(
        "What cannot be seen is written as its number",
        arguments: [
            0x1B, 0x85, 0xA0, 0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x180E, 0x2003, 0x200B, 0x200F, 0x2028, 0x202E,
            0x2066, 0x2800,
            0x3000, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xE000, 0xE0041, 0xE0100, 0x10F000,
        ] as [UInt32])
    func invisible(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let written = text { $0.append(printable: "a\(String(Character(scalar)))b") }
        let number = String(value, radix: 16, uppercase: true)
        #expect(written == "a\\x\(number.lowercased())b" || written == "a\\u{\(number)}b", "\(written)")
    }

    @Test(
        "Counts have separators, in text and in cells of a table",
        arguments: [
            (UInt64(0), "0"), (999, "999"), (1000, "1,000"), (12_034, "12,034"), (1_000_007, "1,000,007"),
            (.max, "18,446,744,073,709,551,615"),
        ])
    func grouping(number: UInt64, expected: String) {
        #expect(text { $0.append(grouped: number) } == expected)
        #expect(number.groupedWidth == expected.count)
        let cell = text { $0.append(row: 30) { $0.write(grouped: number, endingAt: 30) } }
        #expect(cell == String(repeating: " ", count: 30 - expected.count) + expected)
        #expect(text { $0.append(number, of: "packet") } == expected + " packets")
        #expect(text { $0.append(1, of: "packet") } == "1 packet")
    }
}
