internal import CTCPAlive
internal import Wire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A file that lies in memory as far as it went when it was opened: mmap(2). Its octets need not be copied, and those of
/// payload not even be loaded.
///
/// It is read once, from front to back, while the file is open. What other programs do to it meanwhile does no harm: where
/// octets are there no more, zeros take their place, and `soundCount` tells.
struct FileMapping {
    /// The octets of the file.
    let octets: MappedOctets
    private let file: Int32
    private let guardNumber: Int32
    /// Octets at the front that were let go.
    private var released = 0

    /// When a file is mapped.
    enum Use {
        /// Where that is faster than to read it.
        case whereFaster
        /// Tests have the same files read and mapped.
        case always
        case never
    }

    private static let leastCount = 1 << 20
    /// Octets that are let go at once: some microseconds, and the memory that is held at most, beside what is read.
    private static let releasedAtOnce = 1 << 20

    /// Maps the first `count` octets of `file`; nil where it is not to be used, and where that cannot be done.
    init?(_ file: Int32, count: Int, _ use: Use) {
        guard use == .always || use == .whereFaster && count >= Self.leastCount else { return nil }
        // Private, as some file systems map in no other way; nothing is written.
        guard let start = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), unsafe start != MAP_FAILED else {
            return nil
        }
        let number = unsafe tcpalive_mapping_guard(start, count)
        guard number >= 0 else {
            unsafe munmap(start, count)
            return nil
        }
        (self.file, guardNumber) = (file, number)
        unsafe octets = MappedOctets(UnsafeRawBufferPointer(start: start, count: count)) { octets in
            tcpalive_mapping_unguard(number)
            unsafe munmap(UnsafeMutableRawPointer(mutating: octets.baseAddress), octets.count)
        }
        // The system reads further ahead.
        unsafe madvise(start, count, MADV_SEQUENTIAL)
        guard use == .always || isFaster else { return nil }
    }

    /// Whether it is faster to map it than to read it.
    ///
    /// A file that was written in small pieces and is still in the cache lies there in single pages, and to map 16 of them,
    /// which is as many as Linux maps at once, takes as long as to copy them. So a part in the middle is touched at each
    /// 16th page: there must be less to do than that. What is not in the cache comes into it in larger pages.
    private var isFaster: Bool {
        let start = count / 2 / Self.touchedAtOnce * Self.touchedAtOnce
        let part = min(Self.touched, count - start) / Self.touchedAtOnce * Self.touchedAtOnce
        let faults = unsafe tcpalive_mapping_faults(address(start), part, Self.touchedAtOnce)
        unsafe madvise(address(start), part, MADV_DONTNEED)
        return faults >= 0 && faults * 4 <= part / Self.touchedAtOnce * 3
    }

    private static let touchedAtOnce = 64 << 10
    private static let touched = 2 << 20

    private func address(_ offset: Int) -> UnsafeMutableRawPointer? {
        unsafe octets.octets.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0 + offset) }
    }

    /// Octets of the file.
    var count: Int { octets.count }

    /// Octets from the front on that are there still, and were whenever they were read: `count` where all are.
    ///
    /// Where a file is cut within a page, the rest of the page reads as zeros, and only its size tells.
    var soundCount: Int {
        var status = stat()
        let size = unsafe fstat(file, &status) == 0 ? Int(clamping: status.st_size) : 0
        return min(tcpalive_mapping_sound(guardNumber), size)
    }

    /// Lets the memory go that the octets before `position` take; read again, they are taken from the file again.
    mutating func release(before position: Int) {
        guard position - released >= Self.releasedAtOnce else { return }
        let end = position / Self.releasedAtOnce * Self.releasedAtOnce
        unsafe madvise(address(released), end - released, MADV_DONTNEED)
        released = end
    }
}
