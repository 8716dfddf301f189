import Directory
import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

// Keys: making them, what is told about them, switching them on and off.

extension Quota {
    /// Of an account and Region.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>
    static let keys = Quota("KMSKeys", 100_000)
}

/// What a key is to be, as far as CreateKey says it.
private struct NewKey {
    let spec: KeySpec
    let usage: KeyUsage
    let origin: Key.Origin
    let isMultiRegion: Bool
    let keyStoreID: String?
    let externalKeyID: String?

    /// - Throws: ValidationException for what doesn't go together; UnsupportedOperationException for what no library
    ///   here carries.
    init(_ input: KMS.CreateKey.Input) throws(ServiceError) {
        guard input.keySpec == nil || input.customerMasterKeySpec == nil else {
            throw .invalid(
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
                    + "CustomerMasterKeySpec is deprecated.")
        }
        let specName = input.keySpec ?? input.customerMasterKeySpec ?? KeySpec.symmetricDefault.rawValue
        guard let spec = KeySpec(rawValue: specName) else {
            throw .unsupported("KeySpec \(specName) is not supported.")
        }
        guard let usageName = input.keyUsage ?? (spec == .symmetricDefault ? KeyUsage.encryptDecrypt.rawValue : nil)
        else {
            throw .invalid(
                "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
        }
        guard let usage = KeyUsage(rawValue: usageName), spec.usages.contains(usage) else {
            throw .invalid("KeyUsage \(usageName) is not compatible with KeySpec \(specName)")
        }
        guard let origin = Key.Origin(rawValue: input.origin ?? Key.Origin.kms.rawValue) else {
            throw .invalid("The origin \(input.origin ?? "") is none.")
        }
        isMultiRegion = input.multiRegion ?? false
        let isInKeyStore = origin == .cloudHSM || origin == .externalKeyStore
        guard isInKeyStore == (input.customKeyStoreId != nil) else {
            throw .invalid(
                isInKeyStore
                    ? "You must specify CustomKeyStoreId for a KMS key with the origin \(origin.rawValue)."
                    : "CustomKeyStoreId is valid only with the origins AWS_CLOUDHSM and EXTERNAL_KEY_STORE.")
        }
        guard (origin == .externalKeyStore) == (input.xksKeyId != nil) else {
            throw .invalid(
                origin == .externalKeyStore
                    ? "You must specify XksKeyId for a KMS key with the origin EXTERNAL_KEY_STORE."
                    : "XksKeyId is valid only with the origin EXTERNAL_KEY_STORE.")
        }
        guard !isInKeyStore || spec == .symmetricDefault && !isMultiRegion else {
            throw .unsupported(
                "A custom key store can have only symmetric encryption KMS keys of a single Region.")
        }
        guard spec.isSupported else { throw .unsupported("KeySpec \(specName) is not supported.") }
        self.spec = spec
        self.usage = usage
        self.origin = origin
        keyStoreID = input.customKeyStoreId
        externalKeyID = input.xksKeyId
    }
}

extension KMS.CreateKey: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let new = try NewKey(input)
        let id = KeyIDs.make(isMultiRegion: new.isMultiRegion)
        let policy = input.policy.map { KeyPolicies.kept($0, call.directory) }
        var key = Key(
            id: id, accountID: call.accountID, region: call.region, creationDate: call.time, spec: new.spec,
            usage: new.usage, origin: new.origin, description: input.description ?? "",
            policy: policy ?? KeyPolicies.standard(call.accountID),
            tags: (input.tags ?? []).map(Directory.Tag.init),
            state: new.origin == .external ? .pendingImport : .enabled,
            multiRegion: new.isMultiRegion ? Key.MultiRegion(primaryRegion: call.region) : nil)
        key.keyStoreID = new.keyStoreID
        key.externalKeyID = new.externalKeyID
        var create = Access("kms:CreateKey", on: "*")
        create.context = KeyIndex.context(of: key).merging(requestTags(input.tags)) { $1 }
        create.context["kms:calleraccount"] = .one(call.accountID)
        create.context["kms:bypasspolicylockoutsafetycheck"] = .one(
            String(input.bypassPolicyLockoutSafetyCheck ?? false))
        let target = KeyTarget(KeyEntry(key))
        create.learnt = target
        guard input.tags?.isEmpty == false else { return .required(create) }
        return .required([create, try await call.need(target, action: "TagResource", requestTags(input.tags))])
    }

    /// - Returns: the key's material; nil for one whose material is to be imported.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> NewMaterial? {
        let entry = try call.target().entry
        if let policy = input.policy {
            try KeyPolicies.check(policy, call)
            try await KeyPolicies.checkLockOut(of: entry, bypass: input.bypassPolicyLockoutSafetyCheck, call)
        }
        _ = try TagRules.ofKeys.new(input.tags)
        return switch entry.key.origin {
        case .kms: NewMaterial(material: try await .making(entry.key.spec))
        case .external: nil
        case .cloudHSM, .externalKeyStore: try await call.materialInKeyStore(of: entry.key)
        }
    }

    public static func handle(
        _ input: Input, _ material: NewMaterial?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var key = try call.target().key
        try records.checkKeyStore(of: key, call)
        let quota = call.quotas[.keys]
        guard try records.count(Key.self) < quota else {
            throw .limitExceeded("The limit of \(quota) KMS keys for the account and Region has been reached.")
        }
        if let material { try key.begin(with: material, records) }
        try records.put(key)
        return Output(keyMetadata: KMS.KeyMetadata(key, call))
    }
}

