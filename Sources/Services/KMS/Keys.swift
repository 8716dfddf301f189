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
        guard input.customKeyStoreId == nil, input.xksKeyId == nil,
            let origin = Key.Origin(rawValue: input.origin ?? Key.Origin.kms.rawValue)
        else {
            throw .notImplemented("Gatehouse has no custom key stores yet: the origin must be AWS_KMS or EXTERNAL.")
        }
        guard spec.isSupported else { throw .unsupported("KeySpec \(specName) is not supported.") }
        self.spec = spec
        self.usage = usage
        self.origin = origin
        isMultiRegion = input.multiRegion ?? false
    }
}

extension KMS.CreateKey: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let new = try NewKey(input)
        let id = KeyIDs.make(isMultiRegion: new.isMultiRegion)
        let policy = input.policy.map { KeyPolicies.kept($0, call.directory) }
        let key = Key(
            id: id, accountID: call.accountID, region: call.region, creationDate: call.time, spec: new.spec,
            usage: new.usage, origin: new.origin, description: input.description ?? "",
            policy: policy ?? KeyPolicies.standard(call.accountID),
            tags: (input.tags ?? []).map(Directory.Tag.init),
            state: new.origin == .external ? .pendingImport : .enabled,
            multiRegion: new.isMultiRegion ? Key.MultiRegion(primaryRegion: call.region) : nil)
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
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> KeyMaterial? {
        let entry = try call.target().entry
        if let policy = input.policy {
            try KeyPolicies.check(policy, call)
            try await KeyPolicies.checkLockOut(of: entry, bypass: input.bypassPolicyLockoutSafetyCheck, call)
        }
        _ = try TagRules.ofKeys.new(input.tags)
        return entry.key.origin == .kms ? try await KeyMaterial.making(entry.key.spec) : nil
    }

    public static func handle(
        _ input: Input, _ material: KeyMaterial?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var key = try call.target().key
        let quota = call.quotas[.keys]
        guard try records.count(Key.self) < quota else {
            throw .limitExceeded("The limit of \(quota) KMS keys for the account and Region has been reached.")
        }
        if let material { try key.begin(with: material, records) }
        try records.put(key)
        return Output(keyMetadata: KMS.KeyMetadata(key))
    }
}

extension Key {
    /// Gives a new key the material that is made for it.
    mutating func begin(with material: KeyMaterial, _ records: MutableRecords) throws(ServiceError) {
        let id = try material.materialID(of: self)
        materials = [Material(id: id, state: .current)]
        try records.put(material, id: id, of: self.id)
    }
}

extension KMS.KeyMetadata {
    init(_ key: Key) {
        self.init()
        awsAccountId = key.accountID
        keyId = key.id
        arn = key.arn
        creationDate = Timestamp(secondsSinceEpoch: key.creationDate)
        enabled = key.state == .enabled
        description = key.description
        keyUsage = key.usage.rawValue
        keyState = key.state.rawValue
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
        if key.isSymmetricEncryptionKey { currentKeyMaterialId = key.currentMaterial?.id }
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
        Output(keyMetadata: KMS.KeyMetadata(target.key))
    }
}

extension KMS.ListKeys: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutKey() }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(Key.self, try Paging(kms: input, usual: 100)) { ids in
            ids
        }
        return Output(
            page.map { id in
                KMS.KeyListEntry {
                    $0.keyId = id
                    $0.keyArn = "arn:aws:kms:\(call.region):\(call.accountID):key/\(id)"
                }
            })
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
