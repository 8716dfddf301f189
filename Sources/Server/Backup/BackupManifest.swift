import FoundationEssentials
import Keyring

/// The description of a backup in its file `backup.json`.
public struct BackupManifest: Codable, Sendable {
    /// The version of the backup's format. Raise it when an older program could misread a newer backup.
    static let currentForm = 2
    static let name = "backup.json"
    static let ledger = "ledger.sqlite"
    static let key = "key"
    /// The folder of the bodies, and the list of what is in it.
    static let bodies = "bodies"
    static let bodySums = "bodies.sha256"

    struct File: Codable, Equatable {
        var name: String
        var bytes: Int
        /// Hexadecimal digits.
        var sha256: String
    }

    /// 1 where there are no bodies: older programs would leave them out.
    var form = 1
    /// The version of Gatehouse that made it.
    public var version: String
    /// When it was made, in ISO 8601.
    public var time: String
    /// The version of the ledger's layout.
    var ledgerFormat: Int64
    /// The number of the last journal entry.
    public var journalEntry: Int64
    /// The number of the last segment of events.
    public var eventSegment: Int64
    /// How many records the ledger has.
    public var records: Int
    /// How many events the ledger has.
    public var events: Int
    /// How many bodies of objects are in it, and how many bytes they are, with their seals; nil: none.
    public var bodyCount: Int?
    public var bodyBytes: Int?
    /// How many bodies the ledger has that were left out; nil: none.
    public var bodiesLeftOut: Int?
    /// Whether the backup contains the key.
    public var hasKey: Bool
    /// All files except this one, the key, about which nothing is revealed, and the bodies, which a file of their own lists.
    var files: [File]
    /// A seal over everything above, made with the key: without the key nobody can make a backup, or change one
    /// unnoticed.
    var seal: String?

    /// The total size of ``files`` and bodies, in bytes.
    public var bytes: Int { files.reduce(bodyBytes ?? 0) { $0 + $1.bytes } }

    /// Reads the description of a backup, without trusting it yet: see ``isIntact(_:)``.
    /// - Throws: `StartError` when the folder is not a backup, or one that this version can't read.
    init(of backup: String) throws(StartError) {
        guard let bytes = FileManager.default.contents(atPath: backup + "/" + Self.name) else {
            throw StartError(
                "\(backup) is not a backup: it has no readable \(Self.name). Name one that `gatehouse backup` made"
            )
        }
        struct Form: Decodable { var form: Int }
        let decoder = JSONDecoder()
        guard let form = try? decoder.decode(Form.self, from: bytes) else {
            throw StartError("\(backup)/\(Self.name) is damaged: take another backup")
        }
        guard form.form <= Self.currentForm else {
            throw StartError("the backup \(backup) was made by a newer version of Gatehouse: use that version")
        }
        do {
            self = try decoder.decode(Self.self, from: bytes)
        } catch {
            throw StartError("\(backup)/\(Self.name) is damaged: take another backup")
        }
    }

    init(version: String, time: String, hasKey: Bool) {
        self.version = version
        self.time = time
        self.hasKey = hasKey
        (ledgerFormat, journalEntry, eventSegment) = (0, 0, 0)
        (records, events) = (0, 0)
        files = []
    }

    mutating func seal(_ keyring: some Keyring) throws {
        seal = nil
        let key = try keyring.sealingKey(for: Self.purpose)
        seal = Data(try key.seal([], authenticating: json())).base64EncodedString()
    }

    /// Whether the seal is right, so that only somebody with the key can have made it.
    func isIntact(_ keyring: some Keyring) -> Bool {
        var bare = self
        bare.seal = nil
        guard let text = seal, let sealed = Data(base64Encoded: text),
            let key = try? keyring.sealingKey(for: Self.purpose), let json = try? bare.json()
        else { return false }
        return (try? key.open([UInt8](sealed), authenticating: json)) == []
    }

    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self)) + [0x0a]
    }

    private static let purpose = "backup"
}
