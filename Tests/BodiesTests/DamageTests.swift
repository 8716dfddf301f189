import Crypto
import Foundation
import Testing

@testable import Bodies

/// Whatever becomes of a file, wrong bytes are never read.
@Suite struct DamageTests {
    private static let chunk = BodySeal.chunkSize + BodySeal.tagSize

    /// A body in a folder, whose file can be changed.
    private struct Specimen {
        let directory: TemporaryDirectory
        let store: BodyStore
        let plaintext: [UInt8]
        let body: StoredBody
        let file: [UInt8]

        init(length: Int, key: SymmetricKey? = nil) async throws {
            var dice = Dice(UInt64(length))
            directory = try TemporaryDirectory()
            store = try directory.store()
            plaintext = dice.bytes(length)
            body = try await store.put(plaintext, key: key)
            file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: directory.path(of: body))))
        }

        func write(_ file: [UInt8]) throws {
            try Data(file).write(to: URL(fileURLWithPath: directory.path(of: body)))
        }
    }

    @Test func aFlippedBitIsFoundWhereItIs() async throws {
        let specimen = try await Specimen(length: 3 * BodySeal.chunkSize + 100)
        let (store, body, file) = (specimen.store, specimen.body, specimen.file)
        // All of the header, and of each chunk its first and last bytes, its seal, and some in between.
        var places = Set(0..<BodySeal.headerSize)
        for start in stride(from: BodySeal.headerSize, to: file.count, by: Self.chunk) {
            places.formUnion(start..<start + 20)
            places.formUnion(min(start + Self.chunk, file.count) - 20..<min(start + Self.chunk, file.count))
            places.formUnion(stride(from: start, to: min(start + Self.chunk, file.count), by: 4_099))
        }
        for place in places {
            var damaged = file
            damaged[place] ^= 1 << UInt8(place % 8)
            try specimen.write(damaged)
            do throws(BodyError) {
                _ = try await store.get(body)
                Issue.record("byte \(place) is not missed")
            } catch {
                #expect(error.kind == .damaged)
                #expect(error.message.contains(body.id.description))
                if place >= BodySeal.headerSize {
                    let index = (place - BodySeal.headerSize) / Self.chunk
                    #expect(error.message.contains("byte \(index * BodySeal.chunkSize):"))
                    // The other chunks are as good as before.
                    for other in 0..<4 where other != index {
                        let range = other * BodySeal.chunkSize..<other * BodySeal.chunkSize + 100
                        #expect(try await store.get(body, range: range) == Array(specimen.plaintext[range]))
                    }
                }
            }
        }
        try specimen.write(file)
        #expect(try await store.get(body) == specimen.plaintext)
    }

    @Test func everyBitOfASmallOneCounts() throws {
        let store = BodyStore(memoryLimit: 0)
        let (body, sealed) = try store.seal(Array("hello".utf8))
        for bit in 0..<8 * sealed.count {
            var damaged = sealed
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let error = #expect(throws: BodyError.self) { try store.open(damaged, of: body) }
            #expect(error?.kind == .damaged)
        }
        for length in 0..<sealed.count {
            let error = #expect(throws: BodyError.self) { try store.open(Array(sealed.prefix(length)), of: body) }
            #expect(error?.kind == .damaged)
        }
        #expect(throws: BodyError.self) { try store.open(sealed + [0], of: body) }
        let (other, _) = try store.seal(Array("hello".utf8))
        #expect(throws: BodyError.self) { try store.open(sealed, of: other) }
    }

    @Test func chunksStayInTheirPlace() async throws {
        let key = SymmetricKey(size: .bits256)
        let specimen = try await Specimen(length: 3 * BodySeal.chunkSize, key: key)
        let (store, body, file) = (specimen.store, specimen.body, specimen.file)
        let header = file.prefix(BodySeal.headerSize)
        let chunks = (0..<3).map { file.dropFirst(BodySeal.headerSize + $0 * Self.chunk).prefix(Self.chunk) }
        let twin = try await store.put(specimen.plaintext, key: key)
        let foreign = [UInt8](try Data(contentsOf: URL(fileURLWithPath: specimen.directory.path(of: twin))))
        let damages: [[UInt8]] = [
            [], Array(header), Array(file.dropLast()), file + [0], Array(file.dropLast(Self.chunk)),
            Array(header + chunks[1] + chunks[0] + chunks[2]), Array(header + chunks[0] + chunks[0] + chunks[2]),
            Array(header + chunks[0] + chunks[2] + chunks[1]), Array(header + chunks[0] + chunks[1] + chunks[1]),
            Array(header + chunks[0] + chunks[1]), file + chunks[2], foreign,
            Array(header + foreign.dropFirst(header.count)),
            Array(header + foreign.dropFirst(header.count).prefix(Self.chunk) + chunks[1] + chunks[2]),
        ]
        for (number, damaged) in damages.enumerated() {
            try specimen.write(damaged)
            let kind = await failure { () throws(BodyError) in _ = try await store.get(body, key: key) }
            #expect(kind == .damaged, "damage \(number)")
        }
        // The record may lie as well: its length is not sealed with a key that the caller keeps.
        for count in 0..<3 {
            try specimen.write(Array(header + chunks.prefix(count).joined()))
            let short = try body.with("length", count * BodySeal.chunkSize)
            guard count > 0 else { continue }
            #expect(await failure { () throws(BodyError) in _ = try await store.get(short, key: key) } == .damaged)
        }
        try FileManager.default.removeItem(atPath: specimen.directory.path(of: body))
        #expect(await failure { () throws(BodyError) in _ = try await store.get(body, key: key) } == .missing)
    }

    @Test func nothingIsReadAfterADamage() async throws {
        let specimen = try await Specimen(length: 2_000_000)
        var damaged = specimen.file
        damaged[1_500_000] ^= 1
        try specimen.write(damaged)
        let reader = try await specimen.store.read([specimen.body])
        var received: [UInt8] = []
        let kind = await failure { () throws(BodyError) in
            while let bytes = try await reader.next() { received += bytes }
        }
        #expect(kind == .damaged)
        #expect(received.count == 1_048_576, "all pieces of the jobs before the damaged one's")
        #expect(received.elementsEqual(specimen.plaintext.prefix(received.count)))
        #expect(await failure { () throws(BodyError) in _ = try await reader.next() } == .damaged)
    }

    @Test func aFileThatIsCutShortWhileItIsReadIsNoticed() async throws {
        let specimen = try await Specimen(length: 2_000_000)
        let reader = try await specimen.store.read([specimen.body])
        #expect(truncate(specimen.directory.path(of: specimen.body), 1_000_000) == 0)
        #expect(await failure { () throws(BodyError) in _ = try await reader.rest() } == .damaged)
    }

    @Test func aLinkIsNotFollowed() async throws {
        let specimen = try await Specimen(length: 100)
        let path = specimen.directory.path(of: specimen.body)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".moved")
        #expect(await failure { () throws(BodyError) in _ = try await specimen.store.get(specimen.body) } == .io)
    }
}
