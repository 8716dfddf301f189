import Directory
import Ledger
import Server
import Signature
import Testing

/// What a management account, and who it delegates to, do with the accounts of their organization.
@Suite struct AccountTests {
    private static let management = TestGatehouse.account
    private static let member = "444455556666"
    private static let delegate = "777788889999"
    private static let service = "account.amazonaws.com"

    private func call(
        _ test: TestGatehouse, _ operation: String, _ json: String, as caller: SigningCredentials = TestGatehouse.root
    ) async -> TestGatehouse.Answer {
        await test.send(
            "account", path: "/" + operation, headers: [("content-type", "application/json")], body: json, as: caller)
    }

    /// An organization with two members; the root user of each member has a key.
    private func organization(
        trusted: Bool = true, features: Organization.FeatureSet = .all
    ) async throws -> (test: TestGatehouse, member: SigningCredentials, delegate: SigningCredentials) {
        let test = try await TestGatehouse()
        var organization = Organization(
            id: "o-abcdefghij", managementAccountID: Self.management, rootID: "r-abcd", createDate: test.now,
            featureSet: features)
        if trusted { organization.trustedServices = [Self.service: test.now] }
        let unit = OrganizationalUnit(
            id: "ou-abcd-12345678", organizationID: organization.id, parentID: "r-abcd", name: "engineering")
        var member = OrganizationAccount(
            id: Self.member, organizationID: organization.id, parentID: unit.id, joinedMethod: .created,
            joinedDate: test.now)
        member.tags = [Tag(key: "Stage", value: "test")]
        var delegate = OrganizationAccount(
            id: Self.delegate, organizationID: organization.id, parentID: "r-abcd", joinedMethod: .created,
            joinedDate: test.now)
        delegate.delegatedServices = [Self.service: test.now]
        let own = OrganizationAccount(
            id: Self.management, organizationID: organization.id, parentID: "r-abcd", joinedMethod: .invited,
            joinedDate: test.now)
        let accounts = [own, member, delegate]
        let made = organization
        let now = test.now
        try await test.gatehouse.environment.ledger.write(requestID: "r") { (transaction) throws(LedgerError) in
            let scope = Scope(account: Self.management)
            try transaction.put(made, in: scope)
            try transaction.put(unit, in: scope)
            for account in accounts {
                try transaction.put(account, in: scope)
                guard account.id != Self.management else { continue }
                var record = Account(id: account.id, createDate: now, creatorID: Self.management)
                record.managementAccountID = Self.management
                try transaction.put(record, in: Scope(account: account.id))
                try transaction.put(
                    AccessKey(
                        id: Self.key(account.id).accessKeyID, secret: Self.key(account.id).secretAccessKey,
                        accountID: account.id, ownerID: account.id, createDate: now), in: Scope(account: account.id))
            }
            return .commit(())
        }
        return (test, Self.key(Self.member), Self.key(Self.delegate))
    }

    private static func key(_ account: String) -> SigningCredentials {
        SigningCredentials(accessKeyID: "AKIAROOT\(account)", secretAccessKey: "secretSecretSecret\(account)")
    }

    private static let contact = """
        "AlternateContactType":"SECURITY","Name":"Ada","Title":"Officer","EmailAddress":"ada@example.com",\
        "PhoneNumber":"+1 555"
        """

