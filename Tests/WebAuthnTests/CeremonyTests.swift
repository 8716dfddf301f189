import SoftwareAuthenticator
import Testing
import WebAuthn

private let challenge = [UInt8](repeating: 9, count: 32)
private let site = RelyingParty(id: "localhost", name: "Gatehouse", origins: ["https://localhost:4566"])

extension SoftwareAuthenticator {
    /// What a site keeps of its credential.
    fileprivate func kept() throws -> Assertion.Credential {
        let registration = try Registration.verify(register(challenge: challenge), challenge: challenge, site)
        return Assertion.Credential(
            id: registration.credentialID, publicKey: registration.publicKey, signCount: registration.signCount,
            isBackupEligible: registration.flags.contains(.backupEligible), userHandle: userHandle)
    }
}

/// What a browser and an authenticator answer, from registration to sign-in.
@Suite struct CeremonyTests {
    @Test(arguments: CredentialPublicKey.Algorithm.allCases)
    func everyAlgorithm(_ algorithm: CredentialPublicKey.Algorithm) throws {
        var authenticator = try SoftwareAuthenticator.make(algorithm)
        for attestsItself in [false, true] {
            authenticator.attestsItself = attestsItself
            let response = try RegistrationResponse(json: authenticator.register(challenge: challenge).json)
            let registration = try Registration.verify(response, challenge: challenge, site)
            #expect(registration.credentialID == authenticator.credentialID)
            #expect(registration.publicKey.algorithm == algorithm)
            #expect(registration.publicKey.cose == authenticator.coseKey)
            #expect(registration.attestation == (attestsItself ? .selfSigned : .none))
            #expect(registration.transports == ["internal"])
            #expect(registration.flags.contains(.userVerified))
        }
        let credential = try authenticator.kept()
        let response = try AssertionResponse(json: authenticator.sign(in: challenge).json)
        let assertion = try Assertion.verify(response, challenge: challenge, site, of: credential)
        #expect(assertion.signCount == 0)
    }

    @Test func aKeyIsReadAsItIsWritten() throws {
        for algorithm in CredentialPublicKey.Algorithm.allCases {
            let key = try CredentialPublicKey(SoftwareAuthenticator.make(algorithm).coseKey)
            #expect(try CredentialPublicKey(key.cose) == key)
        }
    }

    @Test func theCounterGrows() throws {
        var authenticator = try SoftwareAuthenticator.make()
        authenticator.signCount = 5
        var credential = try authenticator.kept()
        #expect(credential.signCount == 5)
        let response = try authenticator.sign(in: challenge)
        credential.signCount = try Assertion.verify(response, challenge: challenge, site, of: credential).signCount
        #expect(credential.signCount == 6)
        #expect(throws: WebAuthnError.counterRegressed) {
            try Assertion.verify(response, challenge: challenge, site, of: credential)
        }
        authenticator.signCount = 0
        let uncounted = try authenticator.sign(in: challenge)
        #expect(throws: WebAuthnError.counterRegressed) {
            try Assertion.verify(uncounted, challenge: challenge, site, of: credential)
        }
    }

    @Test func whatARegistrationHasToBe() throws {
        let authenticator = try SoftwareAuthenticator.make()
        func refusal(
            _ change: (inout SoftwareAuthenticator) -> Void, challenge answered: [UInt8] = challenge,
            requiringVerification: Bool = false
        ) throws -> WebAuthnError? {
            var changed = authenticator
            change(&changed)
            let response = try changed.register(challenge: answered)
            return #expect(throws: WebAuthnError.self) {
                try Registration.verify(
                    response, challenge: challenge, site, requiringVerification: requiringVerification)
            }
        }
        #expect(try refusal({ _ in }, challenge: [1]) == .wrongChallenge)
        #expect(try refusal { $0.origin = "https://localhost" } == .wrongOrigin("https://localhost"))
        #expect(try refusal { $0.relyingPartyID = "example.com" } == .wrongRelyingParty)
        #expect(try refusal { $0.crossOrigin = true } == .crossOrigin)
        #expect(try refusal { $0.flags = [.userVerified] } == .userNotPresent)
        #expect(try refusal({ $0.flags = [.userPresent] }, requiringVerification: true) == .userNotVerified)
        #expect(
            try refusal { $0.flags = [.userPresent, .backedUp] }
                == .malformedAuthenticatorData("it is backed up, and can't be"))
        for length in [0, 1024] {
            #expect(
                try refusal { $0.credentialID = [UInt8](repeating: 1, count: length) }
                    == .malformedAuthenticatorData("the credential's id has \(length) bytes"))
        }
        var other = try authenticator.register(challenge: challenge)
        other.credentialID = [1]
        #expect(throws: WebAuthnError.unknownCredential) {
            try Registration.verify(other, challenge: challenge, site)
        }
        // An empty challenge is none, even when the site has lost its own.
        let empty = try authenticator.register(challenge: [])
        #expect(throws: WebAuthnError.wrongChallenge) { try Registration.verify(empty, challenge: [], site) }
    }

    @Test func whatAnAssertionHasToBe() throws {
        var authenticator = try SoftwareAuthenticator.make()
        let credential = try authenticator.kept()
        func refusal(
            of changed: Assertion.Credential? = nil, requiringVerification: Bool = false,
            _ change: (inout SoftwareAuthenticator) throws -> Void
        ) throws -> WebAuthnError? {
            var signer = authenticator
            try change(&signer)
            let response = try signer.sign(in: challenge)
            return #expect(throws: WebAuthnError.self) {
                try Assertion.verify(
                    response, challenge: challenge, site, of: changed ?? credential,
                    requiringVerification: requiringVerification)
            }
        }
        #expect(try refusal { $0.origin = "https://evil.example" } == .wrongOrigin("https://evil.example"))
        #expect(try refusal { $0.relyingPartyID = "evil.example" } == .wrongRelyingParty)
        #expect(try refusal { $0.flags = [] } == .userNotPresent)
        #expect(try refusal(requiringVerification: true) { $0.flags = [.userPresent] } == .userNotVerified)
        #expect(try refusal { $0.flags.insert(.backupEligible) } == .backupEligibilityChanged)
        #expect(try refusal { $0.userHandle = [4] } == .wrongUser)
        #expect(try refusal { $0.credentialID = [4] } == .unknownCredential)
        #expect(try refusal { $0.key = try SoftwareAuthenticator.make().key } == .signatureInvalid)
        // A registration is no proof of anything later.
        let registration = try authenticator.register(challenge: challenge)
        var replayed = try authenticator.sign(in: challenge)
        replayed.clientDataJSON = registration.clientDataJSON
        #expect(throws: WebAuthnError.wrongType("webauthn.create")) {
            try Assertion.verify(replayed, challenge: challenge, site, of: credential)
        }
    }
}

