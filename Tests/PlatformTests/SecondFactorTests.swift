import Directory
import Ledger
import Platform
import SoftwareAuthenticator
import Testing
import WebAuthn

private let account = "111122223333"
private let alice = "AIDAALICE"
private let phone = "arn:aws:iam::\(account):mfa/phone"
private let key = "arn:aws:iam::\(account):u2f/user/alice/key-ID"
private let site = RelyingParty(id: "localhost", name: "Gatehouse", origins: ["https://localhost:4566"])
private let seed = Array("a seed of forty bytes, as AWS makes them.".utf8)

extension Workshop {
    fileprivate func factors(of owner: String = alice, after seconds: Double = 0) -> SecondFactors {
        SecondFactors(of: owner, in: account, environment, requestID: "r", time: Self.start + seconds)
    }

    fileprivate func putPhone() async throws {
        var device = MFADevice(
            serialNumber: phone, accountID: account, seed: seed, createDate: Self.start, tags: [])
        device.ownerID = alice
        try await put(device)
    }

    fileprivate func putKey(_ authenticator: SoftwareAuthenticator) async throws {
        let challenge: [UInt8] = [1]
        let registration = try Registration.verify(
            authenticator.register(challenge: challenge), challenge: challenge, site)
        let passkey = Passkey(
            name: "key", credentialID: registration.credentialID, publicKey: registration.publicKey.cose,
            isBackupEligible: false, aaguid: registration.aaguid, transports: [],
            signCount: Int(registration.signCount))
        try await put(
            MFADevice(
                serialNumber: key, accountID: account, passkey: passkey, ownerID: alice, createDate: Self.start))
    }

    fileprivate func device(_ serialNumber: String) async throws -> MFADevice? {
        try await factors().devices().first { $0.serialNumber == serialNumber }
    }
}

private func code(after seconds: Double = 0) -> SecondFactors.Code {
    let step = OneTimePassword.step(at: Workshop.start + seconds)
    return SecondFactors.Code(OneTimePassword(seed: seed).code(atStep: step), serialNumber: phone)
}

private let wrongCode = SecondFactors.Code("12345x", serialNumber: phone)

@Suite struct OneTimeCodeTests {
    @Test func isTakenOnce() async throws {
        let shop = try Workshop()
        try await shop.putPhone()
        #expect(try await shop.factors().take(code(), keepingRight: true) == .right(phone))
        #expect(try await shop.device(phone)?.attempts == [])
        #expect(try await shop.factors().take(code()) == .right(phone))
        #expect(try await shop.factors().take(code()) == .wrong)
        #expect(try await shop.factors(after: 30).take(code(after: 30)) == .right(phone))
    }

    @Test func isTakenOnceOfManyAtOnce() async throws {
        let shop = try Workshop()
        try await shop.putPhone()
        let rights = try await withThrowingTaskGroup(of: SecondFactors.Answer.self) { group in
            for _ in 0..<5 { group.addTask { try await shop.factors().take(code()) } }
            return try await group.reduce(0) { $0 + ($1 == .right(phone) ? 1 : 0) }
        }
        #expect(rights == 1)
    }

    @Test func guessesAreThrottled() async throws {
        let shop = try Workshop()
        try await shop.putPhone()
        for _ in 0..<9 { #expect(try await shop.factors().take(wrongCode) == .wrong) }
        #expect(try await shop.factors().take(code()) == .throttled)
        #expect(try await shop.factors(after: 179).take(code(after: 179)) == .throttled)
        #expect(try await shop.factors(after: 181).take(code(after: 181)) == .right(phone))
    }

    @Test func ofOthersIsUnknown() async throws {
        let shop = try Workshop()
        try await shop.putPhone()
        try await shop.putKey(SoftwareAuthenticator.make())
        #expect(try await shop.factors(of: "AIDABOB").take(code()) == .unknown)
        // The codes of an empty seed are no secret.
        let step = OneTimePassword.step(at: Workshop.start)
        let empty = OneTimePassword(seed: []).code(atStep: step)
        #expect(try await shop.factors().take(SecondFactors.Code(empty, serialNumber: key)) == .unknown)
        #expect(try await shop.factors().take(SecondFactors.Code(empty, serialNumber: "x")) == .unknown)
    }
}

@Suite struct PasskeyProofTests {
    private let challenge = [UInt8](repeating: 7, count: 32)

