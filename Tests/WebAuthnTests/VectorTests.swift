import Testing
import WebAuthn
import Wire

/// The ceremonies of the specification's test vectors, as far as their algorithms and formats are verified here.
/// <https://www.w3.org/TR/webauthn-3/#sctn-test-vectors>
@Suite struct VectorTests {
    private let site = RelyingParty(id: "example.org", name: "", origins: ["https://example.org"])

    /// The client data of all vectors: some have a member that nobody knows.
    private func clientData(_ ceremony: String, _ challenge: [UInt8], extra: String? = nil, cross: Bool = false)
        -> [UInt8]
    {
        var text = #"{"type":"webauthn.\#(ceremony)","challenge":"\#(Base64URL.encode(challenge))","#
        text += #""origin":"https://example.org","crossOrigin":\#(cross)"#
        if let extra {
            text +=
                #","extraData":"clientDataJSON may be extended with additional fields in the future, such as this: "#
            text += extra + "\""
        }
        return Array((text + "}").utf8)
    }

    @Test func noAttestation() throws {
        let challenge = try bytes("00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130")
        let id = try bytes("f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4")
        let response = RegistrationResponse(
            credentialID: id, clientDataJSON: clientData("create", challenge, extra: "BkQeDjdcTBrXBiAwJTLE5Q"),
            attestationObject: try bytes(Self.withoutAttestation))
        let registration = try Registration.verify(response, challenge: challenge, site)
        #expect(registration.attestation == .none)
        #expect(registration.aaguid == (try bytes("8446ccb9ab1db374750b2367ff6f3a1f")))
        #expect(registration.flags == [.userPresent, .backupEligible, .backedUp, .hasCredential])
        #expect(throws: WebAuthnError.userNotVerified) {
            try Registration.verify(response, challenge: challenge, site, requiringVerification: true)
        }
        try signIn(
            id: id, registration.publicKey, backupEligible: true,
            challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408", flags: "19",
            signature: "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd38"
                + "0221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87")
    }

    @Test func selfAttestation() throws {
        let challenge = try bytes("7869c2b772d4b58eba9378cf8f29e26cf935aa77df0da89fa99c0bdc0a76f7e5")
        let id = try bytes("455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c")
        let response = RegistrationResponse(
            credentialID: id, clientDataJSON: clientData("create", challenge, extra: "U9hTXvKE2URkMnb_0xYHVg"),
            attestationObject: try bytes(Self.withSelfAttestation))
        let registration = try Registration.verify(response, challenge: challenge, site)
        #expect(registration.attestation == .selfSigned)
        try signIn(
            id: id, registration.publicKey, backupEligible: true,
            challenge: "4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b", flags: "09",
            extra: "gTb53rz6EhSWomXGzimC1Q",
            signature: "304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf840"
                + "02204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66")
    }

    /// Its page was in another site's frame.
    @Test func crossOrigin() throws {
        let challenge = try bytes("3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49")
        let response = RegistrationResponse(
            credentialID: [1],
            clientDataJSON: clientData("create", challenge, extra: "zZquEtDR9DWqpW5tBWTFug", cross: true),
            attestationObject: [])
        #expect(throws: WebAuthnError.crossOrigin) { try Registration.verify(response, challenge: challenge, site) }
    }

    @Test func rsa() throws {
        try signIn(
            id: try bytes("992a18acc83f67533600c1138a4b4c4bd236de13629cf025ed17cb00b00b74df"),
            try CredentialPublicKey(bytes(Self.rsaKey)), backupEligible: true,
            challenge: "295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5", flags: "19",
            signature: Self.rsaSignature)
    }

    @Test func edwards() throws {
        let data = try AuthenticatorData(
            bytes(
                """
                bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b54100000000d5aa33581e8ca478e20fe713\
                f5d32ff20020ce9f840ed96599580cd140fbc7bb3230633f50f61041aff73308ae71caa8a2bda401010327200621582044\
                e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832
                """))
        let credential = try #require(data.credential)
        try signIn(
            id: credential.id, credential.publicKey, backupEligible: false,
            challenge: "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2", flags: "01",
            signature: "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cf"
                + "dfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b")
    }

    private func signIn(
        id: [UInt8], _ key: CredentialPublicKey, backupEligible: Bool, challenge: String, flags: String,
        extra: String? = nil, signature: String
    ) throws {
        let challenge = try bytes(challenge)
        let response = AssertionResponse(
            credentialID: id, clientDataJSON: clientData("get", challenge, extra: extra),
            authenticatorData: try bytes(
                "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5" + flags + "00000000"),
            signature: try bytes(signature))
        let credential = Assertion.Credential(
            id: id, publicKey: key, signCount: 0, isBackupEligible: backupEligible, userHandle: [])
        #expect(try Assertion.verify(response, challenge: challenge, site, of: credential).signCount == 0)
    }

    private func bytes(_ hexadecimal: String) throws -> [UInt8] {
        let digits = Array(hexadecimal)
        return try stride(from: 0, to: digits.count, by: 2).map { index in
            try #require(UInt8(String(digits[index...index + 1]), radix: 16))
        }
    }

    private static let withoutAttestation = """
        a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735a\
        e7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70\
        189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20d\
        b90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b\
        9220
        """

    private static let withSelfAttestation = """
        a363666d74667061636b65646761747453746d74a263616c672663736967584630440220067a20754ab925005dbf3780\
        97c92120031581c73228d1fb4f5b881bcd7da98302207fc7b147558c7c0eba3af18bd9d121fa3d3a26d17fe3f2202721\
        78f473b6006d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4\
        b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a86\
        5ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf1938\
        43c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2
        """

    private static let rsaKey = """
        a4010303390100205901b403ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
        ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
        ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
        fffffffffffffffffffffffffffffffffffffffffffffffffffffff7ffffffffffffffffffffffffffffffffffffffff\
        ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
        ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff80\
        000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\
        0000000000000000000000000000012143010001
        """

    private static let rsaSignature = """
        01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b1\
        18c55ffaaddefa8cad0a54dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d67\
        2aa44891333e6a1355536025e82b25590256c3538229b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901\
        b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a30f93716aee818f8dc06e96c0d5e0ed\
        4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a64154a8b\
        3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f6\
        76e2ea828d0bf2400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11\
        bfe653bf3e98cee8e341f02d67dbb6f9c98d9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d\
        15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3999d4882cc645b776de930756612cdc6dd3981\
        60ff02a6
        """
}