    @Test func theManagementAccountActsOnItsMembers() async throws {
        let (test, member, delegate) = try await organization()
        let put = #"{"AccountId":"\#(Self.member)",\#(Self.contact)}"#
        #expect(await call(test, "putAlternateContact", put).status == 200)
        let own = await call(test, "getAlternateContact", #"{"AlternateContactType":"SECURITY"}"#, as: member)
        #expect(own.body.contains(#""Name":"Ada""#))
        let mine = await call(test, "getAlternateContact", #"{"AlternateContactType":"SECURITY"}"#)
        #expect(mine.status == 404)
        let byDelegate = await call(
            test, "getAlternateContact", #"{"AlternateContactType":"SECURITY","AccountId":"\#(Self.member)"}"#,
            as: delegate)
        #expect(byDelegate.status == 200)
        let ofDelegate = await call(test, "getAccountInformation", #"{"AccountId":"\#(Self.delegate)"}"#, as: delegate)
        #expect(ofDelegate.body.contains(#""AccountId":"\#(Self.delegate)""#))
        let named = await call(test, "putAccountName", #"{"AccountId":"\#(Self.member)","AccountName":"Lab"}"#)
        #expect(named.status == 200)
        #expect(test.gatehouse.environment.directory.account(Self.member)?.name == "Lab")
    }

    @Test func nobodyElseNamesAnAccount() async throws {
        let (test, member, delegate) = try await organization()
        let root = "User: arn:aws:iam::\(Self.management):root is not authorized to perform: account:ListRegions"
        let standalone =
            " (The management account can only be managed using the standalone context from the management account.)"
        // The management account names itself.
        var answer = await call(test, "listRegions", #"{"AccountId":"\#(Self.management)"}"#)
        #expect(answer.status == 403)
        #expect(answer.body == #"{"message":"\#(root + standalone)"}"#)
        // A member names anybody, itself included; a delegated administrator names the management account.
        for (caller, named) in [(member, Self.member), (member, Self.delegate), (delegate, Self.management)] {
            answer = await call(test, "listRegions", #"{"AccountId":"\#(named)"}"#, as: caller)
            #expect(answer.status == 403, "\(named)")
            #expect(answer.headers.contains { $0.value == "AccessDeniedException" })
        }
        // Nobody's account.
        answer = await call(test, "listRegions", #"{"AccountId":"123456789012"}"#)
        #expect(answer.body == #"{"message":"\#(root)"}"#)
    }

    @Test(arguments: [(false, Organization.FeatureSet.all), (true, .consolidatedBilling)])
    func itTakesTrustedAccessAndAllFeatures(trusted: Bool, features: Organization.FeatureSet) async throws {
        let (test, _, delegate) = try await organization(trusted: trusted, features: features)
        for caller in [TestGatehouse.root, delegate] {
            let answer = await call(test, "getAccountInformation", #"{"AccountId":"\#(Self.member)"}"#, as: caller)
            #expect(answer.status == 403)
        }
    }

    @Test func policiesSeeTheMember() async throws {
        let (test, _, _) = try await organization()
        let resource = "arn:aws:account::\(Self.management):account/o-abcdefghij/\(Self.member)"
        func policy(_ condition: String) -> String {
            """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"account:*","Resource":"\(resource)",
            "Condition":{\(condition)}}}
            """
        }
        let right = [
            #""ForAnyValue:StringLike":{"account:AccountResourceOrgPaths":"o-abcdefghij/r-abcd/ou-abcd-12345678/*"}"#,
            #""StringEquals":{"account:AccountResourceOrgTags/Stage":"test"}"#,
        ]
        let wrong = [
            #""ForAnyValue:StringLike":{"account:AccountResourceOrgPaths":"o-abcdefghij/r-abcd/ou-abcd-87654321/*"}"#,
            #""StringEquals":{"account:AccountResourceOrgTags/Stage":"production"}"#,
        ]
        for (index, condition) in (right + wrong).enumerated() {
            let user = await test.user("user\(index)", policy: policy(condition))
            let answer = await call(test, "listRegions", #"{"AccountId":"\#(Self.member)"}"#, as: user)
            #expect(answer.status == (index < right.count ? 200 : 403), "\(condition)")
            #expect(await call(test, "listRegions", "{}", as: user).status == 403)
        }
    }

    @Test func theRootUsersAddressChangesOnceItsCodeIsBack() async throws {
        let (test, member, _) = try await organization()
        let environment = test.gatehouse.environment
        let account = #""AccountId":"\#(Self.member)""#
        let new = account + #","PrimaryEmail":"New@example.com""#
        #expect(await call(test, "getPrimaryEmail", "{\(account)}").body.contains("root@\(Self.member).invalid"))
        #expect(await call(test, "getPrimaryEmail", "{\(account)}", as: member).status == 403)
        #expect(await call(test, "acceptPrimaryEmailUpdate", "{\(new),\"Otp\":\"abcdef\"}").status == 404)
        let started = await call(test, "startPrimaryEmailUpdate", "{\(new)}")
        #expect(started.body == #"{"Status":"PENDING"}"#)

        // The code is in the outbox, and in no answer or event.
        let outbox = await test.send(
            "gatehouse", method: "GET", path: "/_gatehouse/outbox", headers: [], body: "", as: TestGatehouse.root)
        #expect(outbox.body.contains(#""to":"New@example.com""#))
        let code = String(try #require(outbox.body.firstMatch(of: /Update is ([a-zA-Z0-9]{6})\./)).1)
        let byMember = await test.send(
            "gatehouse", method: "GET", path: "/_gatehouse/outbox", headers: [], body: "", as: member)
        #expect(byMember.status == 403)
        #expect(!byMember.body.contains(code))

        let wrong = code == "aaaaaa" ? "bbbbbb" : "aaaaaa"
        #expect(await call(test, "acceptPrimaryEmailUpdate", "{\(new),\"Otp\":\"\(wrong)\"}").status == 400)
        #expect(environment.directory.account(Self.member)?.email == "root@\(Self.member).invalid")
        let other = account + #","PrimaryEmail":"other@example.com""#
        #expect(await call(test, "acceptPrimaryEmailUpdate", "{\(other),\"Otp\":\"\(code)\"}").status == 404)
        let accepted = await call(test, "acceptPrimaryEmailUpdate", "{\(new),\"Otp\":\"\(code)\"}")
        #expect(accepted.body == #"{"Status":"ACCEPTED"}"#)
        #expect(environment.directory.account(Self.member)?.email == "New@example.com")
        // Once only, and never an address that another account has.
        #expect(await call(test, "acceptPrimaryEmailUpdate", "{\(new),\"Otp\":\"\(code)\"}").status == 404)
        let taken = #"{"AccountId":"\#(Self.delegate)","PrimaryEmail":"new@EXAMPLE.com"}"#
        #expect(await call(test, "startPrimaryEmailUpdate", taken).status == 409)
        let history = await test.cloudTrail("LookupEvents", "{}")
        #expect(history.body.contains("AcceptPrimaryEmailUpdate"))
        #expect(!history.body.contains(code))
    }

    @Test func codesExpireAndAreNotSentWithoutEnd() async throws {
        let (test, _, _) = try await organization()
        let new = #""AccountId":"\#(Self.member)","PrimaryEmail":"new@example.com""#
        for expected in [200, 200, 200, 429] {
            #expect(await call(test, "startPrimaryEmailUpdate", "{\(new)}").status == expected)
        }
        test.advance(31)
        #expect(await call(test, "startPrimaryEmailUpdate", "{\(new)}").status == 200)
        let outbox = await test.send(
            "gatehouse", method: "GET", path: "/_gatehouse/outbox", headers: [], body: "", as: TestGatehouse.root)
        let codes = outbox.body.matches(of: /Update is ([a-zA-Z0-9]{6})\./).map { String($0.1) }
        #expect(codes.count == 4)
        let last = try #require(codes.last)
        test.advance(901)
        #expect(await call(test, "acceptPrimaryEmailUpdate", "{\(new),\"Otp\":\"\(last)\"}").status == 404)
        for address in ["nobody", "a@b", "a b@example.com", "@example.com", "a@example..com"] {
            let given = #"{"AccountId":"\#(Self.member)","PrimaryEmail":"\#(address)"}"#
            #expect(await call(test, "startPrimaryEmailUpdate", given).status == 400, "\(address)")
        }
    }

    @Test func codesAreNotGuessed() async throws {
        let (test, _, _) = try await organization()
        let new = #""AccountId":"\#(Self.member)","PrimaryEmail":"new@example.com""#
        #expect(await call(test, "startPrimaryEmailUpdate", "{\(new)}").status == 200)
        for expected in [400, 400, 400, 400, 400, 429, 429] {
            #expect(await call(test, "acceptPrimaryEmailUpdate", "{\(new),\"Otp\":\"000000\"}").status == expected)
        }
    }

    @Test func regionsOpenAndCloseInTime() async throws {
        let test = try await TestGatehouse()
        let region = #"{"RegionName":"af-south-1"}"#
        func status() async -> String { await call(test, "getRegionOptStatus", region).body }
        #expect(await status().contains(#""DISABLED""#))
        #expect(await call(test, "enableRegion", region).status == 200)
        #expect(await status().contains(#""ENABLING""#))
        #expect(await call(test, "disableRegion", region).status == 409)
        test.advance(RegionOptIn.transition)
        #expect(await status().contains(#""ENABLED""#))
        #expect(await call(test, "enableRegion", region).status == 400)
        #expect(await call(test, "disableRegion", region).status == 200)
        #expect(await status().contains(#""DISABLING""#))
        // Six at once, this one included.
        for name in ["ap-east-1", "ap-east-2", "ap-south-2", "ca-west-1", "eu-south-1"] {
            #expect(await call(test, "enableRegion", #"{"RegionName":"\#(name)"}"#).status == 200)
        }
        #expect(await call(test, "enableRegion", #"{"RegionName":"me-south-1"}"#).status == 429)
        test.advance(RegionOptIn.transition)
        #expect(await status().contains(#""DISABLED""#))
        #expect(await call(test, "enableRegion", #"{"RegionName":"me-south-1"}"#).status == 200)
    }
}
