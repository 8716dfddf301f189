import Crypto
import Foundation
import Testing

@testable import Bodies

@Suite struct BodyStoreTests {
    /// Lengths around the borders of chunks and pieces.
    static let lengths = [
        0, 1, 15, 4_096, 65_535, 65_536, 65_537, 131_072, 262_143, 262_144, 262_145, 524_288, 524_289, 1_300_001,
    ]

    @Test(arguments: Kind.allCases, lengths) func anyRangeIsRead(of kind: Kind, length: Int) async throws {
        var dice = Dice(UInt64(length))
        let (store, lifetime) = try kind.store()
        let plaintext = dice.bytes(length)

        let writer = try await store.begin()
        var rest = plaintext[...]
        while !rest.isEmpty {
            let some = rest.prefix([1, 1_000, 65_536, 100_000, 700_000].randomElement(using: &dice) ?? 1)
            try await writer.receive(Array(some))
            if Bool.random(using: &dice) { try await writer.receive([]) }
            rest = rest.dropFirst(some.count)
        }
        let body = try await writer.finish()
        #expect(body.length == length)
        #expect(!body.needsKey)

        #expect(try await store.get(body) == plaintext)
        for _ in 0..<20 {
            let range = dice.range(within: length)
            let reader = try await store.read([body], range: range)
            #expect(reader.length == range.count)
            #expect(try await reader.rest() == Array(plaintext[range]), "\(range)")
            #expect(try await reader.next() == nil)
        }
        for border in stride(from: 0, through: length, by: 65_536) {
            let range = max(0, border - 1)..<min(length, border + 1)
            #expect(try await store.get(body, range: range) == Array(plaintext[range]), "\(range)")
        }
        withExtendedLifetime(lifetime) {}
    }

    @Test(arguments: Kind.allCases, 0..<4) func severalBodiesAreReadAsOne(of kind: Kind, seed: UInt64) async throws {
        var dice = Dice(seed)
        let (store, lifetime) = try kind.store()
        var (plaintext, parts): ([UInt8], [StoredBody]) = ([], [])
        for _ in 0..<8 {
            let bytes = dice.bytes([0, 1, 100, 65_536, 80_000, 300_000].randomElement(using: &dice) ?? 0)
            parts.append(try await store.put(bytes))
            plaintext += bytes
        }
        #expect(try await store.read(parts).rest() == plaintext)
        for _ in 0..<40 {
            let range = dice.range(within: plaintext.count)
            #expect(try await store.read(parts, range: range).rest() == Array(plaintext[range]), "\(range)")
        }
        #expect(try await store.read([]).rest() == [])
        withExtendedLifetime(lifetime) {}
    }

    @Test func piecesAreSmall() async throws {
        let store = BodyStore(memoryLimit: 1 << 30)
        let body = try await store.put([UInt8](repeating: 7, count: 2_000_000))
        let reader = try await store.read([body, body], range: 1_000..<3_999_000)
        var sizes: [Int] = []
        while let bytes = try await reader.next() { sizes.append(bytes.count) }
        #expect(sizes.reduce(0, +) == 3_998_000)
        #expect(sizes.allSatisfy { (1...65_536).contains($0) })
    }

    @Test func rangesBeyondTheEndAreRefused() async throws {
        let store = BodyStore(memoryLimit: 1 << 20)
        let body = try await store.put([UInt8](repeating: 7, count: 10))
        for range in [0..<11, 11..<11, 11..<12, -1..<3, 10..<Int.max, Int.min..<2] {
            #expect(await failure { () throws(BodyError) in _ = try await store.get(body, range: range) } == .invalid)
        }
        let long = try body.with("length", StoredBody.longest)
        let many = [StoredBody](repeating: long, count: 10_000)
        #expect(await failure { () throws(BodyError) in _ = try await store.read(many) } == .invalid)
        #expect(try await store.get(body, range: 10..<10) == [])
    }

    @Test(arguments: Kind.allCases) func manyAreWrittenAndReadAtTheSameTime(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        let all = try await withThrowingTaskGroup { group in
            for number in 0..<64 {
                group.addTask {
                    var dice = Dice(UInt64(number))
                    let plaintext = dice.bytes(Int.random(in: 0...200_000, using: &dice))
                    let body = try await store.put(plaintext)
                    for _ in 0..<3 {
                        let range = dice.range(within: plaintext.count)
                        #expect(try await store.get(body, range: range) == Array(plaintext[range]))
                    }
                    if number % 2 == 0 { try await store.remove([body.id]) }
                    return number % 2 == 0 ? nil : body.id
                }
            }
            return try await group.reduce(into: Set<BodyID>()) { all, id in id.map { _ = all.insert($0) } }
        }
        #expect(all.count == 32)
        #expect(Set(try await store.sweepAll().orphans) == all)
        withExtendedLifetime(lifetime) {}
    }

    @Test(arguments: Kind.allCases) func whatIsReadCanBeReadToTheEnd(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        var dice = Dice(1)
        let plaintext = dice.bytes(1_000_000)
        let body = try await store.put(plaintext)
        let reader = try await store.read([body])
        try await store.remove([body.id])
        try await store.remove([body.id])
        #expect(try await reader.rest() == plaintext)
        #expect(await failure { () throws(BodyError) in _ = try await store.get(body) } == .missing)
        withExtendedLifetime(lifetime) {}
    }

    @Test func anIDNamesNoOtherFile() throws {
        for text in [
            "", "..", "../../etc/passwd", String(repeating: "a", count: 31), String(repeating: "a", count: 33),
            String(repeating: "A", count: 32), String(repeating: "/", count: 32), String(repeating: "é", count: 16),
        ] {
            #expect(BodyID(text) == nil, "\(text)")
        }
        let id = BodyID.random()
        #expect(BodyID(id.description) == id)
        #expect(id.bytes.count == 16)
        #expect(Set((0..<1_000).map { _ in BodyID.random() }).count == 1_000)
    }

    @Test func recordsKeepIt() async throws {
        let store = BodyStore(memoryLimit: 1 << 20)
        let body = try await store.put([1, 2, 3])
        let json = try JSONEncoder().encode(body)
        #expect(json.count < 150)
        #expect(try JSONDecoder().decode(StoredBody.self, from: json) == body)
        for (member, value) in [
            ("id", "../../../../etc/passwd.000000000"), ("id", 5), ("length", -1), ("length", 1 << 60), ("length", "3"),
            ("key", "not base64!"), ("key", "AAAA"), ("key", NSNull()),
        ] as [(String, Any)] {
            #expect(throws: DecodingError.self, "\(member): \(value)") { try body.with(member, value) }
        }
    }

    @Test func aSmallOneIsKeptBesideItsRecord() throws {
        var dice = Dice(3)
        let store = BodyStore(memoryLimit: 0)
        for length in [0, 1, 1_000, BodyStore.inlineLimit, 200_000] {
            let plaintext = dice.bytes(length)
            let (body, sealed) = try store.seal(plaintext)
            #expect(body.length == length)
            #expect(sealed.count < length + 100)
            #expect(try store.open(sealed, of: body) == plaintext)
            for _ in 0..<10 {
                let range = dice.range(within: length)
                #expect(try store.open(sealed, of: body, range: range) == Array(plaintext[range]))
            }
            #expect(throws: BodyError.self) { try store.open(sealed, of: body, range: 0..<length + 1) }
            #expect(throws: BodyError.self) { try store.open(sealed, of: body, range: -1..<0) }
        }
    }
}
