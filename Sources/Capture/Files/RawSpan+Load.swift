internal import CTCPAlive

/// The loads of the file readers: any alignment, either byte order. The caller has checked the length once for a header.
extension RawSpan {
    /// The 16-bit number at `offset`, which must lie within the span.
    @inline(__always)
    func load16(_ offset: Int, bigEndian: Bool) -> UInt16 {
        let raw = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self)
        return bigEndian ? raw.bigEndian : raw.littleEndian
    }

    /// The 32-bit number at `offset`, which must lie within the span.
    @inline(__always)
    func load32(_ offset: Int, bigEndian: Bool) -> UInt32 {
        let raw = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
        return bigEndian ? raw.bigEndian : raw.littleEndian
    }

    /// The 64-bit number at `offset`, which must lie within the span.
    @inline(__always)
    func load64(_ offset: Int, bigEndian: Bool) -> UInt64 {
        let raw = unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
        return bigEndian ? raw.bigEndian : raw.littleEndian
    }

    /// Asks for the cache lines that are looked at next, beside that at the start of `record`: that of the last byte of its
    /// headers, `headersEnd` bytes on, and the front of a later record, if those between are as long as this one.
    ///
    /// Eight records ahead are enough for long ones; of short ones there are more in 2 KiB. Any address is allowed.
    @inline(__always)
    func prefetch(_ record: Range<Int>, headersEnd: Int) {
        let expected = record.lowerBound &+ max((record.upperBound &- record.lowerBound) &* 8, 2048)
        unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe tcpalive_prefetch_for_reading(start + expected)
            unsafe tcpalive_prefetch_for_reading(start + (expected &+ 64))
            unsafe tcpalive_prefetch_for_reading(start + (record.lowerBound &+ headersEnd))
        }
    }

    /// The byte at `offset`, which must lie within the span.
    @inline(__always)
    func load8(_ offset: Int) -> UInt8 {
        unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt8.self)
    }
}
