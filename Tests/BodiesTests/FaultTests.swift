import Foundation
import Testing

@testable import Bodies

/// When there is no room, or no folder.
@Suite struct FaultTests {
    @Test func memoryHasALimit() async throws {
        let store = BodyStore(memoryLimit: 1_000_000)
        let writer = try await store.begin()
        let kind = await failure { () throws(BodyError) in
            while true { try await writer.receive([UInt8](repeating: 7, count: 100_000)) }
        }
        #expect(kind == .full)
        for _ in 0..<2 {
            #expect(await failure { () throws(BodyError) in try await writer.receive([1]) } == .full)
            #expect(await failure { () throws(BodyError) in _ = try await writer.finish() } == .full)
        }
        // What the failed one took is free again.
        let body = try await store.put([UInt8](repeating: 7, count: 900_000))
        #expect(
            await failure { () throws(BodyError) in _ = try await store.put([UInt8](repeating: 7, count: 200_000)) }
                == .full)
        try await store.remove([body.id])
        _ = try await store.put([UInt8](repeating: 7, count: 900_000))
    }

    /// Only root may mount a small disk.
    @Test(.enabled(if: SmallDisk.isPossible)) func aFullDiskLeavesNothingHalfThere() async throws {
        let disk = try SmallDisk(bytes: 2 << 20)
        let store = try BodyStore(folder: disk.path + "/bodies")
        let kept = try await store.put([UInt8](repeating: 7, count: 1_000_000))
        let kind = await failure { () throws(BodyError) in
            _ = try await store.put([UInt8](repeating: 7, count: 3_000_000))
        }
        #expect(kind == .full)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path + "/bodies/incoming").isEmpty)
        #expect(try await store.get(kept).count == 1_000_000)
        try await store.remove([kept.id])
        _ = try await store.put([UInt8](repeating: 7, count: 1_500_000))
    }

    @Test func aFolderThatCannotBeUsedIsAnError() async throws {
        let directory = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: directory.path + "/file"))
        for path in [directory.path + "/file", directory.path + "/no/such", ""] {
            let error = #expect(throws: BodyError.self) { try BodyStore(folder: path) }
            #expect(error?.kind == .io, "\(path)")
        }

        let store = try directory.store()
        let body = try await store.put([1])
        let writer = try await store.begin()
        try await writer.receive([1])
        try FileManager.default.removeItem(atPath: directory.bodies)
        #expect(await failure { () throws(BodyError) in _ = try await store.begin() } == .io)
        #expect(await failure { () throws(BodyError) in _ = try await writer.finish() } == .io)
        #expect(await failure { () throws(BodyError) in _ = try await store.get(body) } == .missing)
        await writer.discard()
    }

    @Test func errorsSayWhatToDo() async throws {
        let store = BodyStore(memoryLimit: 10)
        do throws(BodyError) {
            _ = try await store.begin()
            Issue.record("there is no room")
        } catch {
            #expect(
                "\(error)" == "The memory for bodies is full: of 10 bytes 0 are taken. Delete objects, or allow more"
                    + " (--bodies-in-memory).")
        }
    }
}

/// A disk in memory, with so little room that it is soon full.
private final class SmallDisk: Sendable {
    let path: String

    static var isPossible: Bool { geteuid() == 0 && (try? SmallDisk(bytes: 1 << 16)) != nil }

    init(bytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard Self.run("mount", "-t", "tmpfs", "-o", "size=\(bytes)", "tmpfs", path) else {
            try? FileManager.default.removeItem(atPath: path)
            throw CocoaError(.featureUnsupported)
        }
    }

    deinit {
        _ = Self.run("umount", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
