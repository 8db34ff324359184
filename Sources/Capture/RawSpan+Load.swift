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

    /// The octet at `offset`, which must lie within the span.
    @inline(__always)
    func load8(_ offset: Int) -> UInt8 {
        unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt8.self)
    }
}
