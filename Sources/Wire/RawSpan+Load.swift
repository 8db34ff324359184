/// Loads of any alignment. The standard library checks the bounds.
///
/// A decoding step checks the length of a header once and then loads its fields.
extension RawSpan {
    /// The byte at `offset`.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
    }

    /// The big-endian 16-bit number at `offset`.
    @inline(__always)
    func big16(_ offset: Int) -> UInt16 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).bigEndian
    }

    /// The big-endian 32-bit number at `offset`.
    @inline(__always)
    func big32(_ offset: Int) -> UInt32 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).bigEndian
    }

    /// The big-endian 64-bit number at `offset`.
    @inline(__always)
    func big64(_ offset: Int) -> UInt64 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).bigEndian
    }

    /// The little-endian 16-bit number at `offset`.
    @inline(__always)
    func little16(_ offset: Int) -> UInt16 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).littleEndian
    }

    /// The little-endian 32-bit number at `offset`.
    @inline(__always)
    func little32(_ offset: Int) -> UInt32 {
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
    }
}

extension RawSpan {
    /// The big-endian number at `offset`, all of whose bytes must lie within the span: for the fast path (`FastPathPacket`),
    /// which checks the length of the whole packet first.
    @inline(__always)
    func unchecked<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _ type: Number.Type) -> Number {
        unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: type).bigEndian
    }
}
