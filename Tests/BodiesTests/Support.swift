import Crypto
import Foundation
import Testing

@testable import Bodies

/// A folder that is removed with the value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var bodies: String { path + "/bodies" }

    func store() throws -> BodyStore { try BodyStore(folder: bodies) }

    /// All files under the folder of bodies, by their paths there.
    func files() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: bodies).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: bodies + "/" + path, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    func path(of body: StoredBody) -> String { "\(bodies)/\(body.id.description.prefix(2))/\(body.id)" }
}

/// The two kinds of store.
enum Kind: CaseIterable {
    case folder
    case memory

    /// A store, and what has to live as long as it.
    func store() throws -> (BodyStore, AnyObject?) {
        switch self {
        case .folder:
            let directory = try TemporaryDirectory()
            return (try directory.store(), directory)
        case .memory:
            return (BodyStore(memoryLimit: 1 << 30), nil)
        }
    }
}

/// Random numbers that a failing test can be repeated with.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            for index in 0..<count { buffer.initializeElement(at: index, to: UInt8(truncatingIfNeeded: next())) }
            filled = count
        }
    }

    mutating func range(within count: Int) -> Range<Int> {
        let ends = [Int.random(in: 0...count, using: &self), Int.random(in: 0...count, using: &self)].sorted()
        return ends[0]..<ends[1]
    }
}

extension BodyStore {
    /// Writes a body in one go, and lets go of its writer.
    func put(_ bytes: [UInt8], key: SymmetricKey? = nil) async throws(BodyError) -> StoredBody {
        let writer = try await begin(key: key)
        try await writer.receive(bytes)
        return try await writer.finish()
    }

    func get(
        _ bodies: StoredBody..., range: Range<Int>? = nil, key: SymmetricKey? = nil
    ) async throws(BodyError) -> [UInt8] {
        try await read(bodies, range: range, key: key).rest()
    }

    /// Sweeps all there is, whatever its age.
    func sweepAll(limit: Int = 1_000, keeping: Set<BodyID> = []) async throws -> (orphans: [BodyID], unfinished: Int) {
        var all: (orphans: [BodyID], unfinished: Int) = ([], 0)
        var last: BodyID?
        repeat {
            let sweep = try await sweep(after: last, limit: limit, olderThan: -60) { keeping.intersection($0) }
            all.orphans += sweep.orphans
            all.unfinished += sweep.unfinished
            last = sweep.last
        } while last != nil
        return all
    }
}

extension BodyReader {
    /// What is left, all at once.
    func rest() async throws(BodyError) -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try await next() { all += bytes }
        return all
    }
}

extension StoredBody {
    /// The body with another value for one of its JSON's members.
    func with(_ member: String, _ value: Any) throws -> StoredBody {
        var members = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(self)) as? [String: Any])
        members[member] = value
        return try JSONDecoder().decode(StoredBody.self, from: JSONSerialization.data(withJSONObject: members))
    }
}

/// What kind of error something throws; nil when it throws none.
func failure(_ body: () async throws(BodyError) -> Void) async -> BodyError.Kind? {
    do throws(BodyError) {
        try await body()
        return nil
    } catch {
        return error.kind
    }
}
