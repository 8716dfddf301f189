import Crypto
import Testing

@testable import Bodies

@Suite struct CRCTests {
    static let kinds: [(kind: CRC.Kind, bits: Int, polynomial: UInt64, check: UInt64)] = [
        (.crc32, 32, 0xEDB8_8320, 0xCBF4_3926), (.crc32c, 32, 0x82F6_3B78, 0xE306_9283),
        (.crc64NVME, 64, 0x9A6C_9329_AC4B_C9B5, 0xAE8B_1486_0A79_9888),
    ]

    /// Bit by bit, as it is defined.
    private func slow(_ bytes: [UInt8], _ bits: Int, _ polynomial: UInt64) -> UInt64 {
        let mask = bits == 64 ? UInt64.max : 1 << UInt64(bits) - 1
        var state = mask
        for byte in bytes {
            state ^= UInt64(byte)
            for _ in 0..<8 { state = state & 1 == 1 ? state >> 1 ^ polynomial : state >> 1 }
        }
        return ~state & mask
    }

    @Test func theCataloguesValues() {
        for (kind, _, _, check) in Self.kinds {
            var crc = CRC(kind)
            crc.update(Array("123456789".utf8))
            #expect(crc.value == check)
        }
    }

    /// In pieces of all lengths: long ones are taken otherwise than short ones.
    @Test func manyBytesAtOnceAreAsOneByOne() {
        for (kind, bits, polynomial, _) in Self.kinds {
            for count in Array(0..<300) + [511, 512, 4_096, 65_536, 70_001] {
                let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
                var (whole, parts) = (CRC(kind), CRC(kind))
                whole.update(bytes)
                parts.update(Array(bytes.prefix(count / 3)))
                parts.update(Array(bytes.dropFirst(count / 3)))
                let expected = slow(bytes, bits, polynomial)
                #expect(whole.value == expected)
                #expect(parts.value == expected)
            }
        }
    }

    @Test func digestsOfManyPieces() async {
        for algorithm in ChecksumAlgorithm.allCases {
            var (digests, whole, bytes) = (BodyDigests(algorithm), RunningChecksum(algorithm), [UInt8]())
            for _ in 0..<40 {
                let piece = [UInt8](repeating: .random(in: 0...255), count: .random(in: 0...100_000))
                await digests.receive(piece)
                bytes += piece
            }
            whole.update(bytes)
            let (md5, checksum) = await digests.finish()
            #expect(checksum.value == whole.value)
            #expect(md5 == Array(Insecure.MD5.hash(data: bytes)))
        }
    }
}
