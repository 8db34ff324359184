import Testing
import Wire

@Suite("Sequence numbers")
struct SequenceNumberTests {
    @Test(
        "A number is newer at 1 to 2^31 ahead; at 2^31 in both directions",
        arguments: [UInt32(0), 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
    func newer(base: UInt32) {
        let number = SequenceNumber(base)
        for (distance, ahead, behind) in [
            (UInt32(0), false, false), (1, true, false), (0x7FFF_FFFF, true, false), (0x8000_0000, true, true),
            (0x8000_0001, false, true), (0xFFFF_FFFF, false, true),
        ] {
            #expect((number + distance).isNewer(than: number) == ahead)
            #expect(number.isNewer(than: number + distance) == behind)
        }
        #expect(number + 5 - 5 == number)
    }
}
