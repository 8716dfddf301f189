import Crypto
import Foundation
import Testing

@testable import Bodies

/// What backups and verifications find.
@Suite struct InspectionTests {
    @Test(arguments: [0, 20_000, 200_000]) func damageIsFound(length: Int) async throws {
        var dice = Dice(UInt64(length))
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let body = try await store.put(dice.bytes(length))
        #expect(try store.inspect(body))
        let path = directory.path(of: body)
        let file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        for place in [0, 20, 31, 32, file.count / 2, file.count - 1] {
            var damaged = file
            damaged[place] ^= 1
            try Data(damaged).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: BodyError.self) { try store.inspect(body) }
            #expect(error?.kind == .damaged, "byte \(place)")
        }
        try Data(file.dropLast()).write(to: URL(fileURLWithPath: path))
        #expect(throws: BodyError.self) { try store.inspect(body) }
        try await store.remove([body.id])
        let error = #expect(throws: BodyError.self) { try store.inspect(body) }
        #expect(error?.kind == .missing)
    }

    @Test func whoeverHasTheKeyIsNeededForTheRest() async throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let body = try await store.put([UInt8](repeating: 7, count: 100_000), key: SymmetricKey(size: .bits256))
        #expect(try !store.inspect(body))
        let path = directory.path(of: body)
        var file = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        try Data(file.dropLast()).write(to: URL(fileURLWithPath: path))
        #expect(throws: BodyError.self) { try store.inspect(body) }
        file[17] ^= 1
        try Data(file).write(to: URL(fileURLWithPath: path))
        #expect(throws: BodyError.self) { try store.inspect(body) }
    }

    @Test(arguments: Kind.allCases) func aCopyIsTheSame(in kind: Kind) async throws {
        var dice = Dice(1)
        let (source, lifetime) = try kind.store()
        let directory = try TemporaryDirectory()
        let target = try directory.store()
        for length in [0, 100_000, 3_000_000] {
            let plaintext = dice.bytes(length)
            let body = try await source.put(plaintext)
            let sum = try target.copy(body.id, from: source)
            #expect(sum.bytes == BodySeal.sealedSize(ofLength: length))
            let file = try Data(contentsOf: URL(fileURLWithPath: directory.path(of: body)))
            #expect(sum.sha256 == SHA256.hash(data: file).map { String(format: "%02x", $0) }.joined())
            #expect(try source.sum(of: body.id) == sum)
            // Again, as when the first attempt was interrupted.
            #expect(try target.copy(body.id, from: source) == sum)
            #expect(try await target.get(body) == plaintext)
        }
        let page = try target.list(olderThan: -60, limit: 2)
        #expect(page.count == 2)
        #expect(try target.list(after: page.last, olderThan: -60, limit: 2).count == 1)
        #expect(try target.list(olderThan: 86_400, limit: 2) == [])
        withExtendedLifetime(lifetime) {}
    }

    @Test func credentialsAreReadAsAWSWritesThem() throws {
        let found = BucketCredentials.parse(
            """
            [other]
            aws_access_key_id = AKIDOTHER
            [default]
            # a note
            aws_access_key_id = AKID
              aws_secret_access_key=a/b+c==
            """)
        #expect(found?.accessKeyID == "AKID")
        #expect(found?.secretAccessKey == "a/b+c==")
        #expect(found?.sessionToken == nil)
        #expect(BucketCredentials.parse("aws_access_key_id = AKID") == nil)
    }

    @Test(arguments: [
        "s3:/bucket", "s3://", "s3:///prefix", "s3://bucket/a b", "s3://bucket/../x", "s3://bucket?endpoint=ftp://host",
        "s3://bucket?endpoint=https://host/path", "s3://bucket?region=", "s3://bucket?color=red", "s3://bucket/ü",
    ])
    func whatIsNoBucketIsRefused(text: String) throws {
        let credentials = BucketCredentials(file: "/nowhere")
        let error = #expect(throws: BodyError.self) { try BucketAddress(text, credentials: credentials) }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("s3://bucket/prefix?endpoint=") == true)
    }

    @Test func aBucketHasItsName() throws {
        let credentials = BucketCredentials(file: "/nowhere")
        let address = try BucketAddress(
            "s3://bucket/a/b?endpoint=http://127.0.0.1:4566&region=eu-west-1", credentials: credentials)
        #expect(address.name == "s3://bucket/a/b/")
        #expect(address.region == "eu-west-1")
        #expect(address.endpoint.authority == "127.0.0.1:4566")
        #expect(
            try BucketAddress("s3://bucket", credentials: credentials).endpoint.host == "s3.us-east-1.amazonaws.com")
    }
}
