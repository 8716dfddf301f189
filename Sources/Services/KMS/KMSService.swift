import Directory
import KMSAPI
import Ledger
public import Platform
import Wire

extension Metric {
    fileprivate static let keys = gauge("gatehouse_kms_keys", "KMS keys of all accounts and Regions.") { environment in
        (try? await environment.ledger.recordCount(ofKind: Key.kind)).map { [(label: "", value: $0)] } ?? []
    }
}

extension ServiceModule {
    /// AWS Key Management Service.
    public static let kms = ServiceModule(
        KMS.self, operations: keyOperations + cryptographicOperations + grantOperations + keyStoreOperations,
        events: EventParticulars(
            source: "kms.amazonaws.com", listsResources: true, hiddenMembers: [], found: resources,
            additional: additionalMembers,
            renamed: ["CloudHsmClusterId": "clusterId"]),
        records: [
            Key.self, StoredMaterial.self, Alias.self, Grant.self, RetirableGrant.self, ImportParameters.self,
            CustomKeyStore.self,
        ],
        projections: [KeyIndex.self, KeyStoreIndex.self], resourceTypes: [.key], analyzedResources: [.key],
        configuredResources: [.key, .keyAlias],
        auditedResources: [
            .quotaUse("KMS") { (scope, state) throws(ServiceError) in
                [QuotaUse("Keys", .keys, try state.count(Key.self, in: scope))]
            }
        ],
        jobs: [
            DeleteKey.self, RotateKey.self, ExpireMaterial.self, TellExpiration.self, ForgetImportParameters.self,
            SettleKey.self,
            ConnectKeyStore.self, DisconnectKeyStore.self,
        ],
        quotas: [
            .keys, .aliasesPerKey, .grantsPerKey, .keyPolicySize, .customKeyStores, .externalKeyStorePatience,
        ], samples: kmsSamples, metrics: [.keys])

    private static let keyOperations: [any Platform.Operation.Type] = [
        KMS.CreateKey.self, KMS.DescribeKey.self, KMS.ListKeys.self, KMS.UpdateKeyDescription.self,
        KMS.EnableKey.self, KMS.DisableKey.self, KMS.ScheduleKeyDeletion.self, KMS.CancelKeyDeletion.self,
        KMS.GetKeyPolicy.self, KMS.PutKeyPolicy.self, KMS.ListKeyPolicies.self,
        KMS.CreateAlias.self, KMS.UpdateAlias.self, KMS.DeleteAlias.self, KMS.ListAliases.self,
        KMS.TagResource.self, KMS.UntagResource.self, KMS.ListResourceTags.self,
        KMS.EnableKeyRotation.self, KMS.DisableKeyRotation.self, KMS.GetKeyRotationStatus.self,
        KMS.RotateKeyOnDemand.self, KMS.ListKeyRotations.self,
        KMS.GetParametersForImport.self, KMS.ImportKeyMaterial.self, KMS.DeleteImportedKeyMaterial.self,
        KMS.ReplicateKey.self, KMS.UpdatePrimaryRegion.self, KMS.GetKeyLastUsage.self,
    ]

    private static let cryptographicOperations: [any Platform.Operation.Type] = [
        KMS.Encrypt.self, KMS.Decrypt.self, KMS.ReEncrypt.self,
        KMS.GenerateDataKey.self, KMS.GenerateDataKeyWithoutPlaintext.self, KMS.GenerateDataKeyPair.self,
        KMS.GenerateDataKeyPairWithoutPlaintext.self, KMS.GenerateRandom.self,
        KMS.Sign.self, KMS.Verify.self, KMS.GenerateMac.self, KMS.VerifyMac.self, KMS.DeriveSharedSecret.self,
        KMS.GetPublicKey.self,
    ]

    private static let grantOperations: [any Platform.Operation.Type] = [
        KMS.CreateGrant.self, KMS.ListGrants.self, KMS.ListRetirableGrants.self, KMS.RetireGrant.self,
        KMS.RevokeGrant.self,
    ]
}

extension ServiceModule {
    private static let keyStoreOperations: [any Platform.Operation.Type] = [
        KMS.CreateCustomKeyStore.self, KMS.DescribeCustomKeyStores.self, KMS.UpdateCustomKeyStore.self,
        KMS.ConnectCustomKeyStore.self, KMS.DisconnectCustomKeyStore.self, KMS.DeleteCustomKeyStore.self,
    ]
}

/// Which material was used, and which key store the call was about or its key is in.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/ct-decrypt.html>
@Sendable private func additionalMembers(
    _ accesses: [Access.Resolved], _ output: Structure?
) -> [(name: String, value: String)] {
    var members: [(name: String, value: String)] = []
    var isCryptographic = false
    for resolved in accesses {
        let learnt = resolved.access.learnt
        guard cryptographicActions.contains(resolved.access.action) else {
            if let target = learnt as? KeyStoreTarget { members += target.eventMembers }
            continue
        }
        isCryptographic = true
        let target = learnt as? KeyTarget ?? (learnt as? any HasKeyTarget)?.target
        guard let key = target?.key, let id = key.keyStoreID else { continue }
        members.append((name: "customKeyStoreId", value: id))
        if let id = key.externalKeyID { members.append((name: "xksKeyId", value: id)) }
    }
    guard isCryptographic, let output else { return members }
    for (member, name) in materialMembers {
        if case .string(let id)? = output[member] { members.append((name: name, value: id)) }
    }
    return members
}

private let cryptographicActions: Set<String> = [
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext",
]

private let materialMembers = [
    ("KeyMaterialId", "keyMaterialId"), ("DestinationKeyMaterialId", "destinationKeyMaterialId"),
    ("SourceKeyMaterialId", "sourceKeyMaterialId"),
]

/// The keys and aliases that a call was about; of CreateKey and ReplicateKey the new one.
@Sendable private func resources(
    _ call: Call, _ accesses: [Access.Resolved], _ input: Structure?, _ output: Structure?
) -> [EventParticulars.Resource] {
    var found: [EventParticulars.Resource] = []
    func add(_ arn: String, of account: String? = nil) {
        guard arn.utf8.starts(with: "arn:".utf8), !found.contains(where: { $0.arn == arn }) else { return }
        // Nothing before the resource's type has a slash.
        let head = arn.utf8.prefix { $0 != UInt8(ascii: "/") }
        found.append(
            EventParticulars.Resource(
                arn, head.suffix(6).elementsEqual(":alias".utf8) ? "AWS::KMS::Alias" : "AWS::KMS::Key",
                account: account))
    }
    for resolved in accesses where resolved.access.resource != "*" {
        add(resolved.access.resource, of: resolved.access.resourceAccount)
    }
    guard let output else { return found }
    for member in ["KeyMetadata", "ReplicaKeyMetadata"] {
        guard case .structure(let metadata) = output[member], case .string(let arn) = metadata["Arn"] else { continue }
        add(arn)
    }
    return found
}
