/// What is wrong with a block of a pcapng file, as the end of a sentence that begins with the block.
struct PcapngFlaw: Error {
    let words: String
}
