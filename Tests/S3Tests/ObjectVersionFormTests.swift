import Bodies
import Crypto
import Directory
import Foundation
import Keyring
import Ledger
import Testing

@testable import S3Service

/// A row as it was written before rows had short forms.
private struct OldObject: TableRow {
    static let kind = CurrentObject.kind
    let bucket: String
    let version: ObjectVersion
    var partition: String { bucket }
    var key: RowKey { CurrentObject.key(version.key) }
}

/// The short form of a version's row.
@Suite struct ObjectVersionFormTests {
    private static let store = BodyStore(memoryLimit: 1 << 20)
    private let scope = Scope(account: "111122223333", region: "us-east-1")

    /// A version that has every member.
    private static func full() async throws -> ObjectVersion {
        let writer = try await store.begin()
        try await writer.receive(Array("in the store".utf8))
        let body = try await writer.finish()
        let (last, sealed) = try store.seal(Array("in the row".utf8), key: SymmetricKey(size: .bits256))
        var version = ObjectVersion(key: "a/ü\0b", sequence: .max, versionID: "id", modified: 1.25)
        version.size = 1 << 40
        version.etag = "0123"
        version.storageClass = "GLACIER"
        version.headers = ["ContentType": "text/plain", "Expires": "never"]
        version.metadata = ["colour": "blue", "": "empty"]
        version.checksum = ObjectVersion.Checksum(algorithm: "CRC32", value: "AAAA-2", type: "COMPOSITE")
        version.parts = [
            ObjectVersion.Part(number: 1, size: 12, checksum: "x"), ObjectVersion.Part(number: 10_000, size: 0),
        ]
        version.uploadID = "upload"
        version.tags = [Tag(key: "Team", value: "Red"), Tag(key: "team", value: "")]
        version.retention = ObjectVersion.Retention(mode: .governance, until: 2e9)
        version.legalHold = false
        version.writer = "111122223333"
        version.owner = ""
        version.acl = .ofOwner("444455556666")
        version.encryption = .kms(
            keyARN: "arn:aws:kms:…", sealedKey: Data([1, 2, 3]), context: ["a": "b"], hasBucketKey: true, isDual: false)
        version.restoration = Restoration(at: 5, wait: 10, days: 1)
        version.content = ObjectVersion.Content(bodies: [body], rest: .sealed(last, Data(sealed)))
        version.replication = .failed
        return version
    }

    private static func variants() async throws -> [ObjectVersion] {
        let full = try await full()
        var (customer, small, marker) = (full, full, full)
        customer.encryption = .customer(keyMD5: "md5")
        customer.legalHold = true
        small.encryption = .s3
        small.content = ObjectVersion.Content(rest: .plain(Data("small".utf8)))
        small.replication = nil
        marker.isDeleteMarker = true
        marker.content = nil
        let bare = ObjectVersion(key: "k", sequence: 1, versionID: nil, modified: 0)
        return [full, customer, small, marker, bare]
    }

    /// A member that is not written would be lost with the next write, and nobody would notice.
    @Test func everyMemberIsWritten() async throws {
        let full = try await Self.full()
        let members = Mirror(reflecting: full).children.map { $0.label ?? "" }
        // A new member belongs into ObjectVersion+Form.swift, into the version above, and is counted here.
        #expect(members.count == 23)
        // Only what a variant has otherwise is not set.
        #expect(full.isDeleteMarker == false)

        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let variants = try await Self.variants()
        for version in variants {
            try await ledger.write(requestID: "r") { [scope] (transaction) throws(LedgerError) in
                try transaction.put(CurrentObject(bucket: "b", version: version), in: scope)
                try transaction.put(OtherVersion(bucket: "b", version: version), in: scope)
                return .commit(())
            }
            try await ledger.read { [scope] (reader) throws(LedgerError) in
                let current = try reader.get(CurrentObject.self, CurrentObject.key(version.key), of: "b", in: scope)
                #expect(current?.version == version)
                #expect(current?.bucket == "b")
                let key = OtherVersion.key(version.key, version.sequence)
                #expect(try reader.get(OtherVersion.self, key, of: "b", in: scope)?.version == version)
            }
        }
    }

    @Test func listsReadBothForms() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        for version in try await Self.variants() {
            for isOld in [true, false] {
                try await ledger.write(requestID: "r") { [scope] (transaction) throws(LedgerError) in
                    if isOld {
                        try transaction.put(OldObject(bucket: "b", version: version), in: scope)
                    } else {
                        try transaction.put(CurrentObject(bucket: "b", version: version), in: scope)
                    }
                    return .commit(())
                }
                try await ledger.read { [scope] (reader) throws(LedgerError) in
                    let current = try reader.get(CurrentObject.self, CurrentObject.key(version.key), of: "b", in: scope)
                    #expect(current?.version == version)
                    let prefix = RowRange(RowPrefix(.text(version.key)))
                    let listed = try reader.list(ListedObject.self, of: "b", in: scope, prefix, limit: 10)
                    #expect(listed.count == 1 && listed.first?.bucket == "b")
                    let one = listed.first?.version
                    #expect(one?.key == version.key && one?.sequence == version.sequence)
                    #expect(one?.versionID == version.versionID && one?.modified == version.modified)
                    #expect(one?.size == version.size && one?.etag == version.etag)
                    #expect(one?.storageClass == version.storageClass && one?.checksum == version.checksum)
                    #expect(one?.owner == version.owner && one?.restoration == version.restoration)
                }
            }
        }
    }

    /// Rows as version 0.2 first wrote them.
    @Test func contentsInTheirOldJSONAreRead() async throws {
        let full = try await Self.full()
        guard let body = full.content?.bodies.first, case .sealed(let last, let sealed) = full.content?.rest else {
            Issue.record("the version lacks its content")
            return
        }
        func json(_ value: some Encodable) throws -> String {
            String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
        }
        let bytes = try json(sealed)
        func read(_ text: String) throws -> ObjectVersion.Content {
            try JSONDecoder().decode(ObjectVersion.Content.self, from: Data(text.utf8))
        }
        #expect(
            try read(#"{"beside":{"_0":\#(json(last)),"sealed":\#(bytes)}}"#)
                == ObjectVersion.Content(rest: .sealed(last, sealed)))
        #expect(try read(#"{"bodies":{"_0":[\#(json(body))]}}"#) == ObjectVersion.Content(bodies: [body]))
        #expect(
            try read(#"{"bodiesAnd":{"_0":[\#(json(body))],"_1":\#(json(last)),"sealed":\#(bytes)}}"#) == full.content)
        #expect(try read(json(full.content)) == full.content)
    }
}
