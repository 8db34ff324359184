internal import CTCPAlive

/// Unaligned loads in either byte order. They do not check bounds: the caller checks the length of a header once.
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

    /// Prefetches the cache lines that are read next: the end of the headers of `record`, `headersEnd` bytes from its start,
    /// and the start of a later record, if the records between are as long as this one.
    ///
    /// That record is eight records or 2 KiB ahead, whichever is more. Any address may be prefetched.
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
