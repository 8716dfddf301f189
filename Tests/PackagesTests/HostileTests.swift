import Foundation
import Testing

@testable import Packages

/// A folder that is removed afterwards.
private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("packages-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
}

private func write(_ text: String, _ path: String) throws {
    try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
}

@Suite struct HostileTests {
    @Test func linksLeadNowhere() throws {
        try withFolder { folder in
            try write("Package: outside\nVersion: 1\n", "\(folder)/outside/status")
            try write("lodash==1.0\n", "\(folder)/outside/requirements.txt")
            try FileManager.default.createDirectory(
                atPath: "\(folder)/root/var/lib/dpkg", withIntermediateDirectories: true)
            for (link, target) in [
                ("var/lib/dpkg/status", "\(folder)/outside/status"), ("a", "\(folder)/outside"), ("loop", "loop"),
                ("requirements.txt", "../outside/requirements.txt"),
            ] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(folder)/root/\(link)", withDestinationPath: target)
            }
            try write("a==1.0\n", "\(folder)/root/b/requirements.txt")
            let inventory = try Inventory.reading(root: "\(folder)/root")
            #expect(inventory.packages.map(\.name) == ["a"])
            #expect(inventory.packages.first?.path == "b/requirements.txt")
        }
    }

    @Test func pipesAreNotWaitedFor() throws {
        try withFolder { folder in
            #expect(mkfifo("\(folder)/requirements.txt", 0o600) == 0)
            let inventory = try Inventory.reading(root: folder)
            #expect(inventory.packages.isEmpty)
        }
    }

    @Test func limits() throws {
        try withFolder { folder in
            for number in 0..<50 { try write("a==\(number)\nb==\(number)\n", "\(folder)/\(number)/requirements.txt") }
            var limits = InventoryLimits()
            limits.files = 20
            let few = try Inventory.reading(root: folder, limits: limits)
            #expect(few.problems.contains { $0.contains("more than 20 files") })
            limits = InventoryLimits()
            limits.packages = 10
            let some = try Inventory.reading(root: folder, limits: limits)
            #expect(some.packages.count <= 10)
            #expect(!some.problems.isEmpty)
            limits = InventoryLimits()
            limits.depth = 0
            #expect(try Inventory.reading(root: folder, limits: limits).packages.isEmpty)
            limits = InventoryLimits()
            limits.fileSize = 3
            #expect(
                try Inventory.reading(root: folder, limits: limits).problems.first?.contains("larger than 3") == true)
        }
    }

    @Test func whatIsNotThereIsAnError() {
        #expect(throws: InventoryError.self) { try Inventory.reading(root: "/nowhere/at/all") }
        #expect(throws: InventoryError.self) { try Inventory.reading(image: "/nowhere/at/all") }
        #expect(throws: InventoryError.self) { try Inventory.reading(archive: "/nowhere/at/all") }
        #expect(throws: InventoryError.self) { try Inventory.reading(archive: Array("no archive".utf8)) }
    }

    /// Bytes that are changed at random make no reader trap.
    @Test func damagedFiles() throws {
        var header: [UInt8] = []
        func word(_ value: Int) { withUnsafeBytes(of: UInt32(value).bigEndian) { header += $0 } }
        let values = Array("bash\u{0}5.1\u{0}2.el9\u{0}x86_64\u{0}bash-5.1-2.el9.src.rpm\u{0}".utf8)
        word(5)
        word(values.count)
        for (tag, offset) in [(1000, 0), (1001, 5), (1002, 9), (1022, 15), (1044, 22)] {
            word(tag)
            word(6)
            word(offset)
            word(1)
        }
        header += values
        let package = try #require(RPMHeader(header[...])?.package(path: "p"))
        #expect(package.fullName == "bash")
        #expect(package.version == "5.1-2.el9")
        #expect(package.source == SourcePackage(name: "bash", version: "5.1-2.el9"))
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            var bytes = header
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if let header = RPMHeader(bytes.dropLast(Int.random(in: 0...20))) {
                _ = header.package(path: "p")
                _ = header.files()
            }
        }
        let program = Array(try Data(contentsOf: URL(fileURLWithPath: "/proc/self/exe")).prefix(1 << 16))
        for _ in 0..<200 {
            var bytes = program
            for _ in 0..<20 {
                bytes[Int.random(in: 0..<512, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if let elf = ELF(RandomAccess(bytes)) {
                #expect(GoPackages.program(elf, path: "p").isEmpty)
                #expect(RustPackages.program(elf, path: "p").isEmpty)
            }
        }
    }
}
