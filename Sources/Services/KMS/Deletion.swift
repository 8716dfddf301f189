import KMSAPI
import Ledger
import Platform
import Policy
import Wire

// Deleting keys. <https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html>

extension KMS.ScheduleKeyDeletion: WriteOperation, OnKey {
    private static let usualWindow = 30

    static func keys(_ input: Input) -> [String: ContextValue] {
        ["kms:schedulekeydeletionpendingwindowindays": .one(String(input.pendingWindowInDays ?? usualWindow))]
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let window = input.pendingWindowInDays ?? usualWindow
        guard (7...30).contains(window) else { throw .invalid("PendingWindowInDays must be between 7 and 30.") }
        var (key, own) = try records.key(of: call)
        try RefusedStates.notSchedulable.check(key, call)
        key.pendingWindow = window
        if key.isPrimary, key.multiRegion?.replicaRegions.isEmpty == false {
            key.state = .pendingReplicaDeletion
        } else {
            try key.beginWaiting(days: window, from: call.time, own)
        }
        try own.cancel(RotateKey.self, id: key.id)
        try own.put(key)
        return Output {
            $0.keyId = key.arn
            $0.deletionDate = key.deletionDate.map { Timestamp(secondsSinceEpoch: $0) }
            $0.keyState = key.state.rawValue
            $0.pendingWindowInDays = window
        }
    }
}

extension Key {
    /// Begins the wait at whose end the key is deleted.
    mutating func beginWaiting(days: Int, from time: Double, _ own: MutableRecords) throws(ServiceError) {
        let date = time + Double(days) * 86_400
        state = .pendingDeletion
        deletionDate = date
        try own.schedule(DeleteKey(), id: id, at: date)
    }
}

extension KMS.CancelKeyDeletion: WriteOperation, OnKey {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        try RefusedStates.notPendingDeletion.check(key, call)
        key.state = key.origin == .external && key.currentMaterial?.isThere != true ? .pendingImport : .disabled
        key.deletionDate = nil
        key.pendingWindow = nil
        try own.cancel(DeleteKey.self, id: key.id)
        try own.put(key)
        return Output(keyId: key.arn)
    }
}

/// Deletes the key of its id, and everything that is of it.
struct DeleteKey: Job {
    static let kind = "KMS::DeleteKey"
    /// How many grants go in one transaction, so that no other writer waits long.
    private static let most = 500

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope, id) = (context.environment, context.scope, context.id)
        // Nobody can use them any more: the key's state forbids it.
        while try await deleteGrants(environment, scope, id) == Self.most {}
        try await context.finish { (records) throws(ServiceError) in
            guard let key = try records.get(Key.self, id), key.state == .pendingDeletion else { return }
            try Self.deleteGrants(of: id, records)
            for alias in try records.referrers(Alias.self, Alias.toKey, to: id) { try records.delete(alias) }
            for material in key.materials { try records.deleteMaterial(material.id, of: id) }
            try records.delete(key)
            try key.leaveRelatives(records, environment.now())
            try records.record(
                ServiceEvent.kms("DeleteKey", key, environment.now()) { $0.member("keyId", key.id) }.event)
            try records.announce(AnnouncedEvent.kms("KMS CMK Deletion", key, environment.now()))
        }
    }

    private func deleteGrants(
        _ environment: Environment, _ scope: Scope, _ id: String
    ) async throws(ServiceError) -> Int {
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            guard try records.get(Key.self, id)?.state == .pendingDeletion else { return 0 }
            return try Self.deleteGrants(of: id, records)
        }
    }

    @discardableResult
    private static func deleteGrants(of id: String, _ records: MutableRecords) throws(ServiceError) -> Int {
        let grants = try records.referrers(Grant.self, Grant.ofKey, to: id, limit: most)
        for grant in grants { try records.deleteGrant(grant) }
        return grants.count
    }
}

extension AnnouncedEvent {
    /// What KMS tells the event bus of what it does with a key by itself.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/kms-events.html>
    static func kms(_ detailType: String, _ key: Key, _ time: Double) -> AnnouncedEvent {
        AnnouncedEvent(source: "aws.kms", detailType: detailType, resources: [key.arn], time: time) { writer in
            writer.member("key-id", key.id)
        }
    }
}

extension ServiceEvent {
    /// What KMS does with a key by itself.
    static func kms(
        _ name: String, _ key: Key, _ time: Double,
        details: (@Sendable (inout JSONWriter) -> Void)? = nil
    ) -> ServiceEvent {
        let arn = key.arn
        return ServiceEvent(
            name, source: "kms.amazonaws.com", account: key.accountID, region: key.region, time: time,
            agent: "AWS Internal", resource: EventParticulars.Resource(arn, "AWS::KMS::Key"),
            response: [(name: "keyId", value: arn)], details: details)
    }
}