/// Material for a key that is being made.
public struct NewMaterial: Sendable {
    let material: KeyMaterial
    /// The same, sealed by the hardware token, where that is how it is to be kept.
    var sealed: [UInt8]?
}

extension Key {
    /// Gives a new key the material that is made for it.
    mutating func begin(with new: NewMaterial, _ records: MutableRecords) throws(ServiceError) {
        let id = try new.material.materialID(of: self)
        materials = [Material(id: id, state: .current)]
        guard let sealed = new.sealed else { return try records.put(new.material, id: id, of: self.id) }
        try records.put(StoredMaterial(sealed: sealed, id: id, of: self.id))
    }

    /// Gives a new key the material that is made for it.
    mutating func begin(with material: KeyMaterial, _ records: MutableRecords) throws(ServiceError) {
        try begin(with: NewMaterial(material: material), records)
    }
}

extension KMS.KeyMetadata {
    init(_ key: Key, _ call: Call) {
        self.init()
        let state = call.state(of: key)
        awsAccountId = key.accountID
        keyId = key.id
        arn = key.arn
        creationDate = Timestamp(secondsSinceEpoch: key.creationDate)
        enabled = state == .enabled
        description = key.description
        keyUsage = key.usage.rawValue
        keyState = state.rawValue
        deletionDate = key.state == .pendingDeletion ? key.deletionDate.map { Timestamp(secondsSinceEpoch: $0) } : nil
        origin = key.origin.rawValue
        keyManager = key.isAWSManaged ? "AWS" : "CUSTOMER"
        customerMasterKeySpec = key.spec.rawValue
        keySpec = key.spec.rawValue
        switch key.usage {
        case .encryptDecrypt: encryptionAlgorithms = key.spec.encryptionAlgorithms.map(\.rawValue)
        case .signVerify: signingAlgorithms = key.spec.signingAlgorithms.map(\.rawValue)
        case .generateVerifyMAC: macAlgorithms = key.spec.macAlgorithms.map(\.rawValue)
        case .keyAgreement: keyAgreementAlgorithms = key.spec.keyAgreementAlgorithms.map(\.rawValue)
        }
        if key.origin == .external, let material = key.currentMaterial, material.isThere {
            validTo = key.materials.compactMap(\.validTo).min().map { Timestamp(secondsSinceEpoch: $0) }
            expirationModel = validTo == nil ? "KEY_MATERIAL_DOES_NOT_EXPIRE" : "KEY_MATERIAL_EXPIRES"
        }
        multiRegion = key.multiRegion != nil
        multiRegionConfiguration = key.multiRegion.map { KMS.MultiRegionConfiguration(key, $0) }
        if key.state == .pendingReplicaDeletion { pendingDeletionWindowInDays = key.pendingWindow }
        if key.isSymmetricEncryptionKey { currentKeyMaterialId = key.told(key.currentMaterial?.id) }
        customKeyStoreId = key.keyStoreID
        cloudHsmClusterId = call.keyStore(of: key)?.cluster?.id
        if let id = key.externalKeyID { xksKeyConfiguration = KMS.XksKeyConfigurationType { $0.id = id } }
    }
}

extension KMS.MultiRegionConfiguration {
    fileprivate init(_ key: Key, _ shared: Key.MultiRegion) {
        self.init()
        func relative(_ region: String) -> KMS.MultiRegionKey {
            KMS.MultiRegionKey {
                $0.arn = "arn:aws:kms:\(region):\(key.accountID):key/\(key.id)"
                $0.region = region
            }
        }
        multiRegionKeyType = key.isPrimary ? "PRIMARY" : "REPLICA"
        primaryKey = relative(shared.primaryRegion)
        replicaKeys = shared.replicaRegions.map(relative)
    }
}

extension KMS.DescribeKey: KeyRead {
    static var naming: KeyNaming { [.aliases, .otherAccounts] }

    static func answer(_ target: KeyTarget, _ input: Input, _ call: Call) -> Output {
        Output(keyMetadata: KMS.KeyMetadata(target.key, call))
    }
}

extension KMS.ListKeys: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutKey() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try page(try Paging(kms: input, usual: 100)) { (after, limit) throws(ServiceError) in
            try records.listIDs(Key.self, after: after, limit: limit).map { (id: $0, entry: $0) }
        }
        return Output(page) { id in
            KMS.KeyListEntry {
                $0.keyId = id
                $0.keyArn = "arn:aws:kms:\(call.region):\(call.accountID):key/\(id)"
            }
        }
    }
}

extension Call {
    /// The permission for an operation that is about no key.
    func accessWithoutKey(_ keys: [String: ContextValue] = [:]) -> Authorization {
        var access = Access("kms:\(operation)", on: "*", context: keys)
        access.context["kms:calleraccount"] = .one(accountID)
        return .required(access)
    }
}

extension KMS.UpdateKeyDescription: KeyChange {
    static var refused: RefusedStates { .pendingDeletion }

    static func change(_ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords) {
        key.description = input.description
    }
}

extension KMS.EnableKey: KeyChange {
    static var refused: RefusedStates { .notSwitchable }

    static func change(
        _ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard key.state == .disabled else { return }
        key.state = .enabled
        // What was due meanwhile is done now.
        try key.scheduleRotation(records, notBefore: call.time)
    }
}

extension KMS.DisableKey: KeyChange {
    static var refused: RefusedStates { .notSwitchable }

    static func change(_ key: inout Key, _ input: Input, _ call: Call, _ records: MutableRecords) {
        if key.state == .enabled { key.state = .disabled }
    }
}
