import Compression
import Testing
import Wire

@testable import CloudTrailService

@Suite struct ImportedFileTests {
    private func read(_ text: String) async throws -> [(body: [UInt8], time: Int64)] {
        let compressed = try #require(Gzip.compress(Array(text.utf8)))
        return try await ImportedFile.read(BodyStream(compressed))
    }

    @Test func recordsAsTheyWere() async throws {
        let one = #"{"eventTime":"1970-01-01T00:00:01Z","a":"} ] \\\" [","b":[{"c":[]}]}"#
        let records = try await read("{ \"Records\" : [\n\(one), \(one)\n]}")
        #expect(records.map(\.time) == [1000, 1000])
        #expect(records.allSatisfy { String(decoding: $0.body, as: UTF8.self) == one })
        #expect(try await read(#"{"Records":[]}"#).isEmpty)
    }

    @Test(arguments: [
        "", "[]", #"{"Events":[]}"#, #"{"Records":["#, #"{"Records":[{"#, #"{"Records":[{"eventTime":"x\"#,
        #"{"Records":[{"eventTime":"yesterday"}]}"#, #"{"Records":[7]}"#, #"{"Records":[{"eventTime":1}]}"#,
        #"{"Records":[}]}"#, #"{"Records":[[{"eventTime":"1970-01-01T00:00:01Z"}]]}"#,
    ]) func whatIsNoLogFile(_ text: String) async {
        await #expect(throws: ServiceError.self) { try await read(text) }
    }

    @Test func whichKeysAreLogFiles() {
        let folder = "AWSLogs/111122223333/CloudTrail"
        #expect(ImportedFile.isLog("\(folder)/us-east-1/2026/11/29/a.json.gz", below: ""))
        #expect(!ImportedFile.isLog("\(folder)-Digest/us-east-1/a.json.gz", below: ""))
        #expect(!ImportedFile.isLog("\(folder)-Insight/us-east-1/a.json.gz", below: "AWSLogs/"))
        #expect(!ImportedFile.isLog("\(folder)-Aggregated/us-east-1/a.json.gz", below: "AWSLogs/"))
        #expect(!ImportedFile.isLog("\(folder)/", below: ""))
        #expect(!ImportedFile.isLog("AWSLogs/111122223333/Config/a.json.gz", below: "AWSLogs/"))
        #expect(!ImportedFile.isLog("copies/a.json.gz", below: ""))
        #expect(ImportedFile.isLog("copies/a.json.gz", below: "copies/"))
    }

    @Test func whatTimeAFileIsOf() {
        let one = LakeImport(
            id: "", destination: "", uri: "", bucketRegion: "", roleARN: "", start: 1_764_374_400, end: 1_764_460_800,
            created: 0, updated: 0)
        // 2025-11-29
        #expect(ImportedFile.isWithin("x/1_CloudTrail_us-east-1_20251129T0741Z_abc.json.gz", one))
        #expect(!ImportedFile.isWithin("x/1_CloudTrail_us-east-1_20251128T2341Z_abc.json.gz", one))
        #expect(!ImportedFile.isWithin("x/1_CloudTrail_us-east-1_20251201T0741Z_abc.json.gz", one))
        #expect(ImportedFile.isWithin("x/whatever.json.gz", one))
    }
}
