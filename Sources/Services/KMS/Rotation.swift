import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

// Rotating key material. What it encrypted before stays decryptable: no material is thrown away.
// <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>

/// How often a key may be rotated on demand.
private let mostOnDemandRotations = 25

extension Key {
    /// - Throws: UnsupportedOperationException for a key that is never rotated by itself.
    fileprivate func checkRotates() throws(ServiceError) {
        guard isSymmetricEncryptionKey else { throw .unsupported("") }
        guard origin == .kms else { throw .invalidOrigin(self) }
    }

    /// - Throws: UnsupportedOperationException for a replica, which follows its primary key.
    fileprivate func checkIsNoReplica() throws(ServiceError) {
        guard !isReplica else { throw .unsupported("\(arn) is not a multi-region primary key.") }
    }

    /// Puts the next rotation on the schedule.
    /// - Parameter time: now; what was due before is done at once.
    func scheduleRotation(_ records: MutableRecords, notBefore time: Double) throws(ServiceError) {
        guard let rotation else { return }
        try records.schedule(RotateKey(), id: id, at: max(rotation.next, time))
    }

    /// Makes a material the current one.
    mutating func rotate(
        to material: String, _ type: Material.RotationType, at time: Double, keeping description: String? = nil
    ) {
        for index in materials.indices where materials[index].state == .current {
            materials[index].state = .nonCurrent
        }
        if let index = materials.firstIndex(where: { $0.id == material }) {
            var next = materials.remove(at: index)
            next.state = .current
            next.rotationDate = time
            next.rotationType = type
            materials.append(next)
        } else {
            materials.append(
                Material(
                    id: material, state: .current, rotationDate: time, rotationType: type, description: description))
        }
    }
}

extension MutableRecords {
    /// Rotates a key and its replicas to new material.
    fileprivate func rotate(
        _ key: inout Key, to material: KeyMaterial, _ type: Key.Material.RotationType, at time: Double
    ) throws(ServiceError) {
        let id = try material.materialID(of: key)
        try put(material, id: id, of: key.id)
        key.rotate(to: id, type, at: time)
        for region in key.multiRegion?.replicaRegions ?? [] {
            let there = of(region: region)
            guard var replica = try there.get(Key.self, key.id) else { continue }
            try there.put(material, id: id, of: key.id)
            replica.rotate(to: id, type, at: time)
            try there.put(replica)
        }
        try recordSynchronization(of: key, at: time)
    }
}

/// Rotates the key of its id.
struct RotateKey: Job {
    static let kind = "KMS::RotateKey"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        let material = try await KeyMaterial.making(.symmetricDefault)
        try await context.finish { (records) throws(ServiceError) in
            // A key that is disabled is rotated when it is switched on again.
            guard var key = try records.get(Key.self, id), var rotation = key.rotation,
                key.state == .enabled || key.state == .updating
            else { return }
            let time = environment.now()
            try records.rotate(&key, to: material, .automatic, at: time)
            rotation.next = max(rotation.next, time) + Double(rotation.period) * 86_400
            key.rotation = rotation
            try key.scheduleRotation(records, notBefore: time)
            try records.put(key)
            let arn = key.arn
            try records.record(
                ServiceEvent.kms("RotateKey", key, time) { writer in
                    writer.member("keyId", arn)
                    writer.member("rotationType", "AUTOMATIC")
                }.event)
            try records.announce(AnnouncedEvent.kms("KMS CMK Rotation", key, time))
        }
    }
}

extension KMS.EnableKeyRotation: KeyChange {
    private static let usualPeriod = 365
    static var refused: RefusedStates { .none }

    static func keys(_ input: Input) -> [String: ContextValue] {
        ["kms:rotationperiodindays": .one(String(input.rotationPeriodInDays ?? usualPeriod))]
    }

    static func change(
        _ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try key.checkRotates()
        try RefusedStates.notRotatable.check(key, call)
        try key.checkIsNoReplica()
        let period = input.rotationPeriodInDays ?? key.rotation?.period ?? usualPeriod
        // To ask for what is so already does not begin the period anew.
        guard key.rotation?.period != period else { return }
        key.rotation = Key.Rotation(
            period: period, since: call.time, next: call.time + Double(period) * 86_400)
        try key.scheduleRotation(records, notBefore: call.time)
        try records.recordSynchronization(of: key, at: call.time)
    }
}

