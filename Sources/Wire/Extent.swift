/// The octets from one layer on: where they begin, where what was captured ends, where what was claimed ends.
///
/// Offsets into one `RawSpan`; `start <= claimed`, `captured <= claimed`. `start` may lie behind `captured`.
struct Extent: BitwiseCopyable {
    /// Where the layer begins.
    var start: Int
    /// Behind its last captured octet.
    var captured: Int
    /// Behind its last claimed octet: all payload lengths come from here.
    var claimed: Int

    /// Octets that can be read.
    var available: Int { captured - start }

    /// Octets that there are by what the layers below claim.
    var length: Int { claimed - start }

    /// What is left behind a header of `octets` octets.
    func dropping(_ octets: Int) -> Extent {
        Extent(start: start + octets, captured: captured, claimed: claimed)
    }

    /// The first `octets` claimed octets at most.
    func limited(to octets: Int) -> Extent {
        let end = min(claimed, start + octets)
        return Extent(start: start, captured: min(captured, end), claimed: end)
    }

    /// `octets` octets whatever the layer below claims, as its own header has it.
    func claiming(_ octets: Int) -> Extent {
        Extent(start: start, captured: min(captured, start + octets), claimed: start + octets)
    }

    /// Throws unless `octets` octets can be read from `start` on.
    func require(_ octets: Int, _ layer: Layer) throws(DecodeFailure) {
        if available < octets || length < octets {
            throw DecodeFailure(
                layer: layer, offset: start, required: octets, available: max(0, min(available, length)))
        }
    }
}
