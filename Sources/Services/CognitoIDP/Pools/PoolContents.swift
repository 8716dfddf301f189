import CognitoIDPAPI
import Ledger
import Platform
import Wire

/// A record that belongs to a user pool, and goes with it.
protocol PoolPart: Record {
    var poolID: String { get }
    /// The relation of its reference to the pool: one for each kind, so that those of a kind are counted.
    static var ofPool: String { get }
}

extension PoolPart {
    var references: [Reference] { [Reference(Self.ofPool, to: poolID)] }
    var requirements: [Requirement] { [Requirement(UserPool.kind, poolID)] }
}

extension RecordReading {
    /// All that a pool has of a kind.
    func parts<P: PoolPart>(_ type: P.Type, of poolID: String) throws(ServiceError) -> [P] {
        try referrers(type, P.ofPool, to: poolID)
    }

    /// How many a pool has of a kind.
    func partCount<P: PoolPart>(_ type: P.Type, of poolID: String) throws(ServiceError) -> Int {
        try referrerCount(P.ofPool, to: poolID)
    }
}

extension MutableRecords {
    /// Deletes all that a pool has: records at once, rows by and by.
    func deleteContents(of poolID: String, _ call: Call) throws(ServiceError) {
        for type in ServiceModule.cognitoIDP.records {
            if let type = type as? any PoolPart.Type { try deleteParts(type, of: poolID) }
        }
        try schedule(DeletePoolRows(poolID: poolID), id: poolID, at: call.time)
    }

    private func deleteParts<P: PoolPart>(_ type: P.Type, of poolID: String) throws(ServiceError) {
        for part in try parts(type, of: poolID) { try delete(part) }
    }
}

/// Deletes the rows of a user pool that is gone, and the records of its groups, a few at a time: it may have had ten million users.
/// All tables of the service are partitioned by pool.
struct DeletePoolRows: Job {
    static let kind = "CognitoIDP::DeletePoolRows"
    let poolID: String

    private static let most = 512

    func run(_ context: JobContext) async throws(ServiceError) {
        for table in ServiceModule.cognitoIDP.tables { try await empty(table, context) }
        try await forgetGroups(context)
        try await context.finish { _ in }
    }

    private func forgetGroups(_ context: JobContext) async throws(ServiceError) {
        let poolID = poolID
        while true {
            let count = try await context.environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) in
                let groups = try records.referrers(
                    GroupState.self, GroupState.ofPool, to: poolID, limit: Self.most)
                for group in groups { try records.delete(group) }
                return groups.count
            }
            if count < Self.most { return }
            await Task.yield()
        }
    }

    private func empty<R: TableRow>(_ type: R.Type, _ context: JobContext) async throws(ServiceError) {
        let poolID = poolID
        while true {
            let count = try await context.environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) in
                try records.deleteAll(type, of: poolID, limit: Self.most)
            }
            if count < Self.most { return }
            await Task.yield()
        }
    }
}
