/// What is wrong with a block of a pcapng file: the end of a sentence whose subject is the block.
struct PcapngFlaw: Error {
    let words: String
}
