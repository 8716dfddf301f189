import Directory
import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

// Keys that are the same in several Regions.
// <https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html>

/// For how long a key is being made or promoted, in seconds.
private let settlingTime = 3.0

/// Ends the making or promoting of the key of its id.
struct SettleKey: Job {
    static let kind = "KMS::SettleKey"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        try await context.finish { (records) throws(ServiceError) in
            guard var key = try records.get(Key.self, id), key.state == .creating || key.state == .updating
            else { return }
            key.state = key.currentMaterial?.isThere == true ? .enabled : .pendingImport
            try records.put(key)
        }
    }
}

/// The replica that ReplicateKey is to make.
private struct NewReplica: HasKeyTarget {
    let target: KeyTarget
}

extension KMS.ReplicateKey: PreparedWriteOperation, OnKey {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let target = try await call.target(input.keyId, [])
        let region = input.replicaRegion
        let key = target.key
        let replica = Key(
            id: key.id, accountID: key.accountID, region: region, creationDate: call.time, spec: key.spec,
            usage: key.usage, origin: key.origin, description: input.description ?? "",
            policy: input.policy.map { KeyPolicies.kept($0, call.directory) }
                ?? KeyPolicies.standard(call.accountID),
            tags: (input.tags ?? []).map(Directory.Tag.init), state: .creating, multiRegion: key.multiRegion)
        var accesses = [try await call.need(target, ["kms:replicaregion": .one(region)])]
        var create = Access("kms:CreateKey", on: "*")
        create.context = KeyIndex.context(of: replica).merging(requestTags(input.tags)) { $1 }
        create.context["kms:calleraccount"] = .one(call.accountID)
        create.context["kms:bypasspolicylockoutsafetycheck"] = .one(
            String(input.bypassPolicyLockoutSafetyCheck ?? false))
        create.learnt = NewReplica(target: KeyTarget(KeyEntry(replica)))
        accesses.append(create)
        if input.tags?.isEmpty == false {
            var tag = try await call.need(
                KeyTarget(KeyEntry(replica)), action: "TagResource", requestTags(input.tags))
            tag.learnt = NewReplica(target: KeyTarget(KeyEntry(replica)))
            accesses.append(tag)
        }
        return .required(accesses)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        guard let replica = call.learnt(NewReplica.self)?.target.entry else { throw .internalFailure }
        if let policy = input.policy {
            try KeyPolicies.check(policy, call)
            try await KeyPolicies.checkLockOut(of: replica, bypass: input.bypassPolicyLockoutSafetyCheck, call)
        }
        _ = try TagRules.ofKeys.new(input.tags)
        switch call.environment.status(ofRegion: input.replicaRegion, for: call.accountID, at: call.time) {
        case .enabled, .enabledByDefault: break
        default:
            throw .unsupported("The Region \(input.replicaRegion) is not enabled for the account \(call.accountID).")
        }
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var replica = call.learnt(NewReplica.self)?.target.key else { throw .internalFailure }
        var (key, own) = try records.key(of: call)
        guard var shared = key.multiRegion, key.isPrimary else {
            throw .unsupported("\(key.arn) is not a multi-region primary key.")
        }
        try RefusedStates.notReplicable.check(key, call)
        let there = own.of(region: replica.region)
        guard try there.get(Key.self, key.id) == nil else {
            throw .kms(.alreadyExistsException, "The key \(replica.arn) already exists.")
        }
        let quota = call.quotas[.keys]
        guard try there.count(Key.self) < quota else {
            throw .limitExceeded("The limit of \(quota) KMS keys for the account and Region has been reached.")
        }
        shared.replicaRegions.append(replica.region)
        replica.multiRegion = shared
        if key.origin == .kms {
            replica.materials = key.materials
            for material in key.materials {
                let id = StoredMaterial.id(material.id, of: key.id)
                guard let stored = try own.get(StoredMaterial.self, id) else { throw .internalFailure }
                try there.put(stored)
            }
        }
        try there.put(replica)
        try there.schedule(SettleKey(), id: key.id, at: call.time + settlingTime)
        try key.share(shared, own)
        try own.recordSynchronization(of: key, at: call.time)
        return Output {
            $0.replicaKeyMetadata = KMS.KeyMetadata(replica, call)
            $0.replicaPolicy = PolicyDocument.shown(replica.policy, as: .resource, call.directory)
            $0.replicaTags = replica.tags.map { KMS.Tag($0) }
        }
    }
}

