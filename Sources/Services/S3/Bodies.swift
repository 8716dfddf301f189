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
        for body in content?.bodies ?? [] { try shared.put(KeptBody(id: body.id)) }
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

/// Removes bodies that nothing has any more.
struct RemoveBodies: Job {
    static let kind = "S3::RemoveBodies"
    /// Seconds.
    static let delay = 900.0

    let ids: [BodyID]

    func run(_ context: JobContext) async throws(ServiceError) {
        let store = try context.environment.bodyStore()
        do throws(BodyError) { try await store.remove(ids) } catch { throw ServiceError(error) }
        try await context.finish { (_) throws(ServiceError) in }
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
                    try await environment.read(context.scope) { (records) throws(ServiceError) in
                        var kept: Set<BodyID> = []
                        for id in ids where try records.shared.get(KeptBody.self, KeptBody.key(id)) != nil {
                            kept.insert(id)
                        }
                        return kept
                    }
                }.last
            } catch let error as BodyError {
                throw ServiceError(error)
            } catch let error as ServiceError {
                throw error
            } catch {
                throw .internalFailure
            }
        } while last != nil
        try await context.finish { (_) throws(ServiceError) in }
    }
}
