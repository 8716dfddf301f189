import NIOCore
import Testing

@testable import WebFront

struct KeptBodyTests {
    /// A body that comes byte by byte takes not much more memory than its bytes.
    @Test func whatComesInSmallPiecesIsPutTogether() {
        var kept = KeptBody()
        let large = ByteBuffer(repeating: 0x78, count: 5000)
        for number in 0..<10_000 {
            // Part of a read that was larger.
            kept.append(large.getSlice(at: number % 5000, length: 1) ?? large)
        }
        kept.append(large)
        kept.append(ByteBuffer(string: "end"))
        #expect(kept.count == 15_003)
        #expect(kept.prefix(0) == [] && kept.prefix(10_001) == Array(repeating: 0x78, count: 10_001))
        #expect(kept.prefix(20_000).suffix(4) == Array("xend".utf8))
        let pieces = kept.takeAll()
        #expect(pieces.count < 20 && pieces.reduce(0) { $0 + $1.readableBytes } == 15_003)
        #expect(pieces.reduce(0) { $0 + $1.storageCapacity } < 64_000)
        #expect(kept.count == 0 && kept.prefix(10) == [])
    }

    /// A piece does not keep the rest of what was read with it.
    @Test func smallPartsOfReadsAreCopied() {
        var kept = KeptBody()
        for _ in 0..<64 {
            let read = ByteBuffer(repeating: 0x78, count: 16_384)
            kept.append(read.getSlice(at: 1, length: 1024) ?? read)
        }
        let pieces = kept.takeAll()
        #expect(pieces.reduce(0) { $0 + $1.readableBytes } == 65_536)
        #expect(pieces.reduce(0) { $0 + $1.storageCapacity } <= 4 * 65_536)
    }
}
