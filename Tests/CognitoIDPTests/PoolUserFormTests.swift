import Testing

@testable import CognitoIDPService
@testable import Ledger

@Suite("How users are stored")
struct PoolUserFormTests {
    /// Only what every user has.
    private var plain: PoolUser {
        PoolUser(
            poolID: "us-east-1_aaaaaaaaa", username: "ann", name: "ann", sub: "00000000-0000-4000-8000-000000000000",
            attributes: [], created: 1_796_000_000.25, modified: 1_796_000_001.5, isEnabled: true, status: .confirmed)
    }

    /// With all that a user can have.
    private var whole: PoolUser {
        var user = PoolUser(
            poolID: "us-east-1_aaaaaaaaa", username: "Bob", name: "bob", sub: "00000000-0000-4000-8000-000000000001",
            signInAttribute: "email",
            attributes: [
                PoolUser.Attribute(name: "email", value: "ann@example.com"),
                PoolUser.Attribute(name: "custom:team", value: "rot\0weiß"),
            ], created: 1, modified: 2, isEnabled: false, status: .forceChangePassword)
        user.password = verifier(1)
        user.temporaryUntil = 3.5
        user.earlierPasswords = [verifier(2), verifier(3)]
        user.signedOutBefore = 4
        user.requireReset(at: 4.5)
        user.softwareToken = "ABCDEFGH"
        user.unverifiedSoftwareToken = "IJKLMNOP"
        user.lastStep = 59_866_666
        user.factors = PoolUser.Factors(
            isSMSEnabled: true, isEmailEnabled: true, isSoftwareTokenEnabled: true, isPasskeyEnabled: true,
            preferred: "EMAIL_OTP")
        user.identities = [
            PoolUser.LinkedIdentity(
                providerName: "Google", providerType: "Google", userID: "17", claim: "email",
                issuer: "https://example.com", isPrimary: true, linked: 5)
        ]
        return user
    }

    private func verifier(_ first: UInt8) -> PasswordVerifier {
        PasswordVerifier(
            SRPVerifier(salt: Array(first..<first + 16), verifier: Array(repeating: first, count: SRPGroup.size)))
    }

    @Test("Every member comes back, with and without what may be missing")
    func comesBack() throws {
        var ofEmail = plain
        ofEmail.signInAttribute = "email"
        let ofAddress = PoolUser(
            poolID: ofEmail.poolID, username: ofEmail.sub, name: ofEmail.sub, sub: ofEmail.sub, attributes: [],
            created: 0, modified: 0, isEnabled: true, status: .unconfirmed)
        for user in [plain, whole, ofEmail, ofAddress] {
            let stored = try RecordBody.encode(row: user)
            #expect(try RecordBody.decode(row: PoolUser.self, from: stored, named: "A user") == user)
        }
    }

    @Test("The form knows all members that there are")
    func isWhole() {
        // Whoever adds a member writes it in the form, and gives it a value in `whole`.
        let empty = Mirror(reflecting: plain).children
        let full = Mirror(reflecting: whole).children
        for (a, b) in zip(empty, full) where a.label != "poolID" {
            #expect("\(a.value)" != "\(b.value)", "\(a.label ?? "") is as usual in a user who has everything")
        }
    }

    @Test("A page of the database has four users with a password")
    func isSmall() throws {
        var user = plain
        user.password = verifier(1)
        user.attributes = [
            PoolUser.Attribute(name: "email", value: "somebody-somewhere@example.com"),
            PoolUser.Attribute(name: "email_verified", value: "true"),
            PoolUser.Attribute(name: "name", value: "Somebody from Somewhere"),
            PoolUser.Attribute(name: "phone_number", value: "+15555550100"),
        ]
        // Beside the key and the seal, of the 1,002 bytes that SQLite keeps in a page.
        #expect(try RowBody(user).bytes().count < 860)
    }
}
