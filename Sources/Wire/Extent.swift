/// The bytes from one layer on: where they begin, where what was captured ends, where what was claimed ends.
///
/// Offsets into one `RawSpan`; `start <= claimed`, `captured <= claimed`. `start` may lie behind `captured`.
struct Extent: BitwiseCopyable {
    /// Where the layer begins.
    var start: Int
    /// Behind its last captured byte.
    var captured: Int
    /// Behind its last claimed byte: all payload lengths come from here.
    var claimed: Int

    /// Bytes that can be read.
    var available: Int { captured - start }

    /// Bytes that there are by what the layers below claim.
    var length: Int { claimed - start }

    /// What is left behind a header of `bytes` bytes.
    func dropping(_ bytes: Int) -> Extent {
        Extent(start: start + bytes, captured: captured, claimed: claimed)
    }

    /// The first `bytes` claimed bytes at most.
    func limited(to bytes: Int) -> Extent {
        let end = min(claimed, start + bytes)
        return Extent(start: start, captured: min(captured, end), claimed: end)
    }

    /// `bytes` bytes whatever the layer below claims, as its own header has it.
    func claiming(_ bytes: Int) -> Extent {
        Extent(start: start, captured: min(captured, start + bytes), claimed: start + bytes)
    }

    /// Throws unless `bytes` bytes can be read from `start` on.
    func require(_ bytes: Int, _ layer: Layer) throws(DecodeFailure) {
        if available < bytes || length < bytes {
            throw DecodeFailure(
                layer: layer, offset: start, required: bytes, available: max(0, min(available, length)))
        }
    }
}
