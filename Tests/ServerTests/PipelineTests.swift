import Server
import Signature
import Testing

@Suite struct PipelineTests {
    @Test func aRequestWithoutSignatureIsRefused() async throws {
        let test = try await TestGatehouse()
        let answer = await test.call("sts", "GetCallerIdentity", as: nil)
        #expect(answer.status == 403)
        #expect(answer.code == "MissingAuthenticationToken")
    }

    @Test func theCallerIsWhoSigned() async throws {
        let test = try await TestGatehouse()
        let root = await test.call("sts", "GetCallerIdentity")
        #expect(root.status == 200)
        #expect(root.element("Arn") == "arn:aws:iam::111122223333:root")
        let alice = await test.user("alice")
        let answer = await test.call("sts", "GetCallerIdentity", as: alice)
        #expect(answer.element("Arn") == "arn:aws:iam::111122223333:user/alice")
        #expect(answer.element("UserId")?.hasPrefix("AIDA") == true)
    }

    @Test func aWrongSecretIsRefused() async throws {
        let test = try await TestGatehouse()
        var wrong = TestGatehouse.root
        wrong.secretAccessKey += "x"
        let answer = await test.call("sts", "GetCallerIdentity", as: wrong)
        #expect(answer.status == 403)
        #expect(answer.code == "SignatureDoesNotMatch")
    }

    @Test func aDenialSaysWhy() async throws {
        let test = try await TestGatehouse()
        let alice = await test.user("alice")
        let answer = await test.call("iam", "CreateUser", ["UserName": "x"], as: alice)
        #expect(answer.status == 403)
        #expect(answer.code == "AccessDenied")
        #expect(
            answer.message == "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:CreateUser "
                + "on resource: arn:aws:iam::111122223333:user/x because no identity-based policy allows the "
                + "iam:CreateUser action")
    }

    @Test func aChangeOfPolicyIsSeenByTheNextRequest() async throws {
        let test = try await TestGatehouse()
        let alice = await test.user("alice")
        _ = await test.call("iam", "CreateGroup", ["GroupName": "Admins"])
        let policy = ["GroupName": "Admins", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"]
        #expect(await test.call("iam", "AttachGroupPolicy", policy).status == 200)
        let member = ["GroupName": "Admins", "UserName": "alice"]
        _ = await test.call("iam", "AddUserToGroup", member)
        #expect(await test.call("iam", "ListUsers", as: alice).status == 200)
        _ = await test.call("iam", "RemoveUserFromGroup", member)
        #expect(await test.call("iam", "ListUsers", as: alice).status == 403)
    }

    @Test func aDeactivatedKeyStopsAtOnce() async throws {
        let test = try await TestGatehouse()
        let alice = await test.user("alice")
        let key = ["UserName": "alice", "AccessKeyId": alice.accessKeyID]
        _ = await test.call("iam", "UpdateAccessKey", key.merging(["Status": "Inactive"]) { $1 })
        let answer = await test.call("sts", "GetCallerIdentity", as: alice)
        #expect(answer.code == "InvalidClientTokenId")
    }

    @Test func sessionsEndAtTheirExpiryAndDieWithTheirPrincipal() async throws {
        let test = try await TestGatehouse()
        let alice = await test.user("alice")
        let session = await test.call("sts", "GetSessionToken", ["DurationSeconds": "900"], as: alice).credentials
        #expect(await test.call("sts", "GetCallerIdentity", as: session).status == 200)
        test.advance(901)
        let answer = await test.call("sts", "GetCallerIdentity", as: session)
        #expect(answer.status == 403)
        #expect(answer.code == "ExpiredToken")

        let other = await test.call("sts", "GetSessionToken", as: alice).credentials
        _ = await test.call("iam", "DeleteAccessKey", ["UserName": "alice", "AccessKeyId": alice.accessKeyID])
        _ = await test.call("iam", "DeleteUser", ["UserName": "alice"])
        _ = await test.call("iam", "CreateUser", ["UserName": "alice"])
        #expect(await test.call("sts", "GetCallerIdentity", as: other).code == "InvalidClientTokenId")
    }

    @Test func aRoleIsAssumedByWhomItTrustsAlone() async throws {
        let test = try await TestGatehouse()
        let alice = await test.user("alice")
        let bob = await test.user("bob")
        let trust = """
            {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},
            "Condition":{"StringEquals":{"sts:ExternalId":"42"}}}}
            """
        #expect(
            await test.call("iam", "CreateRole", ["RoleName": "R", "AssumeRolePolicyDocument": trust]).status == 200)
        var request = ["RoleArn": "arn:aws:iam::111122223333:role/R", "RoleSessionName": "session"]
        #expect(await test.call("sts", "AssumeRole", request, as: alice).code == "AccessDenied")
        request["ExternalId"] = "42"
        #expect(await test.call("sts", "AssumeRole", request, as: bob).code == "AccessDenied")
        let answer = await test.call("sts", "AssumeRole", request, as: alice)
        #expect(answer.status == 200)
        let session = await test.call("sts", "GetCallerIdentity", as: answer.credentials)
        #expect(session.element("Arn") == "arn:aws:sts::111122223333:assumed-role/R/session")
    }

    @Test func everyCallStandsInTheHistoryDeniedOnesToo() async throws {
        let test = try await TestGatehouse()
        let alice = await test.user("alice")
        let denied = await test.call("iam", "CreateUser", ["UserName": "x"], as: alice)
        let history = await test.cloudTrail(
            "LookupEvents", #"{"LookupAttributes":[{"AttributeKey":"Username","AttributeValue":"alice"}]}"#)
        #expect(history.status == 200)
        #expect(history.body.contains(#"\"errorCode\":\"AccessDenied\""#))
        #expect(history.body.contains(denied.requestID ?? "no request id"))
        #expect(!history.body.contains(alice.secretAccessKey))
    }

    @Test func whatIsNotBuiltSaysSo() async throws {
        let test = try await TestGatehouse()
        // Of S3 Control's batch operations.
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let answer = await test.send(
            "s3", method: "GET", path: "/v20180820/jobs/toolbox",
            headers: [("x-amz-content-sha256", empty), ("x-amz-account-id", "111122223333")], body: "",
            as: TestGatehouse.root)
        #expect(answer.status == 501)
        #expect(answer.code == "NotImplemented")
        let history = await test.cloudTrail(
            "LookupEvents", #"{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"DescribeJob"}]}"#)
        #expect(history.body.contains(#"\"jobId\":\"toolbox\""#))
        let unknown = await test.call("iam", "MakeCoffee")
        #expect(unknown.status == 400)
        #expect(unknown.code == "InvalidAction")
    }

    @Test func resetLeavesRootAlone() async throws {
        let test = try await TestGatehouse()
        let alice = await test.user("alice")
        let byAlice = await test.send("iam", path: "/_gatehouse/reset", headers: [], body: "", as: alice)
        #expect(byAlice.status == 403)
        let byNobody = await test.send("iam", path: "/_gatehouse/reset", headers: [], body: "", as: nil)
        #expect(byNobody.status == 403)
        let byRoot = await test.send(
            "iam", path: "/_gatehouse/reset", headers: [], body: "", as: TestGatehouse.root)
        #expect(byRoot.status == 204)
        #expect(await test.call("sts", "GetCallerIdentity", as: alice).code == "InvalidClientTokenId")
        #expect(await test.call("iam", "ListUsers").body.contains("alice") == false)
    }
}