extension KMS.DisableKeyRotation: KeyChange {
    static func change(
        _ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try key.checkRotates()
        try RefusedStates.notRotatable.check(key, call)
        try key.checkIsNoReplica()
        key.rotation = nil
        try records.cancel(RotateKey.self, id: key.id)
        try records.recordSynchronization(of: key, at: call.time)
    }
}

extension KMS.GetKeyRotationStatus: KeyRead {
    static var naming: KeyNaming { .otherAccounts }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let key = target.key
        // Of keys that are never rotated it is told that they are not, unless they are not of KMS's making.
        guard key.origin == .kms else { throw .invalidOrigin(key) }
        // A replica is rotated with its primary key.
        var leader = key
        if key.isReplica, let primary = key.multiRegion?.primaryRegion {
            leader = try await call.knownKey("arn:aws:kms:\(primary):\(key.accountID):key/\(key.id)")?.key ?? key
        }
        let isWaiting = [.pendingDeletion, .pendingReplicaDeletion].contains(key.state)
        let rotation = isWaiting ? nil : leader.rotation
        return Output(
            keyRotationEnabled: rotation != nil || key.isAWSManaged, keyId: key.arn,
            rotationPeriodInDays: rotation?.period,
            nextRotationDate: rotation.map { Timestamp(secondsSinceEpoch: $0.next) }, onDemandRotationStartDate: nil)
    }
}

extension KMS.RotateKeyOnDemand: PreparedWriteOperation, OnKey {
    /// - Returns: new material; nil for a key whose next material has been imported.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> KeyMaterial? {
        let key = try call.target().key
        return key.origin == .kms && key.isSymmetricEncryptionKey ? try await .making(.symmetricDefault) : nil
    }

    public static func handle(
        _ input: Input, _ material: KeyMaterial?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (key, own) = try records.key(of: call)
        guard key.keyStoreID == nil else { throw .invalidOrigin(key) }
        try RefusedStates.notRotatable.check(key, call)
        guard key.isSymmetricEncryptionKey else { throw .unsupported("") }
        try key.checkIsNoReplica()
        guard key.onDemandRotations < mostOnDemandRotations else {
            throw .limitExceeded(
                "The on-demand rotations limit has been reached for the given keyId. "
                    + "No more on-demand rotations can be performed for this key: \(key.arn)")
        }
        if let material {
            try own.rotate(&key, to: material, .onDemand, at: call.time)
        } else {
            guard let next = key.materials.first(where: { $0.state == .pendingRotation }), next.isThere else {
                throw .invalidState("No available key material pending rotation for the key: \(key.arn).")
            }
            key.rotate(to: next.id, .onDemand, at: call.time)
            for region in key.multiRegion?.replicaRegions ?? [] {
                let there = own.of(region: region)
                guard var replica = try there.get(Key.self, key.id) else { continue }
                replica.rotate(to: next.id, .onDemand, at: call.time)
                try there.put(replica)
            }
            try own.recordSynchronization(of: key, at: call.time)
        }
        key.onDemandRotations += 1
        try own.put(key)
        return Output(keyId: key.arn)
    }
}

extension KMS.ListKeyRotations: KeyRead {
    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let key = target.key
        guard key.isSymmetricEncryptionKey else { throw .unsupported("") }
        guard key.keyStoreID == nil else { throw .invalidOrigin(key) }
        let isWhole = input.includeKeyMaterial == "ALL_KEY_MATERIAL"
        let shown = key.materials.filter { isWhole || $0.rotationDate != nil }
        let page = page(Array(shown.reversed()), try Paging(kms: input, usual: 100))
        return Output(page) { KMS.RotationsListEntry($0, of: key, isWhole: isWhole) }
    }
}

extension KMS.RotationsListEntry {
    fileprivate init(_ material: Key.Material, of key: Key, isWhole: Bool) {
        self.init()
        keyId = key.arn
        keyMaterialId = material.id
        rotationDate = material.rotationDate.map { Timestamp(secondsSinceEpoch: $0) }
        rotationType = material.rotationType?.rawValue
        keyMaterialDescription = material.description
        guard isWhole else { return }
        keyMaterialState = material.state.rawValue
        guard key.origin == .external else { return }
        importState = material.isThere ? "IMPORTED" : "PENDING_IMPORT"
        expirationModel = material.validTo == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES"
        validTo = material.validTo.map { Timestamp(secondsSinceEpoch: $0) }
    }
}
