import FoundationEssentials
import Testing

@testable import Directory

struct ManagedPolicyCatalogTests {
    static let catalog = ManagedPolicyCatalog.aws

    @Test func allAreThere() {
        #expect(Self.catalog.count == 1_486)
        #expect(Self.catalog.arns.count == Self.catalog.count)
        #expect(Self.catalog.arns == Self.catalog.arns.sorted())
        #expect(Set(Self.catalog.arns).count == Self.catalog.count)
    }

    @Test func everyEntryIsFoundAndWhole() throws {
        struct Document: Decodable {
            enum CodingKeys: String, CodingKey { case version = "Version" }
            var version: String
        }
        var ids: Set<String> = []
        for arn in Self.catalog.arns {
            let entry = try #require(Self.catalog.entry(arn: arn))
            #expect(entry.arn == arn)
            #expect(entry.arn == "arn:aws:iam::aws:policy\(entry.path)\(entry.name)")
            #expect(entry.path.hasPrefix("/") && entry.path.hasSuffix("/"))
            #expect(entry.defaultVersionID.hasPrefix("v"))
            #expect(entry.createDate > 1.4e9 && entry.createDate <= entry.updateDate)
            #expect(entry.policyID.utf8.count == 21 && entry.policyID.hasPrefix("ANPA"))
            ids.insert(entry.policyID)
            let document = try JSONDecoder().decode(Document.self, from: Data(entry.document.utf8))
            #expect(["2012-10-17", "2008-10-17"].contains(document.version), "\(entry.name)")
        }
        #expect(ids.count == Self.catalog.count)
    }

    @Test func administrator() throws {
        let entry = try #require(Self.catalog.entry(arn: "arn:aws:iam::aws:policy/AdministratorAccess"))
        #expect(
            entry.document
                == #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#)
        #expect(entry.createDate == 1_423_247_986)  // 2015-02-06T18:39:46Z
        #expect(entry.defaultVersionID == "v1")
    }

    @Test(arguments: [
        "/service-role/AWSLambdaBasicExecutionRole", "/job-function/ViewOnlyAccess", "/AmazonS3ReadOnlyAccess",
    ])
    func byPath(_ tail: String) {
        #expect(Self.catalog.entry(arn: "arn:aws:iam::aws:policy" + tail)?.arn.hasSuffix(tail) == true)
    }

    @Test(arguments: [
        "", "arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy/NoSuchPolicy", "zzz", "AdministratorAccess",
    ])
    func unknown(_ arn: String) {
        #expect(Self.catalog.entry(arn: arn) == nil)
    }

    @Test(arguments: [
        "", "\n", "a\t/\tID\tv1\t1\t2\t9\t{}\n", "a\t/\tID\tv1\t1\t2\t-1\t{}\n", "a\t/\tID\tv1\tx\t2\t2\t{}\n",
    ])
    func brokenDataEndsTheCatalog(_ text: String) {
        Array(text.utf8).withUnsafeBytes { #expect(ManagedPolicyCatalog($0).count == 0) }
    }
}
