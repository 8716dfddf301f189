import Testing

@testable import S3Service

@Suite struct AccessGrantScopeTests {
    @Test(arguments: [
        ("s3://box", "s3://box/*"), ("s3://box/", "s3://box/*"), ("s3://box/*", "s3://box/*"),
        ("s3://box/a", "s3://box/a"), ("s3://box/a*", "s3://box/a*"), ("s3://box/a/", "s3://box/a/"),
        ("s3://box//a*", "s3://box//a*"), ("s3://box/a**", "s3://box/a**"), ("s3://box/ü*", "s3://box/ü*"),
    ]) func pathsAreRead(path: String, text: String) throws {
        #expect(try #require(AccessGrantScope(path)).text == text)
    }

    @Test(arguments: [
        "", "box", "box/a", "s3:/box", "S3://box", "s3://", "s3:///a", "s3://b*x", "s3://*/a", "https://box/a",
    ])
    func whatIsNoPath(path: String) { #expect(AccessGrantScope(path) == nil) }

    @Test func anObjectMayEndWithAnAsterisk() throws {
        let object = try #require(AccessGrantScope("s3://box/a*", isObject: true))
        #expect(object.isObject && object.key == "a*")
        #expect(AccessGrantScope("s3://box/", isObject: true) == nil)
        #expect(AccessGrantScope("s3://box", isObject: true) == nil)
        #expect(try !object.covers(#require(AccessGrantScope("s3://box/a*"))))
        #expect(try #require(AccessGrantScope("s3://box/a*")).covers(object))
    }

    @Test(
        arguments: [
            ("s3://", nil, nil), ("s3://", "box", nil), ("s3://", "box*", nil), ("s3://", "*", nil),
            ("s3://", "box/*", "s3://box/*"), ("s3://", "box/a", "s3://box/a"),
            ("s3://box", nil, "s3://box/*"), ("s3://box", "a*", "s3://box/a*"), ("s3://box/", "a*", "s3://box/a*"),
            ("s3://box/p*", "a*", "s3://box/pa*"), ("s3://box/p", "a", "s3://box/pa"),
            ("s3://box/p*", nil, "s3://box/p*"),
            ("s3://box/p", nil, "s3://box/p*"),
        ] as [(String, String?, String?)])
    func aGrantAppendsToItsLocation(location: String, subPrefix: String?, text: String?) throws {
        let location = try #require(AccessGrantsLocationScope(location))
        #expect(AccessGrantScope(location, subPrefix, isObject: false)?.text == text)
    }

    @Test func locationsAreComparedWhateverTheWayToWriteThem() throws {
        func scope(_ path: String) throws -> AccessGrantsLocationScope { try #require(AccessGrantsLocationScope(path)) }
        #expect(try scope("s3://box").isSame(as: scope("s3://box/*")))
        #expect(try scope("s3://box/a").isSame(as: scope("s3://box/a*")))
        #expect(try !scope("s3://box/a").isSame(as: scope("s3://box/a/")))
        #expect(try !scope("s3://").isSame(as: scope("s3://box")))
        #expect(AccessGrantsLocationScope("s3:///") == nil && AccessGrantsLocationScope("s3://box*") == nil)
    }

    /// The letter is one with the accent in Swift's eyes, and two in S3's.
    @Test func keysAreComparedByteByByte() throws {
        let composed = try #require(AccessGrantScope("s3://box/\u{e9}*"))
        let decomposed = try #require(AccessGrantScope("s3://box/e\u{301}x"))
        #expect(!composed.covers(decomposed))
        #expect(try #require(AccessGrantScope("s3://box/e*")).covers(decomposed))
        #expect(AccessGrant.key(of: composed, for: "A") != AccessGrant.key(of: decomposed, for: "A"))
    }

    /// The first of what covers a target that is among the grants is the one that a search through all grants finds.
    @Test(arguments: 0..<100) func theClosestIsFound(seed: UInt64) throws {
        var dice = Dice(seed)
        var grants: [AccessGrantScope] = []
        for _ in 0..<Int.random(in: 1...40, using: &dice) { grants.append(try dice.scope()) }
        for _ in 0..<20 {
            let target = try dice.scope()
            let naive = grants.filter { isCovered(target, by: $0) }.max { specificity($0) < specificity($1) }
            let keys = Set(grants.map { AccessGrant.key(of: $0, for: "AIDA") })
            let found = target.covering.first { keys.contains(AccessGrant.key(of: $0, for: "AIDA")) }
            #expect(
                found?.text == naive?.text && found?.isObject == naive?.isObject,
                "\(target.text) in \(grants.map(\.text))")
            for grant in grants { #expect(grant.covers(target) == isCovered(target, by: grant)) }
        }
    }

    /// Said by what the keys of a bucket are, rather than by paths.
    private func isCovered(_ target: AccessGrantScope, by grant: AccessGrantScope) -> Bool {
        guard target.bucket == grant.bucket else { return false }
        // A prefix stands for itself and whatever follows.
        let keys = target.isObject ? [target.key] : [target.key, target.key + "a", target.key + "\u{10FFFF}"]
        return keys.allSatisfy { key in
            grant.isObject
                ? Array(key.utf8) == Array(grant.key.utf8) : Array(key.utf8).starts(with: Array(grant.key.utf8))
        }
    }

    private func specificity(_ scope: AccessGrantScope) -> Int { 2 * scope.key.utf8.count + (scope.isObject ? 1 : 0) }
}

/// Random scopes of few letters, so that many have something to do with each other.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func key(_ letters: String = "ab/ü*?${}") -> String {
        let letters = Array(letters.unicodeScalars)
        var key = ""
        for _ in 0..<Int.random(in: 0...5, using: &self) {
            if let letter = letters.randomElement(using: &self) { key.unicodeScalars.append(letter) }
        }
        return key
    }

    mutating func scope() throws -> AccessGrantScope {
        let bucket = Bool.random(using: &self) ? "box" : "other"
        let isObject = Bool.random(using: &self)
        return try #require(
            AccessGrantScope("s3://\(bucket)/\(isObject ? "k" : "")\(key())\(isObject ? "" : "*")", isObject: isObject))
    }
}
