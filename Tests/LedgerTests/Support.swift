import Foundation
import Keyring
import Testing

@testable import Ledger

let scope = Scope(account: "111111111111")

struct User: Record, Equatable {
    static let kind = "AWS::IAM::User"
    var id: String { name }
    var name: String
    var groups: [String] = []
    var note = ""
    var references: [Reference] { groups.map { Reference("group", to: $0) } }
}

struct Role: Record, Equatable {
    static let kind = "AWS::IAM::Role"
    var id: String
    var policy = ""
    var references: [Reference] { policy.isEmpty ? [] : [Reference("policy", to: policy)] }
}

/// Of which the journal keeps the last change alone.
struct Counter: Record {
    static let kind = "Counter"
    static let keepsHistory = false
    var id: String
    var value: Int
}

/// A record whose entries leave out what it was.
struct Large: Record {
    static let kind = "Large"
    static let journalsBefore = false
    var id: String
    var text: String
}

/// A directory that lives as long as the test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var key: String { path + "/key" }
    var data: String { path + "/data" }

    func open(readOnly: Bool = false) throws -> Ledger {
        try Ledger(at: .directory(data), keyring: KeyFile(path: key), readOnly: readOnly)
    }
}

extension Ledger {
    static func inMemory() throws -> Ledger { try Ledger(at: .memory, keyring: EphemeralKeyring()) }

    func put(_ records: any Record..., requestID: String = "request") async throws {
        try await write(requestID: requestID) { transaction throws(LedgerError) in
            for record in records { try transaction.put(record, in: scope) }
            return .commit(())
        }
    }

    func user(_ id: String) async throws -> User? {
        try await read { reader throws(LedgerError) in try reader.get(User.self, id, in: scope) }
    }

    func userCount() async throws -> Int {
        try await read { reader throws(LedgerError) in try reader.count(User.self, in: scope) }
    }
}

/// Holds the writer inside a write, so that other writes pile up behind it until the gate is opened.
struct Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private let held: Task<Void, any Error>

    init(_ ledger: Ledger) async {
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        held = Task { [semaphore] in
            try await ledger.write(requestID: "gate") { _ throws(LedgerError) in
                enter.yield()
                semaphore.wait()
                // A transaction that takes long may be run again.
                semaphore.signal()
                return .commit(())
            }
        }
        for await _ in entered { break }
    }

    func open() async throws {
        semaphore.signal()
        try await held.value
    }
}

/// Random numbers that a failing test can be repeated with.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}

func makeEvent(
    _ name: String = "GetUser", user: String = "alice", account: String = scope.account,
    time: Int64 = 1_700_000_000_000,
    body: String = "{}", using random: inout some RandomNumberGenerator
) -> Event {
    Event(
        id: UUIDv7.make(milliseconds: time, using: &random), requestID: UUIDv7.make(milliseconds: time, using: &random),
        account: account, time: time,
        attributes: [EventAttribute("EventName", name), EventAttribute("Username", user)],
        body: Array(body.utf8), decision: Array("{}".utf8))
}

func makeEvent(_ name: String = "GetUser", time: Int64 = 1_700_000_000_000, body: String = "{}") -> Event {
    var random = SystemRandomNumberGenerator()
    return makeEvent(name, time: time, body: body, using: &random)
}

/// The ledger's records, where GRDB's own `Record` is in sight too.
typealias LedgerRecord = Record
