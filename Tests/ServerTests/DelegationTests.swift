import Directory
import Ledger
import Server
import Signature
import Testing

/// A product provider in one account, its customer in another.
@Suite struct DelegationTests {
    private static let provider = SigningCredentials(
        accessKeyID: "AKIAROOTOFPROVIDER00", secretAccessKey: "secretSecretSecretProvider")
    private static let providerID = "444455556666"

    private func gatehouse() async throws -> TestGatehouse {
        let test = try await TestGatehouse()
        let now = test.now
        try await test.gatehouse.environment.ledger.write(requestID: "r") { (transaction) throws(LedgerError) in
            let scope = Scope(account: Self.providerID)
            try transaction.put(Account(id: Self.providerID, createDate: now, creatorID: "none"), in: scope)
            try transaction.put(
                AccessKey(
                    id: Self.provider.accessKeyID, secret: Self.provider.secretAccessKey, accountID: Self.providerID,
                    ownerID: Self.providerID, createDate: now), in: scope)
            return .commit(())
        }
        return test
    }

    private func ask(_ test: TestGatehouse, for account: String? = TestGatehouse.account) async throws -> String {
        var parameters = [
            "Description": "d", "NotificationChannel": "arn:aws:sns:us-east-1:\(Self.providerID):topic",
            "Permissions.PolicyTemplateArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess",
            "RequestorWorkflowId": "workflow-\(Int(test.now))", "SessionDuration": "7200",
        ]
        parameters["OwnerAccountId"] = account
        let answer = await test.call("iam", "CreateDelegationRequest", parameters, as: Self.provider)
        return try #require(answer.element("DelegationRequestId"))
    }

    private func token(_ test: TestGatehouse) async throws -> String {
        let outbox = await test.send(
            "gatehouse", method: "GET", path: "/_gatehouse/outbox", headers: [], body: "", as: TestGatehouse.root)
        return String(try #require(outbox.body.firstMatch(of: /ExchangeToken\\":\\"(dr-[^\\"]+)/)).1)
    }

    @Test func accessLastsFromTheReleaseOn() async throws {
        let test = try await gatehouse()
        let id = ["DelegationRequestId": try await ask(test)]
        #expect(await test.call("iam", "AssociateDelegationRequest", id).status == 200)
        #expect(await test.call("iam", "AcceptDelegationRequest", id).status == 200)
        // What is the customer's is not the provider's to see.
        #expect(await test.call("iam", "GetDelegationRequest", id, as: Self.provider).status == 404)
        #expect(await test.call("iam", "SendDelegationToken", id).status == 200)
        let token = ["TradeInToken": try await token(test)]
        #expect(await test.call("sts", "GetDelegatedAccessToken", token).code == "ValidationError")

        test.advance(3600)
        let first = await test.call("sts", "GetDelegatedAccessToken", token, as: Self.provider).credentials
        test.advance(3000)
        let second = await test.call("sts", "GetDelegatedAccessToken", token, as: Self.provider).credentials
        let identity = await test.call("sts", "GetCallerIdentity", as: second)
        #expect(identity.element("Account") == TestGatehouse.account)
        #expect(await test.call("iam", "ListUsers", as: first).status == 200)
        #expect(await test.call("iam", "CreateUser", ["UserName": "x"], as: first).code == "AccessDenied")
        // Both end when two hours have gone by since the release.
        test.advance(600)
        for session in [first, second] {
            #expect(await test.call("sts", "GetCallerIdentity", as: session).code == "ExpiredToken")
        }
        let late = await test.call("sts", "GetDelegatedAccessToken", token, as: Self.provider)
        #expect(late.code == "ExpiredTradeInTokenException")
    }

    @Test func requestsExpire() async throws {
        let test = try await gatehouse()
        let id = ["DelegationRequestId": try await ask(test)]
        test.advance(86_400)
        let answer = await test.call("iam", "GetDelegationRequest", id)
        #expect(answer.element("State") == "EXPIRED")
        #expect(await test.call("iam", "AssociateDelegationRequest", id).code == "InvalidInput")
    }

    @Test func aRequestForAnAccountIsNoOtherAccounts() async throws {
        let test = try await gatehouse()
        let other = ["DelegationRequestId": try await ask(test, for: "777788889999")]
        #expect(await test.call("iam", "GetDelegationRequest", other).code == "NoSuchEntity")
        #expect(await test.call("iam", "AssociateDelegationRequest", other).code == "NoSuchEntity")
        test.advance(1)
        let anybodys = ["DelegationRequestId": try await ask(test, for: nil)]
        let alice = await test.user("alice")
        #expect(await test.call("iam", "AssociateDelegationRequest", anybodys, as: alice).status == 200)
        #expect(await test.call("iam", "GetDelegationRequest", anybodys, as: Self.provider).code == "NoSuchEntity")
        let answer = await test.call("iam", "GetDelegationRequest", anybodys, as: alice)
        #expect(answer.element("OwnerAccountId") == TestGatehouse.account)
    }
}
