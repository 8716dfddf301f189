import Crypto
import Foundation
import Testing

@testable import CognitoIDPService

/// What clients compute, compared with what we do: the vectors' verifiers are Python's `pow`, their keys and signatures
/// pycognito's. Among them are numbers that begin with zeros, and with high bits, where padding matters.
struct SRPTests {
    struct Vector: Decodable, Sendable, CustomStringConvertible {
        let pool, user, password, salt, verifier, a, b, serverPublic, scrambler, key, signature: String

        var description: String { user }
    }

    static let vectors: [Vector] = {
        guard let url = Bundle.module.url(forResource: "srp", withExtension: "json"),
            let vectors = try? JSONDecoder().decode([Vector].self, from: Data(contentsOf: url))
        else { return [] }
        return vectors
    }()

    private static let block = Array("a block that is sealed".utf8)
    private static let timestamp = "Sun Nov 9 05:06:07 UTC 2026"

    @Test func thereAreVectors() { #expect(Self.vectors.count == 6) }

    @Test(arguments: vectors) func verifiers(_ vector: Vector) throws {
        let salt = try #require(SRPNumber.bytes(hex: vector.salt))
        let made = SRPVerifier(vector.password, of: vector.identity, salt: salt)
        #expect(made.map { SRPNumber.hex($0.verifier) } == vector.verifier)
        let other = SRPVerifier(vector.password + " ", of: vector.identity, salt: salt)
        #expect(other.map { SRPNumber.hex($0.verifier) } != vector.verifier)
    }

    @Test(arguments: vectors) func exchange(_ vector: Vector) throws {
        let (exchange, verifier, b) = try vector.begun()
        #expect(SRPNumber.hex(b) == vector.serverPublic)
        #expect(SRPNumber.hex(exchange.scrambler) == vector.scrambler)
        let key = try #require(exchange.key(verifier))
        #expect(key.withUnsafeBytes { SRPNumber.hex($0) } == vector.key)
    }

    @Test(arguments: vectors) func proof(_ vector: Vector) throws {
        let (exchange, verifier, _) = try vector.begun()
        var signature = Array(try #require(Data(base64Encoded: vector.signature)))
        func isProved(_ timestamp: String = Self.timestamp, _ block: [UInt8] = Self.block) -> Bool? {
            exchange.isProved(by: signature, verifier, of: vector.identity, block: block, timestamp: timestamp)
        }
        #expect(isProved() == true)
        #expect(isProved("Sun Nov 9 05:06:08 UTC 2026") == false)
        #expect(isProved(Self.timestamp, Self.block + [0]) == false)
        signature[0] ^= 1
        #expect(isProved() == false)
        signature = []
        #expect(isProved() == false)
    }

    /// With an A of which N is a factor, S is 0 whatever the password.
    @Test func publicNumbersOfClients() {
        let n = SRPNumber.hex(SRPGroup.modulus)
        let refused = [
            "", "0", "00", String(repeating: "0", count: 768), n, n.uppercased(), "00" + n, "0x1", "-1", " 1", "1 ",
            "g",
            "1" + n, String(repeating: "f", count: 768) + "0", String(repeating: "1", count: 5_000),
        ]
        for number in refused { #expect(SRPExchange.clientPublic(hex: number) == nil, "\(number.prefix(20))") }
        #expect(SRPExchange.clientPublic(hex: "1") == [1])
        #expect(SRPExchange.clientPublic(hex: "0a0B") == [10, 11])
        #expect(SRPExchange.clientPublic(hex: "abc") == [10, 0xBC])
        #expect(SRPExchange.clientPublic(hex: n.dropLast() + "e")?.count == 384)
    }

    @Test func padding() {
        #expect(SRPNumber.padded([0x7F]) == [0x7F])
        #expect(SRPNumber.padded([0x80]) == [0, 0x80])
        #expect(SRPNumber.padded([0, 0, 0x80]) == [0, 0x80])
        #expect(SRPNumber.padded([0, 0]) == [0])
    }

    /// RFC 3526 gives N by a formula; this is the part of it that can be checked without π: its ends, and that it is odd.
    @Test func group() {
        #expect(SRPGroup.modulus.count == SRPGroup.size)
        #expect(SRPGroup.modulus.prefix(8) + SRPGroup.modulus.suffix(8) == Array(repeating: 0xFF, count: 16)[...])
        // Fermat: g^(N-1) = 1, which a single wrong digit would break.
        var exponent = SRPGroup.modulus
        exponent[exponent.count - 1] -= 1
        #expect(SRPGroup.power([2], exponent).map { SRPNumber.padded($0) } == [1])
        #expect(SRPGroup.power([3], exponent).map { SRPNumber.padded($0) } == [1])
    }

    @Test("The flood of an account leaves room for others", arguments: [(1, 256), (2, 170), (511, 1), (10_000, 1)])
    func share(_ accounts: Int, _ share: Int) {
        #expect(SRPWork.share(amongAccounts: accounts) == share)
    }

    @Test func passwords() async throws {
        let verifier = try await PasswordVerifier.make(
            "Aa1!aaaa", user: "alice", poolID: "us-east-1_AbCdEfGhI", account: "111122223333")
        #expect(
            try await verifier.matches(
                "Aa1!aaaa", user: "alice", poolID: "us-east-1_AbCdEfGhI", account: "111122223333"))
        #expect(
            try await !verifier.matches(
                "Aa1!aaab", user: "alice", poolID: "us-east-1_AbCdEfGhI", account: "111122223333"))
        #expect(
            try await !verifier.matches(
                "Aa1!aaaa", user: "Alice", poolID: "us-east-1_AbCdEfGhI", account: "111122223333"))
        #expect(
            try await !verifier.matches(
                "Aa1!aaaa", user: "alice", poolID: "us-east-1_AbCdEfGhJ", account: "111122223333"))
        let again = try await PasswordVerifier.make(
            "Aa1!aaaa", user: "alice", poolID: "us-east-1_AbCdEfGhI", account: "111122223333")
        #expect(again != verifier)
        #expect("\(verifier)" == "PasswordVerifier")
    }
}

extension SRPTests.Vector {
    var identity: SRPVerifier.Identity { PasswordVerifier.identity(user, pool) }

    func begun() throws -> (SRPExchange, SRPVerifier, [UInt8]) {
        let verifier = SRPVerifier(
            salt: try #require(SRPNumber.bytes(hex: salt)), verifier: try #require(SRPNumber.bytes(hex: verifier)))
        let clientPublic = try #require(SRPExchange.clientPublic(hex: a))
        let secret = try #require(SRPNumber.bytes(hex: b))
        let begun = try #require(SRPExchange.begin(clientPublic: clientPublic, verifier, secret: secret))
        return (begun.exchange, verifier, begun.serverPublic)
    }
}
