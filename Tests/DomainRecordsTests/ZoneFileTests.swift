import Foundation
import Testing

@testable import DomainRecords

struct ZoneFileTests {
    private func zone(_ text: String) throws -> URL {
        let file = FileManager.default.temporaryDirectory.appending(path: "zone-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        return file
    }

    private let text = """
        $ORIGIN Shop.Example.
        $TTL 60
        @    IN SOA ns hostmaster 1 60 60 60 60
             IN NS ns
        ns   IN A 192.0.2.1
             IN AAAA 2001:db8::1
        WWW  IN CNAME there
        there IN TXT "one " "two;three"
        @    IN CAA 128 issue "amazon.com; account=1"
        loop IN CNAME loop

        """

    @Test func `Records are read, whatever the case of their names`() async throws {
        let file = try zone(text)
        defer { try? FileManager.default.removeItem(at: file) }
        let records = try DomainRecords(zoneFiles: [file.path], resolver: nil, updates: nil)
        #expect(records.isThere)
        func values(_ name: String, _ kind: DomainRecord.Kind) async throws -> [DomainRecord.Value] {
            try await records.records(of: name, kind).map(\.value)
        }
        #expect(try await values("NS.shop.example.", .address) == [.address("192.0.2.1")])
        #expect(try await values("ns.shop.example", .longAddress) == [.address("2001:db8::1")])
        #expect(try await values("www.shop.example", .alias) == [.alias("there.shop.example")])
        // Aliases are followed.
        #expect(try await values("www.shop.example", .text) == [.text(Array("one two;three".utf8))])
        #expect(
            try await values("shop.example", .authorization)
                == [.authorization(property: "issue", value: "amazon.com; account=1", isCritical: true)])
        #expect(try await values("loop.shop.example", .text).isEmpty)
        #expect(try await values("none.shop.example", .alias).isEmpty)
        #expect(try await values("", .alias).isEmpty)
    }

    @Test func `A file that changes is read again`() async throws {
        let file = try zone(text)
        defer { try? FileManager.default.removeItem(at: file) }
        let records = try DomainRecords(zoneFiles: [file.path], resolver: nil, updates: nil)
        #expect(try await records.records(of: "new.shop.example", .alias).isEmpty)
        try Data((text + "new IN CNAME www\n").utf8).write(to: file, options: .atomic)
        #expect(try await records.records(of: "new.shop.example", .alias).count == 1)
        // While it can't be read, nothing is known.
        try Data("$ORIGIN x.\nnew IN CNAME\n".utf8).write(to: file, options: .atomic)
        await #expect(throws: DomainProblem.self) { try await records.records(of: "new.shop.example", .alias) }
    }

    @Test(arguments: [
        "@ IN CNAME\n", "www.example. IN A 300.1.1.1\n", "www IN CNAME a. b.\n", "$INCLUDE /etc/passwd\n",
    ])
    func `What is no zone is not taken for one`(text: String) throws {
        let file = try zone(text)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(throws: DomainProblem.self) {
            try DomainRecords(zoneFiles: [file.path], resolver: nil, updates: nil)
        }
        #expect(throws: DomainProblem.self) {
            try DomainRecords(zoneFiles: [file.path + ".none"], resolver: nil, updates: nil)
        }
        #expect(throws: DomainProblem.self) {
            try DomainRecords(zoneFiles: [file.deletingLastPathComponent().path], resolver: nil, updates: nil)
        }
    }

    /// An authority that may issue is believed where it is known that nobody forbids it.
    @Test func `Where an alias leads out of all zones, it is not known who may issue`() async throws {
        let file = try zone(text + "out IN CNAME www.other.example.\nbelow IN CNAME none.shop.example.\n")
        defer { try? FileManager.default.removeItem(at: file) }
        let records = try DomainRecords(zoneFiles: [file.path], resolver: nil, updates: nil)
        await #expect(throws: DomainProblem.self) { try await records.records(of: "out.shop.example", .authorization) }
        #expect(try await records.records(of: "out.shop.example", .text).isEmpty)
        #expect(try await records.records(of: "below.shop.example", .authorization).isEmpty)
        #expect(try await records.records(of: "www.shop.example", .authorization).isEmpty)
    }

    @Test func `Nobody has said where records are`() async throws {
        let records = DomainRecords()
        #expect(!records.isThere && !records.canPut("www.example"))
        #expect(try await records.records(of: "www.example", .alias).isEmpty)
        await #expect(throws: DomainProblem.self) { try await records.put("www.example", alias: "x") }
    }
}

struct NameServerTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:53"), ("127.0.0.1:5353", "127.0.0.1:5353"), ("[::1]:53", "[::1]:53"),
        ("[2001:db8::1]", "[2001:db8::1]:53"),
    ])
    func `Addresses are read`(text: String, shown: String) throws {
        #expect(try #require(NameServer(text)).description == shown)
    }

    @Test(arguments: ["", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "::1", "[::1", "1.2.3.4:53:1"])
    func `Others are not`(text: String) { #expect(NameServer(text) == nil) }

    @Test func `Of an answer counts what the aliases in it lead to`() {
        func record(_ name: String, _ kind: DomainRecord.Kind, _ value: DomainRecord.Value) -> DomainRecord {
            DomainRecord(name: name, kind: kind, value: value)
        }
        let (own, other) = (record("b", .text, .text([1])), record("c", .text, .text([2])))
        let aliases = [record("a", .alias, .alias("b")), record("x", .alias, .alias("c"))]
        func answers(_ records: [DomainRecord], _ kind: DomainRecord.Kind) -> [DomainRecord] {
            NameServer.answers(records, to: "a", kind)
        }
        #expect(answers(aliases + [own, other], .text) == [own])
        #expect(answers([other] + aliases, .text).isEmpty)
        #expect(answers([own, other], .text).isEmpty)
        #expect(answers(aliases + [own], .alias) == [aliases[0]])
        #expect(answers([record("a", .alias, .alias("a"))], .text).isEmpty)
    }

    @Test func `A server that is not there gives no answer`() async throws {
        let server = try #require(NameServer("127.0.0.1:1"))
        await #expect(throws: DomainProblem.self) { try await server.records(of: "www.example", .alias) }
        await #expect(throws: DomainProblem.self) {
            try await server.records(of: String(repeating: "a", count: 64) + ".example", .alias)
        }
    }

    @Test func `The longest zone takes a name`() throws {
        let server = try #require(NameServer("127.0.0.1:1"))
        let updates = DomainUpdates(server: server, zones: ["Example.", "shop.example"], key: nil)
        #expect(updates.zone(of: "_a.WWW.shop.example.") == "shop.example")
        #expect(updates.zone(of: "example") == "example")
        #expect(updates.zone(of: "notexample") == nil)
    }

    @Test(arguments: [
        ("hmac-sha256:a.b:c2VjcmV0", true), ("hmac-md5:a:c2VjcmV0", false), ("a:b", false), ("hmac-sha256:a:!", false),
    ])
    func `Keys are read`(text: String, isKey: Bool) { #expect((DomainUpdates.Key(text) != nil) == isKey) }
}
