import Foundation
import Testing

@testable import Packages

/// rpm's databases, as strangers might have made them. Those of rpm and BerkeleyDB themselves are in `test_package_rpm.py`.
@Suite struct RPMDatabaseTests {
    /// A header of one package.
    private static let header: [UInt8] = {
        let values = Array("bash\u{0}5.1\u{0}2.el8\u{0}x86_64\u{0}".utf8)
        var header: [UInt8] = []
        for word in [4, values.count] { header += bigEndian(word) }
        for (tag, offset) in [(1000, 0), (1001, 5), (1002, 9), (1022, 15)] {
            for word in [tag, 6, offset, 1] { header += bigEndian(word) }
        }
        return header + values
    }()

    private static func bigEndian(_ value: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(value).bigEndian) { Array($0) }
    }

    private static func set(_ value: Int, _ width: Int, in bytes: inout [UInt8], at offset: Int) {
        for place in 0..<width { bytes[offset + place] = UInt8(truncatingIfNeeded: value >> (8 * place)) }
    }

    /// A page of BerkeleyDB: what it is, and what its head says of what is in it.
    private static func page(_ kind: Int, next: Int = 0, count: Int = 0, used: Int = 0) -> [UInt8] {
        var page = [UInt8](repeating: 0, count: 512)
        set(next, 4, in: &page, at: 16)
        set(count, 2, in: &page, at: 20)
        set(used, 2, in: &page, at: 22)
        page[25] = UInt8(kind)
        return page
    }

    /// A hash with one key, whose value is the header on a page of its own.
    private static func hash(length: Int? = nil, next: Int = 0, items: Int = 1) -> [UInt8] {
        var meta = page(8)
        set(0x061561, 4, in: &meta, at: 12)
        set(512, 4, in: &meta, at: 20)
        set(2, 4, in: &meta, at: 32)
        var bucket = page(13, count: 2 * items)
        var end = 512
        for item in 0..<items {
            end -= 5
            set(end, 2, in: &bucket, at: 26 + 4 * item)
            bucket[end] = 1
            end -= 12
            set(end, 2, in: &bucket, at: 28 + 4 * item)
            bucket[end] = 3
            set(2, 4, in: &bucket, at: end + 4)
            set(length ?? header.count, 4, in: &bucket, at: end + 8)
        }
        var value = page(7, next: next, used: header.count)
        value.replaceSubrange(26..<(26 + header.count), with: header)
        return meta + bucket + value
    }

    private static func ndb() -> [UInt8] {
        var file = [UInt8](repeating: 0, count: 4096)
        file.replaceSubrange(0..<4, with: Array("RpmP".utf8))
        set(1, 4, in: &file, at: 12)
        for place in stride(from: 32, to: 4096, by: 16) {
            file.replaceSubrange(place..<(place + 4), with: Array("Slot".utf8))
        }
        let blocks = (16 + header.count + 12 + 15) / 16
        set(7, 4, in: &file, at: 36)
        set(256, 4, in: &file, at: 40)
        set(blocks, 4, in: &file, at: 44)
        var blob = [UInt8](repeating: 0, count: blocks * 16)
        blob.replaceSubrange(0..<4, with: Array("BlbS".utf8))
        set(7, 4, in: &blob, at: 4)
        set(header.count, 4, in: &blob, at: 12)
        blob.replaceSubrange(16..<(16 + header.count), with: header)
        set(header.count, 4, in: &blob, at: blob.count - 8)
        blob.replaceSubrange((blob.count - 4)..., with: Array("BlbE".utf8))
        return file + blob
    }

    private static func read(_ bytes: [UInt8], _ path: String = "var/lib/rpm/Packages") throws -> Inventory {
        try Inventory.reading(file: path, bytes)
    }

    @Test func wholeOnesAreRead() throws {
        for bytes in [Self.hash(), Self.ndb()] {
            let inventory = try Self.read(bytes)
            #expect(inventory.packages.map(\.version) == ["5.1-2.el8"])
            #expect(inventory.problems.isEmpty && !inventory.isIncomplete)
        }
        #expect(try Self.read([]).problems.isEmpty)
    }

    /// Nothing is read for ever, and nothing more often than the file is large.
    @Test func chainsWithoutAnEnd() throws {
        for bytes in [
            Self.hash(length: 1_000, next: 2), Self.hash(length: 1_000, next: 9), Self.hash(length: 1_000),
            Self.hash(length: Int(Int32.max), next: 2), Self.hash(items: 27),
            Self.hash(length: 1_400, next: 2, items: 27),
        ] {
            let inventory = try Self.read(bytes)
            #expect(inventory.isIncomplete)
            #expect(inventory.problems.first?.contains("damaged") == true)
        }
    }

    @Test func damagedOnes() throws {
        var generator = SystemRandomNumberGenerator()
        for whole in [Self.hash(), Self.ndb()] {
            for _ in 0..<2_000 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    // Where something stands.
                    let place = Int.random(in: 0..<min(bytes.count, 1_200), using: &generator)
                    bytes[place] = .random(in: 0...255, using: &generator)
                }
                let inventory = try Self.read(Array(bytes.dropLast(Int.random(in: 0...40, using: &generator))))
                #expect(inventory.packages.count <= 1)
            }
        }
    }

    @Test func limitsHoldForDatabases() throws {
        var limits = InventoryLimits()
        limits.packages = 10
        let status = (0..<11).map { "Package: p\($0)\nStatus: install ok installed\nVersion: 1\n\n" }.joined()
        let inventory = try Inventory.reading(file: "var/lib/dpkg/status", Array(status.utf8), limits: limits)
        #expect(inventory.packages.isEmpty && inventory.isIncomplete)
    }

    /// Found by FuzzManifests.
    @Test func aModuleWithoutAName() throws {
        let text = "module x\nrequire (\n ba/ v1.0.0\n a/b v1.2.3\n)\n"
        let inventory = try Inventory.reading(file: "go.mod", Array(text.utf8))
        #expect(inventory.packages.map(\.fullName) == ["a/b"])
    }

    @Test func whatIsMissingIsKnown() {
        for (problem, isIncomplete) in [
            ("there are more than 2000000 files", true), ("the archive: it is damaged", true),
            ("var/lib/dpkg/status: it is larger than 3 bytes", true),
            ("var/lib/dpkg: the folder can't be opened", true),
            ("var/lib/rpm/rpmdb.sqlite: it is damaged", true), ("app/requirements.txt: it can't be read", false),
            ("var/lib/dpkg/info/x.list: it can't be opened", false), ("var: x: y", true), ("opt: the folder", false),
        ] {
            #expect(Inventory(problems: [problem]).isIncomplete == isIncomplete, "\(problem)")
        }
    }
}
