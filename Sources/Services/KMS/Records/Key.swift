import Directory
import KeyMaterial
import Ledger

/// A KMS key: everything about it but its material, which is a record of its own (``StoredMaterial``).
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html>
struct Key: Record {
    static let kind = "AWS::KMS::Key"

    /// The names are AWS's.
    enum State: String, Sendable, Codable, CaseIterable {
        case creating = "Creating"
        case enabled = "Enabled"
        case disabled = "Disabled"
        case pendingDeletion = "PendingDeletion"
        case pendingReplicaDeletion = "PendingReplicaDeletion"
        case pendingImport = "PendingImport"
        case unavailable = "Unavailable"
        case updating = "Updating"
    }

    enum Origin: String, Sendable, Codable {
        case kms = "AWS_KMS"
        case external = "EXTERNAL"
        case cloudHSM = "AWS_CLOUDHSM"
        case externalKeyStore = "EXTERNAL_KEY_STORE"
    }

    /// A UUID; `mrk-` and 32 hexadecimal digits for a multi-Region key.
    let id: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let creationDate: Double
    let spec: KeySpec
    let usage: KeyUsage
    let origin: Origin
    /// Whether AWS manages it, and made it for one of its services.
    var isAWSManaged = false
    var description = ""
    /// The key policy, with users and roles by their unique ids.
    var policy: String
    var tags: [Tag] = []
    var state: State
    /// When it is deleted, in seconds since 1970, while its deletion is pending.
    var deletionDate: Double?
    /// The days that it waits for its deletion; kept for a primary key that waits for its replicas first.
    var pendingWindow: Int?
    /// What it has been encrypting with, the oldest first. Asymmetric keys have one at most.
    var materials: [Material] = []
    /// nil: it is not rotated by itself.
    var rotation: Rotation?
    /// How often its rotation was asked for.
    var onDemandRotations = 0
    /// nil for a key of a single Region.
    var multiRegion: MultiRegion?
    /// Whether there ever was a grant of it: only then are grants looked for when a request is decided.
    var hasGrants = false
    /// The custom key store that it is in; nil: none.
    var keyStoreID: String?
    /// What the proxy of an external key store calls the key behind it.
    var externalKeyID: String?

    var arn: String { ARN.text("kms", region, accountID, "key/", id) }
    var scope: Scope { Scope(account: accountID, region: region) }
    var requirements: [Requirement] {
        [.account(accountID)]
            + materials.filter(\.isThere).map { Requirement(StoredMaterial.kind, StoredMaterial.id($0.id, of: id)) }
            + (keyStoreID.map { [Requirement(CustomKeyStore.kind, $0)] } ?? [])
    }
    var references: [Reference] {
        guard let keyStoreID else { return [] }
        var references = [Reference(Self.inKeyStore, to: keyStoreID)]
        if let externalKeyID {
            references.append(Reference(Self.ofExternalKey, to: Self.externalKey(externalKeyID, in: keyStoreID)))
        }
        return references
    }

    static let inKeyStore = "key-in-key-store"
    static let ofExternalKey = "key-of-external-key"

    static func externalKey(_ id: String, in keyStoreID: String) -> String { "\(keyStoreID) \(id)" }

    /// What is authenticated in ciphertexts: the same for all of a multi-Region key's replicas.
    var authenticatedARN: String { multiRegion == nil ? arn : "arn:aws:kms::\(accountID):key/\(id)" }

    /// The material that encrypts now; nil while it waits for being imported.
    var currentMaterial: Material? { materials.last { $0.state == .current } }

    var isSymmetricEncryptionKey: Bool { spec == .symmetricDefault }

    /// What answers tell about which of its materials was used: of keys in custom key stores nothing.
    func told(_ materialID: String?) -> String? { keyStoreID == nil ? materialID : nil }

    /// One of a key's materials, without its secret.
    struct Material: Sendable, Codable, Hashable {
        /// As ListKeyRotations names them.
        enum State: String, Sendable, Codable {
            case current = "CURRENT"
            case nonCurrent = "NON_CURRENT"
            case pendingRotation = "PENDING_ROTATION"
            case pendingMultiRegionImport = "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"
        }

        enum RotationType: String, Sendable, Codable {
            case automatic = "AUTOMATIC"
            case onDemand = "ON_DEMAND"
        }

        /// 64 hexadecimal digits.
        let id: String
        var state: State
        /// When it became current by a rotation, in seconds since 1970; nil for a key's first.
        var rotationDate: Double?
        var rotationType: RotationType?
        /// false: it was imported, and has expired or was deleted.
        var isThere = true
        /// When it expires, in seconds since 1970; nil: never.
        var validTo: Double?
        var description: String?
    }

    /// Automatic rotation.
    struct Rotation: Sendable, Codable, Hashable {
        /// In days.
        var period: Int
        /// When it was switched on, in seconds since 1970.
        var since: Double
        /// Seconds since 1970.
        var next: Double
    }

    /// The keys that share this one's id and material.
    struct MultiRegion: Sendable, Codable, Hashable {
        var primaryRegion: String
        /// In the order in which they were made.
        var replicaRegions: [String] = []
    }

    var isPrimary: Bool { multiRegion?.primaryRegion == region }
    var isReplica: Bool { multiRegion.map { $0.primaryRegion != region } ?? false }
}

extension KeySpec: Codable {}
extension KeyUsage: Codable {}
