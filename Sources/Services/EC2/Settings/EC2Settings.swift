import Ledger
import Platform
import Synchronization
import Wire

/// What an account has set for all of EC2 in a Region.
struct EC2Settings: Record {
    static let kind = "AWS::EC2::AccountSettings"
    /// There is one in a Region.
    static let only = "settings"

    let id: String
    /// Whether new volumes are encrypted, whatever their request says.
    var encryptsVolumes = false
    /// The ARN of the KMS key for volumes whose request names none; nil: the one that AWS manages.
    var volumeKey: String?
    /// Whether images can't be made public. AWS has it so for every account that had no public images.
    var blocksPublicImages = true
    /// `unblocked`, `block-new-sharing` or `block-all-sharing`.
    var snapshotSharing = "unblocked"
    var hasSerialConsole = false
    /// What new instances have of metadata options unless they say otherwise.
    var metadataDefaults = MetadataDefaults()

    struct MetadataDefaults: Codable, Sendable, Hashable {
        /// `optional` or `required`; nil: no preference. So with the others.
        var tokens: String?
        var hopLimit: Int?
        var endpoint: String?
        var tags: String?
        /// Whether instances that need no tokens can't be launched, nor instances changed so: `enabled` or `disabled`.
        var tokensEnforced: String?
    }

    init() { id = Self.only }
}

/// The settings of all accounts.
final class EC2SettingsIndex: Projection {
    static let kinds: Set<String> = [EC2Settings.kind]
    private let settings = Mutex<[Scope: EC2Settings]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let now = try change.decodeAfter(EC2Settings.self)
            settings.withLock { $0[change.scope] = now }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        settings.withLock { $0 = [:] }
        try apply(changes)
    }

    func settings(_ scope: Scope) -> EC2Settings { settings.withLock { $0[scope] } ?? EC2Settings() }
}

extension Call {
    /// What the caller's account has set in the Region.
    var settings: EC2Settings { environment.projection(EC2SettingsIndex.self).settings(scope) }
}

extension RecordReading {
    /// What the account has set.
    func settings() throws(ServiceError) -> EC2Settings {
        try get(EC2Settings.self, EC2Settings.only) ?? EC2Settings()
    }
}
