extension SegmentDecoder {
    /// Decodes the records with indices in `range` for as long as their packets have one of the two usual shapes
    /// (`FastPathPacket`); returns the index of the first that has not, or the end.
    @inline(__always)
    mutating func decodeFastPath(
        _ bytes: RawSpan, _ records: Span<PacketRecord>, _ range: Range<Int>, into segments: inout SegmentBatch
    ) -> Int {
        let origin = origin
        var end = range.lowerBound
        segments.append(addingCapacity: range.count) { segments in
            // One loop for each IP version, as packets of a kind follow each other.
            var start = -1
            while end != start {
                start = end
                while end < range.upperBound, let packet = FastPathPacket(ipv4: bytes, records[end]) {
                    let frame = origin.advanced(by: records[end].frame)
                    segments.append(packet.segmentIPv4(bytes, records[end], end, frame))
                    end &+= 1
                }
                while end < range.upperBound, let packet = FastPathPacket(ipv6: bytes, records[end]) {
                    let frame = origin.advanced(by: records[end].frame)
                    segments.append(packet.segmentIPv6(bytes, records[end], end, frame))
                    end &+= 1
                }
            }
        }
        countPackets(records, range.lowerBound..<end)
        return end
    }

    /// Counts the records with indices in `range`, each of which holds one segment.
    @inline(__always)
    private mutating func countPackets(_ records: Span<PacketRecord>, _ range: Range<Int>) {
        var (lastTime, outOfOrder, bytes) = (lastTime, 0 as UInt64, 0 as UInt64)
        var longest: Int64 = 0
        for index in range {
            let time = records[index].time
            outOfOrder &+= time < lastTime ? 1 : 0
            longest = max(longest, time &- lastTime)
            lastTime = time
            bytes &+= UInt64(records[index].claimedLength)
        }
        if longest >= CapturePauses.threshold || !tally.pauses.hasVariedTimes {
            for index in range {
                tally.pauses.add(after: self.lastTime, at: records[index].time)
                self.lastTime = records[index].time
            }
        }
        self.lastTime = lastTime
        tally.outOfOrder &+= outOfOrder
        tally.bytes &+= bytes
        tally.packets &+= UInt64(range.count)
        tally.segments &+= UInt64(range.count)
    }
}