/// Whatever byte of an answer is changed, it proves nothing any more.
@Suite struct FlippedByteTests {
    @Test(arguments: CredentialPublicKey.Algorithm.allCases)
    func ofAnAssertion(_ algorithm: CredentialPublicKey.Algorithm) throws {
        var authenticator = try SoftwareAuthenticator.make(algorithm)
        authenticator.signCount = 1
        let credential = try authenticator.kept()
        let response = try authenticator.sign(in: challenge)
        _ = try Assertion.verify(response, challenge: challenge, site, of: credential)
        for part in [
            \AssertionResponse.authenticatorData, \.clientDataJSON, \.signature, \.credentialID,
        ] {
            for index in response[keyPath: part].indices {
                var flipped = response
                flipped[keyPath: part][index] ^= UInt8.random(in: 1...255)
                #expect(throws: WebAuthnError.self, "byte \(index)") {
                    try Assertion.verify(flipped, challenge: challenge, site, of: credential)
                }
            }
        }
    }

    /// Without attestation nothing proves a registration but the challenge; with the key's own all of it is signed.
    @Test(arguments: CredentialPublicKey.Algorithm.allCases)
    func ofARegistration(_ algorithm: CredentialPublicKey.Algorithm) throws {
        var authenticator = try SoftwareAuthenticator.make(algorithm)
        authenticator.attestsItself = true
        let response = try authenticator.register(challenge: challenge)
        _ = try Registration.verify(response, challenge: challenge, site)
        for part in [\RegistrationResponse.attestationObject, \.clientDataJSON, \.credentialID] {
            for index in response[keyPath: part].indices {
                var flipped = response
                flipped[keyPath: part][index] ^= UInt8.random(in: 1...255)
                #expect(throws: WebAuthnError.self, "byte \(index)") {
                    try Registration.verify(flipped, challenge: challenge, site)
                }
            }
        }
    }

    @Test func endings() throws {
        let response = try SoftwareAuthenticator.make().register(challenge: challenge)
        for count in response.attestationObject.indices {
            var cut = response
            cut.attestationObject = Array(response.attestationObject.prefix(count))
            #expect(throws: WebAuthnError.self) { try Registration.verify(cut, challenge: challenge, site) }
        }
        var longer = response
        longer.attestationObject.append(0)
        #expect(throws: WebAuthnError.self) { try Registration.verify(longer, challenge: challenge, site) }
    }
}