    private func proof(
        _ authenticator: inout SoftwareAuthenticator, _ challenge: [UInt8], verified: Bool = false
    ) throws -> SecondFactors.PasskeyProof {
        SecondFactors.PasskeyProof(
            try authenticator.sign(in: challenge), challenge: challenge, site: site, isVerificationRequired: verified)
    }

    private func authenticator() throws -> SoftwareAuthenticator {
        var authenticator = try SoftwareAuthenticator.make()
        authenticator.userHandle = Array(alice.utf8)
        return authenticator
    }

    /// Authenticators of synchronised passkeys do not count.
    @Test func isTakenOnceThoughNothingCounts() async throws {
        let shop = try Workshop()
        var authenticator = try authenticator()
        try await shop.putKey(authenticator)
        let proof = try proof(&authenticator, challenge)
        #expect(try await shop.factors().take(proof) == .right(key))
        #expect(try await shop.factors().take(proof) == .wrong)
        // A new signature does not make a challenge new.
        #expect(try await shop.factors(after: 599).take(self.proof(&authenticator, challenge)) == .wrong)
        #expect(try await shop.factors().take(self.proof(&authenticator, [8])) == .right(key))
        #expect(try await shop.device(key)?.passkey?.answered.count == 2)
        #expect(try await shop.factors(after: 601).take(self.proof(&authenticator, [9])) == .right(key))
        #expect(try await shop.device(key)?.passkey?.answered.count == 1)
    }

    @Test func isTakenOnceOfManyAtOnce() async throws {
        let shop = try Workshop()
        var authenticator = try authenticator()
        try await shop.putKey(authenticator)
        let proof = try proof(&authenticator, challenge)
        let rights = try await withThrowingTaskGroup(of: SecondFactors.Answer.self) { group in
            for _ in 0..<5 { group.addTask { try await shop.factors().take(proof) } }
            return try await group.reduce(0) { $0 + ($1 == .right(key) ? 1 : 0) }
        }
        #expect(rights == 1)
    }

    @Test func theCounterIsKept() async throws {
        let shop = try Workshop()
        var authenticator = try authenticator()
        authenticator.signCount = 5
        try await shop.putKey(authenticator)
        var copy = authenticator
        #expect(try await shop.factors().take(proof(&authenticator, [1])) == .right(key))
        #expect(try await shop.factors().take(proof(&authenticator, [2])) == .right(key))
        #expect(try await shop.device(key)?.passkey?.signCount == 7)
        #expect(try await shop.factors().take(proof(&copy, [3])) == .wrong)
        #expect(try await shop.device(key)?.passkey?.signCount == 7)
    }

    @Test func whatIsWrongCounts() async throws {
        let shop = try Workshop()
        var authenticator = try authenticator()
        try await shop.putKey(authenticator)
        var stranger = try self.authenticator()
        stranger.credentialID = authenticator.credentialID
        for index in 0..<8 {
            #expect(try await shop.factors().take(proof(&stranger, [UInt8(index)])) == .wrong)
        }
        authenticator.flags = [.userPresent]
        #expect(try await shop.factors().take(proof(&authenticator, [20], verified: true)) == .wrong)
        #expect(try await shop.factors().take(proof(&authenticator, [21])) == .throttled)
        #expect(try await shop.factors(after: 181).take(proof(&authenticator, [21])) == .right(key))
    }

    @Test func ofOthersIsUnknown() async throws {
        let shop = try Workshop()
        var authenticator = try authenticator()
        try await shop.putKey(authenticator)
        #expect(try await shop.factors(of: "AIDABOB").take(proof(&authenticator, [1])) == .unknown)
        var other = try self.authenticator()
        #expect(try await shop.factors().take(proof(&other, [1])) == .unknown)
    }

    @Test func options() async throws {
        let shop = try Workshop()
        let authenticator = try authenticator()
        try await shop.putPhone()
        let factors = shop.factors()
        #expect(
            factors.requestOptions(for: try await factors.devices(), challenge: challenge, site: site) == nil)
        try await shop.putKey(authenticator)
        let devices = try await factors.devices()
        let request = try #require(factors.requestOptions(for: devices, challenge: challenge, site: site))
        #expect(request.allowed.map(\.id) == [authenticator.credentialID])
        let creation = factors.creationOptions(besides: devices, challenge: challenge, site: site, userName: "alice")
        #expect(creation.excluded.map(\.id) == [authenticator.credentialID])
        #expect(creation.userHandle == Array(alice.utf8))
    }
}
