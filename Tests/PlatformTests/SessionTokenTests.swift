import Directory
import FoundationEssentials
import Keyring
import Testing

@testable import Platform

@Suite struct SessionTokenTests {
    /// Has every property set.
    private static var full: Session {
        var session = Session(
            accessKeyID: "ASIAEXAMPLE", secretAccessKey: "secret/+\"\\", accountID: "111122223333",
            principalKind: .role, principalID: "AROAEXAMPLE", name: "Zoë", issued: 1_800_000_000,
            expires: 1_800_003_600.5, mfaTime: 1_799_999_999.25)
        session.policy = "{\n\t\"Version\": \"2012-10-17\"}"
        session.policyARNs = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/IAMFullAccess"]
        session.tags = [Tag(key: "Department", value: "Research"), Tag(key: "empty", value: "")]
        session.transitiveTagKeys = ["Department"]
        session.sourceIdentity = "alice"
        session.federatedProvider = "arn:aws:iam::111122223333:oidc-provider/issuer.example"
        session.delegateAccountID = "444455556666"
        session.context = ["saml:aud": .one("https://example"), "saml:edupersonorgdn": .many(["a", "b"])]
        session.taskPolicyARN = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
        session.isOfConsole = true
        session.isChained = true
        return session
    }

    /// What is written by hand is what the type says of itself: a property that one of them leaves out shows here.
    @Test(arguments: [
        full,
        Session(
            accessKeyID: "ASIA", secretAccessKey: "", accountID: "111122223333", principalKind: .user,
            principalID: "AIDA", issued: 0, expires: 1),
    ])
    func theJSONIsThatOfCodable(_ session: Session) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let read = try JSONDecoder().decode(Session.self, from: Data(session.json))
        #expect(try encoder.encode(read) == encoder.encode(session))
    }

    @Test func everyPropertyIsInTheFullSession() {
        for child in Mirror(reflecting: Self.full).children {
            #expect("\(child.value)" != "nil" && "\(child.value)" != "[]", "\(child.label ?? "")")
        }
    }

    @Test func aTokenOpensToItsSession() throws {
        let keyring = EphemeralKeyring()
        var session = Self.full
        session.policy = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
        let token = try SessionTokens(keyring: keyring).seal(session)
        let opened = try #require(try SessionTokens(keyring: keyring).open(token))
        #expect(opened.session.json.count == session.json.count)
        #expect(opened.session.secretAccessKey == session.secretAccessKey)
        #expect(opened.policy != nil)
        #expect(try SessionTokens(keyring: EphemeralKeyring()).open(token) == nil)
    }
}
