import Bodies
import Directory
import FoundationEssentials
import Ledger

// The short form of a version's row: lists read a thousand of them for a page.

extension ObjectVersion {
    /// One more with each change of what is written below; the new reader also reads the old form.
    static let formVersion: UInt32 = 1

    /// Which of the members that are seldom there a version has.
    struct Seldom: OptionSet, Sendable {
        var rawValue: Int64

        static let deleteMarker = Seldom(rawValue: 1 << 0)
        static let parts = Seldom(rawValue: 1 << 1)
        static let uploadID = Seldom(rawValue: 1 << 2)
        static let tags = Seldom(rawValue: 1 << 3)
        static let retention = Seldom(rawValue: 1 << 4)
        static let legalHold = Seldom(rawValue: 1 << 5)
        static let owner = Seldom(rawValue: 1 << 6)
        static let acl = Seldom(rawValue: 1 << 7)
        static let kms = Seldom(rawValue: 1 << 8)
        static let customerKey = Seldom(rawValue: 1 << 9)
        static let restoration = Seldom(rawValue: 1 << 10)
        static let replication = Seldom(rawValue: 1 << 11)

        static let all = Seldom(rawValue: (1 << 12) - 1)
    }

    private var seldom: Seldom {
        var seldom: Seldom = []
        if isDeleteMarker { seldom.insert(.deleteMarker) }
        if !parts.isEmpty { seldom.insert(.parts) }
        if uploadID != nil { seldom.insert(.uploadID) }
        if !tags.isEmpty { seldom.insert(.tags) }
        if retention != nil { seldom.insert(.retention) }
        if legalHold != nil { seldom.insert(.legalHold) }
        if owner != nil { seldom.insert(.owner) }
        if acl != nil { seldom.insert(.acl) }
        switch encryption {
        case .s3: break
        case .kms: seldom.insert(.kms)
        case .customer: seldom.insert(.customerKey)
        }
        if restoration != nil { seldom.insert(.restoration) }
        if replication != nil { seldom.insert(.replication) }
        return seldom
    }

    /// Writes what ``init(from:)`` reads.
    func write(to output: inout RowOutput) throws {
        let seldom = seldom
        output.append(seldom.rawValue)
        output.append(key)
        output.append(sequence)
        output.append(versionID)
        output.append(modified)
        output.append(size)
        output.append(etag)
        output.append(storageClass)
        output.append(checksum != nil)
        if let checksum { checksum.write(to: &output) }
        if let owner { output.append(owner) }
        if let restoration { try output.append(json: restoration) }
        // Up to here a ``ListedVersion`` is read.
        output.append(headers)
        output.append(metadata)
        output.append(writer)
        if seldom.contains(.parts) {
            output.append(count: parts.count)
            for part in parts {
                output.append(Int64(part.number))
                output.append(part.size)
                output.append(part.checksum)
            }
        }
        if let uploadID { output.append(uploadID) }
        if seldom.contains(.tags) {
            output.append(count: tags.count)
            for tag in tags {
                output.append(tag.key)
                output.append(tag.value)
            }
        }
        if let retention { try output.append(json: retention) }
        if let legalHold { output.append(legalHold) }
        if let acl { try output.append(json: acl) }
        switch encryption {
        case .s3: break
        case .kms(let keyARN, let sealedKey, let context, let hasBucketKey, let isDual):
            output.append(keyARN)
            output.append(sealedKey)
            output.append(context)
            output.append(hasBucketKey)
            output.append(isDual)
        case .customer(let keyMD5): output.append(keyMD5)
        }
        if let replication { output.append(replication.rawValue) }
        output.append(content != nil)
        content?.write(to: &output)
    }

    /// Reads what ``write(to:)`` wrote.
    init(from input: inout RowInput) throws {
        let listed = try ListedVersion(from: &input)
        let seldom = listed.seldom
        self.init(
            key: listed.key, sequence: listed.sequence, versionID: listed.versionID, modified: listed.modified)
        isDeleteMarker = seldom.contains(.deleteMarker)
        size = listed.size
        etag = listed.etag
        storageClass = listed.storageClass
        checksum = listed.checksum
        owner = listed.owner
        restoration = listed.restoration
        headers = try input.texts()
        metadata = try input.texts()
        writer = try input.optionalText()
        if seldom.contains(.parts) {
            for _ in 0..<(try input.count()) {
                guard let number = Int(exactly: try input.number()) else { throw UnreadableVersion() }
                parts.append(Part(number: number, size: try input.number(), checksum: try input.optionalText()))
            }
        }
        if seldom.contains(.uploadID) { uploadID = try input.text() }
        if seldom.contains(.tags) {
            for _ in 0..<(try input.count()) {
                tags.append(Tag(key: try input.text(), value: try input.text()))
            }
        }
        if seldom.contains(.retention) { retention = try input.json(Retention.self) }
        if seldom.contains(.legalHold) { legalHold = try input.boolean() }
        if seldom.contains(.acl) { acl = try input.json(AccessControlList.self) }
        if seldom.contains(.kms) {
            encryption = .kms(
                keyARN: try input.text(), sealedKey: Data(try input.data()), context: try input.texts(),
                hasBucketKey: try input.boolean(), isDual: try input.boolean())
        } else if seldom.contains(.customerKey) {
            encryption = .customer(keyMD5: try input.text())
        }
        if seldom.contains(.replication) {
            guard let known = Replication(rawValue: try input.text()) else { throw UnreadableVersion() }
            replication = known
        }
        if try input.boolean() { content = try Content(from: &input) }
    }
}

extension ObjectVersion.Checksum {
    fileprivate func write(to output: inout RowOutput) {
        output.append(algorithm)
        output.append(value)
        output.append(type)
    }

    init(from input: inout RowInput) throws {
        self.init(algorithm: try input.text(), value: try input.text(), type: try input.text())
    }
}

extension ObjectVersion.Content {
    fileprivate func write(to output: inout RowOutput) {
        output.append(count: bodies.count)
        for body in bodies { output.append(body.bytes) }
        switch rest {
        case nil: output.append(Int64(0))
        case .plain(let bytes):
            output.append(Int64(1))
            output.append(bytes)
        case .sealed(let body, let sealed):
            output.append(Int64(2))
            output.append(body.bytes)
            output.append(sealed)
        }
    }

    fileprivate init(from input: inout RowInput) throws {
        for _ in 0..<(try input.count()) { bodies.append(try Self.body(&input)) }
        switch try input.number() {
        case 0: break
        case 1: rest = .plain(Data(try input.data()))
        case 2: rest = .sealed(try Self.body(&input), Data(try input.data()))
        default: throw UnreadableVersion()
        }
    }

    private static func body(_ input: inout RowInput) throws -> StoredBody {
        guard let body = StoredBody(bytes: try input.data()) else { throw UnreadableVersion() }
        return body
    }
}

/// The row was not written by ``ObjectVersion/write(to:)``.
struct UnreadableVersion: Error {}
