import CPcap
import Capture
import Foundation
import Testing

/// A capture file as libpcap reads it.
private struct LibpcapFile {
    var snaplen: UInt32
    var linkType: Int32
    var packets: [Packet] = []
    var error: String?

    /// Reads all of `path`; nil if libpcap cannot open it.
    init?(_ path: String) {
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard
            let handle = unsafe pcap_open_offline_with_tstamp_precision(
                path, UInt32(PCAP_TSTAMP_PRECISION_NANO), &reason)
        else { return nil }
        defer { unsafe pcap_close(handle) }
        snaplen = UInt32(unsafe pcap_snapshot(handle))
        linkType = unsafe pcap_datalink(handle)
        var header: UnsafeMutablePointer<pcap_pkthdr>? = nil
        var bytes: UnsafePointer<u_char>? = nil
        while true {
            let result = unsafe pcap_next_ex(handle, &header, &bytes)
            guard result == 1, let header = unsafe header?.pointee else {
                error = result == PCAP_ERROR_BREAK ? nil : unsafe String(cString: pcap_geterr(handle))
                return
            }
            let captured = unsafe UnsafeBufferPointer(start: bytes, count: Int(header.caplen))
            unsafe packets.append(
                Packet(
                    time: Int64(header.ts.tv_sec) &* 1_000_000_000 &+ Int64(header.ts.tv_usec),
                    bytes: Array(captured), original: Int(header.len)))
        }
    }
}

@Suite("Comparison with libpcap")
struct LibpcapJudgeTests {
    /// All files below ../shared/captures. Prints a line if there are none.
    static let captures: [String] = {
        let directory = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/captures")
            .standardized
        let files = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: [.isRegularFileKey])
        let paths = (files?.compactMap { ($0 as? URL)?.path } ?? []).filter {
            var isDirectory: ObjCBool = false
            return unsafe FileManager.default.fileExists(atPath: $0, isDirectory: &isDirectory)
                && !isDirectory.boolValue
        }
        if paths.isEmpty { print("skipped: no captures at \(directory.path)") }
        return paths.sorted()
    }()

    @Test(
        "reads every capture as libpcap does, except for intended differences",
        .enabled(if: !captures.isEmpty, "../shared/captures is not there"))
    func sameAsLibpcap() throws {
        var compared = 0
        var unopened = 0
        var variants = 0
        for path in Self.captures {
            guard let judge = LibpcapFile(path) else {
                unopened += 1
                continue
            }
            let ours = try read(path)
            let name = String(path.split(separator: "/").suffix(2).joined(separator: "/"))
            // Patched libpcaps wrote other record headers; tshark recognizes them with the standard magic number too.
            let magic = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).read(upToCount: 4) ?? Data()
            if ours.format.contains("patch"), magic.sorted() == [0xA1, 0xB2, 0xC3, 0xD4] {
                variants += 1
                continue
            }
            compared += 1
            // libpcap stops at an interface unlike the first, and at lengths that tshark accepts. We never read less than
            // libpcap, unless a record is longer than tshark allows.
            #expect(judge.packets.count <= ours.packets.count || ours.damage != nil, "\(name)")
            if judge.packets.count < ours.packets.count {
                #expect(judge.error != nil, "\(name): \(judge.packets.count) of \(ours.packets.count)")
            } else if judge.error == nil {
                #expect(judge.packets.count == ours.packets.count, "\(name)")
            }
            for (index, (theirs, packet)) in zip(judge.packets, ours.packets).enumerated() {
                // libpcap cuts to the snaplen of the header.
                let bytes = packet.bytes.prefix(Int(judge.snaplen))
                guard theirs.time == packet.time, theirs.original == packet.original, theirs.bytes.elementsEqual(bytes)
                else {
                    Issue.record("\(name), frame \(index + 1): \(packet.time), libpcap \(theirs.time)")
                    break
                }
            }
        }
        print(
            "compared \(compared) captures with libpcap, which cannot open \(unopened) others and misreads \(variants)")
        #expect(compared > 0)
    }
}
