import Ledger

/// What lists show of a version: the beginning of its row.
struct ListedVersion: Sendable {
    let seldom: ObjectVersion.Seldom
    // As in `ObjectVersion`.
    let key: String
    let sequence: Int64
    let versionID: String?
    let modified: Double
    let size: Int64
    let etag: String
    let storageClass: String
    let checksum: ObjectVersion.Checksum?
    let owner: String?
    let restoration: Restoration?
}

extension ListedVersion {
    /// Reads the beginning of what ``ObjectVersion/write(to:)`` wrote.
    init(from input: inout RowInput) throws {
        seldom = ObjectVersion.Seldom(rawValue: try input.number())
        guard seldom.isSubset(of: .all) else { throw UnreadableVersion() }
        key = try input.text()
        sequence = try input.number()
        versionID = try input.optionalText()
        modified = try input.double()
        size = try input.number()
        etag = try input.text()
        storageClass = try input.text()
        checksum = try input.boolean() ? try ObjectVersion.Checksum(from: &input) : nil
        owner = seldom.contains(.owner) ? try input.text() : nil
        restoration = seldom.contains(.restoration) ? try input.json(Restoration.self) : nil
    }
}

extension ListedVersion: Codable {
    private enum CodingKeys: String, CodingKey {
        case key, sequence, versionID, modified, size, etag, storageClass, checksum, owner, restoration
    }

    /// From the JSON of a whole version.
    init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        seldom = []
        key = try members.decode(String.self, forKey: .key)
        sequence = try members.decode(Int64.self, forKey: .sequence)
        versionID = try members.decodeIfPresent(String.self, forKey: .versionID)
        modified = try members.decode(Double.self, forKey: .modified)
        size = try members.decode(Int64.self, forKey: .size)
        etag = try members.decode(String.self, forKey: .etag)
        storageClass = try members.decode(String.self, forKey: .storageClass)
        checksum = try members.decodeIfPresent(ObjectVersion.Checksum.self, forKey: .checksum)
        owner = try members.decodeIfPresent(String.self, forKey: .owner)
        restoration = try members.decodeIfPresent(Restoration.self, forKey: .restoration)
    }
}

/// A ``CurrentObject`` as lists read it. Nobody puts one.
struct ListedObject: TableRow {
    static let kind = CurrentObject.kind

    let bucket: String
    let version: ListedVersion

    var partition: String { bucket }
    var key: RowKey { CurrentObject.key(version.key) }

    static let form = RowForm<Self>.short(version: ObjectVersion.formVersion) { _, _ in
        throw UnreadableVersion()
    } read: { input, _ in
        let object = Self(bucket: try input.text(), version: try ListedVersion(from: &input))
        input.skipRest()
        return object
    }
}
