import Keyring
import Ledger
import Testing

private struct ObjectName: TableRow {
    static let kind = "AWS::S3::Object"
    var bucket: String
    var name: String
    var size: Int64
    var modified: Int64

    var partition: String { bucket }
    var key: RowKey { RowKey(.text(name)) }
    var indexes: [RowIndex] { [RowIndex("modified", RowKey(.descending(modified)))] }
    var amounts: [String: Int64] { ["bytes": size] }
}

/// The same in a short form.
private enum Short {
    struct ObjectName: TableRow {
        static let kind = "AWS::S3::Object"
        var name: String
        var size: Int64

        var key: RowKey { RowKey(.text(name)) }

        static var form: RowForm<Self> {
            .short(version: 1) { (row, output) in
                output.append(row.name)
                output.append(row.size)
            } read: { (input, _) in
                ObjectName(name: try input.text(), size: try input.number())
            }
        }
    }
}

/// What the documentation of `Ledger`'s tables, and of the key that an operator gives, shows.
struct TableExamples {
    private let scope = Scope(account: "111122223333", region: "eu-central-1")

    private func ledger() async throws -> Ledger {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let scope = scope
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            for (number, name) in ["index.html", "photos/2024.jpg", "photos/2025.jpg", "photos/raw/1.dng"].enumerated()
            {
                let row = ObjectName(bucket: "bucket", name: name, size: 1000, modified: Int64(number))
                try transaction.put(row, in: scope)
            }
            return .commit(())
        }
        return ledger
    }

    @Test func listing() async throws {
        let scope = scope
        try await ledger().read { reader throws(LedgerError) in
            let page = try reader.list(
                ObjectName.self, of: "bucket", in: scope, RowRange(RowPrefix(beginning: "photos/")),
                groupedBy: "/", limit: 1000)
            let lines = page.map { line in
                switch line {
                case .row(let object): object.name
                case .group(let prefix): String(decoding: prefix.beginning, as: UTF8.self)
                }
            }
            #expect(lines == ["photos/2024.jpg", "photos/2025.jpg", "photos/raw/"])

            var range = RowRange(RowPrefix(beginning: "photos/"))
            range.after = .key(RowKey(.text("photos/2024.jpg")))
            let rest = try reader.list(ObjectName.self, of: "bucket", in: scope, range, limit: 1000)
            #expect(rest.map(\.name) == ["photos/2025.jpg", "photos/raw/1.dng"])

            let newest = try reader.list(ObjectName.self, by: "modified", of: "bucket", in: scope, limit: 10)
            #expect(newest.first?.name == "photos/raw/1.dng")
            #expect(try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope) == 4000)
        }
    }

    @Test func shortForm() async throws {
        let (ledger, scope) = (try Ledger(at: .memory, keyring: EphemeralKeyring()), scope)
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(Short.ObjectName(name: "index.html", size: 1000), in: scope)
            return .commit(())
        }
        let row = try await ledger.read { reader throws(LedgerError) in
            try reader.get(Short.ObjectName.self, RowKey(.text("index.html")), in: scope)
        }
        #expect(row?.size == 1000)
    }

    /// A job reads what has expired, and deletes what nobody has changed since.
    @Test func compareAndSet() async throws {
        let (ledger, scope) = (try await ledger(), scope)
        let found = try await ledger.read { reader throws(LedgerError) in
            try reader.list(ObjectName.self, by: "modified", of: "bucket", in: scope, limit: 1)
        }
        let object = try #require(found.first)
        let isDeleted = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            .commit(try transaction.delete(object, in: scope))
        }
        #expect(isDeleted)
    }

    @Test func keys() {
        let (name, time) = ("a", Int64(5))
        let newest = RowKey(.text(name), .descending(time))
        #expect(newest < RowKey(.text(name), .descending(4)))
        #expect(RowPrefix(beginning: "photos/") != RowPrefix(.text(name)))
    }

    @Test func aKeyThatIsGiven() throws {
        let keyring = try GivenKey(text: "2a1eYbYxU0ZfYk0B1yS3Lm6bX1G3uGZ1S5o3m9M2b2w=")
        let same = try GivenKey(text: " 2a1eYbYxU0ZfYk0B1yS3Lm6bX1G3uGZ1S5o3m9M2b2w=\n")
        #expect(keyring.isSame(as: same) && !keyring.isSame(as: EphemeralKeyring()))
        #expect("\(keyring)" == "GivenKey")
        for text in ["", "hunter2", "2a1eYbYxU0ZfYk0B1yS3Lm6bX1G3uGZ1S5o3m9M2b2", "AAAA"] {
            let error = #expect(throws: KeyringError.self) { try GivenKey(text: text) }
            #expect(error?.kind == .malformed && error?.message.contains("hunter2") == false)
        }
    }
}
