import Bodies
import FoundationEssentials
import Ledger
import Platform
import Wire

// Which bodies the store has to keep. The transaction that makes an object of a body puts a row of it, and the one after
// which nothing has it takes the row away and has the body removed; a sweep finds what a crash left behind.

extension MutableRecords {
    /// Keeps the bodies of a new version or part.
    func keep(_ content: ObjectVersion.Content?) throws(ServiceError) {
        for body in content?.bodies ?? [] {
            do throws(BodyError) { try body.checkIsFresh() } catch { throw ServiceError(error) }
            try shared.put(KeptBody(id: body.id))
        }
    }

    /// Gives up what has no place any more. The bodies are removed some time later: of several that are read one after the
    /// other, each is opened when its turn comes.
    func forget(_ contents: [ObjectVersion.Content], at time: Double) throws(ServiceError) {
        let ids = contents.flatMap(\.bodies).map(\.id)
        guard let first = ids.first else { return }
        for id in ids { try shared.delete(KeptBody.self, KeptBody.key(id)) }
        try shared.schedule(RemoveBodies(ids: ids), id: first.description, at: time + RemoveBodies.delay)
    }

    func forget(_ version: ObjectVersion?, at time: Double) throws(ServiceError) {
        if let content = version?.content { try forget([content], at: time) }
    }
}

/// Removes bodies that nothing has any more, once this node doesn't read them either.
struct RemoveBodies: Job {
    static let kind = "S3::RemoveBodies"
    /// Seconds.
    static let delay = 900.0

    let ids: [BodyID]

    func run(_ context: JobContext) async throws(ServiceError) {
        let store = try context.environment.bodyStore()
        let isHeld: Bool
        do throws(BodyError) {
            isHeld = try await store.isHeld() || store.isReading(ids)
            if !isHeld { try await store.remove(ids) }
        } catch {
            throw ServiceError(error)
        }
        let time = context.environment.clock.now + Self.delay
        try await context.finish { (records) throws(ServiceError) in
            if isHeld { try records.schedule(self, id: context.id, at: time) }
        }
    }
}

/// Removes bodies that no transaction made part of anything: a process ended between the two.
struct SweepBodies: RecurringJob {
    static let kind = "S3::SweepBodies"
    static let interval = 6.0 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        guard let store = environment.bodies else { return }
        var last: BodyID?
        repeat {
            do {
                last = try await store.sweep(after: last) { ids in
                    try await environment.ledger.read { (reader) throws(LedgerError) in
                        try KeptBody.among(ids, reader)
                    }
                }.last
            } catch let error as BodyError {
                throw ServiceError(error)
            } catch let error as LedgerError {
                throw ServiceError(error)
            } catch {
                throw .internalFailure
            }
        } while last != nil
        try await context.finish { (_) throws(ServiceError) in }
    }
}

// What backups and verifications have to know.

extension CurrentObject: HasBodies {
    var storedBodies: [StoredBody] { version.content?.bodies ?? [] }
    var name: String { "\(bucket)/\(version.key)" }
}

extension OtherVersion: HasBodies {
    var storedBodies: [StoredBody] { version.content?.bodies ?? [] }
    var name: String { "\(bucket)/\(version.key), version \(version.shownVersionID)" }
}

extension UploadedPart: HasBodies {
    var storedBodies: [StoredBody] { content.bodies }
    var name: String { "part \(number) of the upload \(partition)" }
}