extension MutableRecords {
    /// Tells the history that what a primary key shares with its replicas was copied to them.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/ct-synchronize-multi-region-key.html>
    func recordSynchronization(of key: Key, at time: Double) throws(ServiceError) {
        guard key.isPrimary, key.multiRegion?.replicaRegions.isEmpty == false else { return }
        try record(ServiceEvent.kms("SynchronizeMultiRegionKey", key, time).event)
    }
}

extension Key {
    /// Tells all keys of a multi-Region key which they are.
    fileprivate mutating func share(_ shared: MultiRegion, _ own: MutableRecords) throws(ServiceError) {
        multiRegion = shared
        try own.of(region: region).put(self)
        for region in [shared.primaryRegion] + shared.replicaRegions where region != self.region {
            guard var relative = try own.of(region: region).get(Key.self, id) else { continue }
            relative.multiRegion = shared
            try own.of(region: region).put(relative)
        }
    }

    /// What is left of a multi-Region key when this one of its keys has been deleted.
    func leaveRelatives(_ own: MutableRecords, _ time: Double) throws(ServiceError) {
        guard var shared = multiRegion, isReplica else { return }
        shared.replicaRegions.removeAll { $0 == region }
        guard var primary = try own.of(region: shared.primaryRegion).get(Key.self, id) else { return }
        if primary.state == .pendingReplicaDeletion, shared.replicaRegions.isEmpty {
            try primary.beginWaiting(
                days: primary.pendingWindow ?? 30, from: time, own.of(region: shared.primaryRegion))
        }
        try primary.share(shared, own)
    }
}

extension KMS.UpdatePrimaryRegion: WriteOperation, OnKey {
    /// The replica that is to be the primary key.
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let target = try await call.target(input.keyId, [])
        let keys: [String: ContextValue] = ["kms:primaryregion": .one(input.primaryRegion)]
        let first = try await call.need(target, keys)
        let arn = "arn:aws:kms:\(input.primaryRegion):\(target.key.accountID):key/\(target.key.id)"
        guard arn != target.key.arn, let entry = try await call.knownKey(arn) else { return .required(first) }
        var second = try await call.need(KeyTarget(entry), keys)
        if let target = second.learnt as? KeyTarget { second.learnt = SecondTarget(target: target) }
        return .required([first, second])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        guard var shared = key.multiRegion, key.isPrimary else {
            throw .unsupported("\(key.arn) is not a multi-region primary key.")
        }
        try RefusedStates.notPromotable.check(key, call)
        let there = own.of(region: input.primaryRegion)
        guard input.primaryRegion != key.region else {
            throw .unsupported("\(key.arn) is the multi-region primary key already.")
        }
        guard var replica = try there.get(Key.self, key.id) else {
            throw .noSuchKey("arn:aws:kms:\(input.primaryRegion):\(key.accountID):key/\(key.id)")
        }
        try RefusedStates.notPromotable.check(replica, call)
        shared.primaryRegion = input.primaryRegion
        shared.replicaRegions = shared.replicaRegions.map { $0 == input.primaryRegion ? key.region : $0 }
        // The primary key is the one that is rotated.
        replica.rotation = key.rotation
        replica.onDemandRotations = key.onDemandRotations
        key.rotation = nil
        try own.cancel(RotateKey.self, id: key.id)
        try replica.scheduleRotation(there, notBefore: call.time)
        key.state = .updating
        replica.state = .updating
        try there.put(replica)
        try own.schedule(SettleKey(), id: key.id, at: call.time + settlingTime)
        try there.schedule(SettleKey(), id: key.id, at: call.time + settlingTime)
        try key.share(shared, own)
        return Output()
    }
}
