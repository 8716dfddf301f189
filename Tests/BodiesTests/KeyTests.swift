import Crypto
import Fetch
import Foundation
import Testing

@testable import Bodies

@Suite struct KeyTests {
    @Test(arguments: Kind.allCases) func aKeyOfTheCallersIsNeeded(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        let key = SymmetricKey(size: .bits256)
        let bytes = [UInt8](repeating: 7, count: 100_000)
        let body = try await store.put(bytes, key: key)
        #expect(body.needsKey)
        #expect(try await store.get(body, key: key) == bytes)
        let again = SymmetricKey(data: key.withUnsafeBytes { Array($0) })
        #expect(try await store.get(body, range: 5..<70_000, key: again) == Array(bytes[5..<70_000]))
        for wrong in [nil, SymmetricKey(size: .bits256), SymmetricKey(size: .bits128)] {
            #expect(await failure { () throws(BodyError) in _ = try await store.get(body, key: wrong) } == .key)
        }
        #expect(await failure { () throws(BodyError) in _ = try await store.begin(key: .init(size: .bits128)) } == .key)

        let (small, sealed) = try store.seal([1, 2, 3], key: key)
        #expect(try store.open(sealed, of: small, key: key) == [1, 2, 3])
        #expect(throws: BodyError.self) { try store.open(sealed, of: small) }
        #expect(throws: BodyError.self) { try store.open(sealed, of: small, key: SymmetricKey(size: .bits256)) }
        #expect(throws: BodyError.self) { try store.seal([1], key: SymmetricKey(size: .bits192)) }
        withExtendedLifetime(lifetime) {}
    }

    @Test(arguments: Kind.allCases) func aBodysOwnKeyCanBeWrapped(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        let key = SymmetricKey(size: .bits256)
        let bytes = [UInt8](repeating: 7, count: 100_000)
        let before = try await store.put(bytes)
        let body = try before.wrapped(by: key)
        #expect(body.needsKey && !before.needsKey && body.id == before.id)
        let kept = try JSONDecoder().decode(StoredBody.self, from: try JSONEncoder().encode(body))
        #expect(kept == body)
        #expect(try await store.get(kept, key: key) == bytes)
        let given = try store.seal([1], key: key).body
        for body in [before, body, given] { #expect(StoredBody(bytes: body.bytes) == body) }
        for end in 0..<body.bytes.count { _ = StoredBody(bytes: Array(body.bytes[..<end])) }
        #expect(StoredBody(bytes: []) == nil && StoredBody(bytes: Array(before.bytes.dropLast())) == nil)
        #expect(try await store.get(kept, range: 5..<70_000, key: key) == Array(bytes[5..<70_000]))
        for wrong in [nil, SymmetricKey(size: .bits256), SymmetricKey(size: .bits128)] {
            #expect(await failure { () throws(BodyError) in _ = try await store.get(kept, key: wrong) } == .key)
        }
        let (small, sealed) = try store.seal([1, 2, 3])
        #expect(try store.open(sealed, of: try small.wrapped(by: key), key: key) == [1, 2, 3])
        // What needs a key already has none of its own.
        #expect(throws: BodyError.self) { try body.wrapped(by: key) }
        #expect(throws: BodyError.self) { try before.wrapped(by: SymmetricKey(size: .bits128)) }
        withExtendedLifetime(lifetime) {}
    }

    /// A customer has one key for all objects: that must not give two of them the same key and nonce.
    @Test func oneKeyForManyBodiesSealsEachDifferently() async throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let key = SymmetricKey(size: .bits256)
        let bytes = [UInt8](repeating: 7, count: 200_000)
        let (one, other) = (try await store.put(bytes, key: key), try await store.put(bytes, key: key))
        let files = try [one, other].map { try [UInt8](Data(contentsOf: URL(fileURLWithPath: directory.path(of: $0)))) }
        #expect(files[0].count == files[1].count)
        let equal = zip(files[0], files[1]).dropFirst(BodySeal.headerSize).count { $0 == $1 }
        #expect(equal < files[0].count / 128, "as many as there would be by chance, or about")
        let chunks = [files[0].dropFirst(32).prefix(65_536), files[0].dropFirst(32 + 65_552).prefix(65_536)]
        #expect(!chunks[0].elementsEqual(chunks[1]))
    }

    @Test func aKeyBelongsToItsBody() async throws {
        let store = BodyStore(memoryLimit: 1 << 20)
        let (one, other) = (try await store.put([1, 2, 3]), try await store.put([4, 5, 6]))
        for forged in [try one.with("id", other.id.description), try one.with("length", 2)] {
            #expect(await failure { () throws(BodyError) in _ = try await store.get(forged) } == .damaged)
        }
    }

    @Test func aRecordDoesNotShowTheKey() async throws {
        let store = BodyStore(memoryLimit: 1 << 20)
        let body = try await store.put([1, 2, 3])
        let json = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
        let key = try #require(json.firstMatch(of: /"key":"([^"]+)"/)?.1)
        var dumped = ""
        dump(body, to: &dumped)
        for text in ["\(body)", String(reflecting: body), dumped] {
            #expect(text.contains(body.id.description))
            #expect(!text.contains(key))
            #expect(!text.lowercased().contains("secret"), "\(text)")
        }
    }

    /// Where nobody can tell whether a writer still lives, a body must be part of something before a sweep may come.
    @Test func aBodyThatHasWaitedTooLongIsRefused() throws {
        let id = BodyID.random()
        let secret = StoredBody.Secret.own([UInt8](repeating: 7, count: BodySeal.keySize))
        let fresh = StoredBody(id: id, length: 5, secret: secret, until: .now + .seconds(60))
        let stale = StoredBody(id: id, length: 5, secret: secret, until: .now - .seconds(1))
        try fresh.checkIsFresh()
        #expect(throws: BodyError.self) { try stale.checkIsFresh() }
        // What comes from a row was committed with it.
        #expect(stale == fresh)
        try JSONDecoder().decode(StoredBody.self, from: JSONEncoder().encode(stale)).checkIsFresh()
        let place = BodyBucket(
            try BucketAddress("s3://bucket", credentials: BucketCredentials(file: "/nowhere")), ServerTrust())
        let (patience, age) = (try #require(place.patience), try #require(place.leastAge))
        #expect(patience * 2 <= .seconds(age))
    }

    @Test func nobodyElseCanReadTheFiles() async throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let secret = "the-secret-that-must-not-be-found"
        let body = try await store.put(Array(String(repeating: secret, count: 10_000).utf8))
        let path = directory.path(of: body)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).range(of: Data(secret.utf8)) == nil)
        for (path, mode) in [(path, 0o600), (directory.bodies, 0o700), (directory.bodies + "/incoming", 0o700)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(path)")
        }
    }
}
