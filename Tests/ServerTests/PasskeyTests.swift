import Directory
import IAMService
import Platform
import Signature
import SoftwareAuthenticator
import Testing
import WebAuthn
import Wire

private let challenge = [UInt8](repeating: 7, count: 32)

/// Passkeys as MFA devices: the console registers them, and the API shows and removes them.
@Suite struct PasskeyTests {
    private func call(_ test: TestGatehouse, as userName: String? = nil, mfa: Bool = false) throws -> Call {
        let environment = test.gatehouse.environment
        let identity: Caller.Identity
        if let userName {
            identity = .user(
                try #require(environment.directory.user(named: userName, in: TestGatehouse.account)))
        } else {
            identity = .root
        }
        var session: Session?
        if mfa {
            session = Session(
                accessKeyID: "ASIA", secretAccessKey: "", accountID: TestGatehouse.account, principalKind: .user,
                principalID: "", issued: test.now, expires: test.now + 900, mfaTime: test.now)
        }
        return Call(
            environment: environment, requestID: RequestIDs.make(time: test.now), time: test.now,
            caller: Caller(accountID: TestGatehouse.account, identity: identity, session: session),
            module: try #require(environment.modules(signingAs: "iam").first),
            operation: PasskeyRegistration.operation, region: "us-east-1",
            source: Call.Source(address: "127.0.0.1", userAgent: "browser"))
    }

    @discardableResult private func register(
        _ authenticator: SoftwareAuthenticator, named name: String = "laptop", for userName: String? = nil,
        by call: Call,
        challenge answered: [UInt8] = challenge
    ) async throws -> String {
        try await PasskeyRegistration(
            name: name, response: authenticator.register(challenge: answered).json, challenge: challenge,
            origin: "https://localhost:4566"
        ).enable(userName: userName, call)
    }

    private func refusal(_ body: () async throws -> Void) async -> String? {
        await #expect(throws: ServiceError.self) { try await body() }?.code
    }

    @Test func theLifeOfOne() async throws {
        let test = try await TestGatehouse()
        _ = await test.call("iam", "CreateUser", ["UserName": "Alice", "Path": "/staff/"])
        let serial = try await register(.make(), for: "alice", by: call(test))
        #expect(serial.wholeMatch(of: /arn:aws:iam::111122223333:u2f\/user\/Alice\/laptop-[A-Z2-7]{26}/) != nil)
        let named = ["UserName": "Alice", "SerialNumber": serial]

        let list = await test.call("iam", "ListMFADevices", ["UserName": "Alice"])
        #expect(list.element("SerialNumber") == serial)
        #expect(list.element("EnableDate") == "2027-01-15T08:00:00Z")
        let got = await test.call("iam", "GetMFADevice", named)
        #expect(got.element("UserName") == "Alice")
        #expect(got.element("SerialNumber") == serial)
        #expect(await test.call("iam", "ListVirtualMFADevices").element("SerialNumber") == nil)
        let summary = await test.call("iam", "GetAccountSummary").body
        #expect(summary.contains("<key>MFADevicesInUse</key><value>1</value>"))
        #expect(summary.contains("<key>AccountMFAEnabled</key><value>0</value>"))
        for operation in ["TagMFADevice", "ListMFADeviceTags", "DeleteVirtualMFADevice"] {
            let tags = operation == "TagMFADevice" ? ["Tags.member.1.Key": "a", "Tags.member.1.Value": "b"] : [:]
            let answer = await test.call("iam", operation, ["SerialNumber": serial].merging(tags) { $1 })
            #expect(answer.code == "NoSuchEntity", "\(operation)")
        }
        let codes = ["AuthenticationCode1": "123456", "AuthenticationCode2": "654321"]
        #expect(
            await test.call("iam", "ResyncMFADevice", named.merging(codes) { $1 }).code == "InvalidAuthenticationCode")
        #expect(await test.call("iam", "EnableMFADevice", named.merging(codes) { $1 }).code == "EntityAlreadyExists")
        #expect(await test.call("iam", "DeleteUser", ["UserName": "Alice"]).code == "DeleteConflict")

        #expect(await test.call("iam", "DeactivateMFADevice", named).status == 200)
        #expect(await test.call("iam", "DeactivateMFADevice", named).code == "NoSuchEntity")
        #expect(await test.call("iam", "GetMFADevice", named).code == "NoSuchEntity")
        #expect(await test.call("iam", "DeleteUser", ["UserName": "Alice"]).status == 200)
    }

    @Test func ofTheRootUser() async throws {
        let test = try await TestGatehouse()
        let serial = try await register(.make(), by: call(test))
        #expect(serial.wholeMatch(of: /arn:aws:iam::111122223333:u2f\/root\/laptop-[A-Z2-7]{26}/) != nil)
        #expect(await test.call("iam", "ListMFADevices").element("SerialNumber") == serial)
        let summary = await test.call("iam", "GetAccountSummary").body
        #expect(summary.contains("<key>AccountMFAEnabled</key><value>1</value>"))
    }

    /// What registers and is signed in with is one thing.
    @Test func signingIn() async throws {
        let test = try await TestGatehouse()
        _ = await test.call("iam", "CreateUser", ["UserName": "alice"])
        let call = try call(test)
        let user = try #require(call.directory.user(named: "alice", in: TestGatehouse.account))
        var authenticator = try SoftwareAuthenticator.make(.edDSA)
        authenticator.userHandle = Array(user.uniqueID.utf8)
        authenticator.flags.insert(.backupEligible)
        let serial = try await register(authenticator, for: "alice", by: call)
        let factors = SecondFactors(
            of: user.uniqueID, in: TestGatehouse.account, call.environment, requestID: call.requestID, time: test.now)
        let site = try #require(RelyingParty(origin: "https://localhost:4566", name: ""))
        let response = try authenticator.sign(in: challenge)
        let proof = SecondFactors.PasskeyProof(response, challenge: challenge, site: site)
        #expect(try await factors.take(proof) == .right(serial))
    }

    @Test func whoMay() async throws {
        let test = try await TestGatehouse()
        func alice(_ condition: String) async throws -> String? {
            let policy = """
                {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:EnableMFADevice",\
                "Resource":"arn:aws:iam::*:user/${aws:username}","Condition":{\(condition)}}}
                """
            _ = await test.call(
                "iam", "PutUserPolicy", ["UserName": "alice", "PolicyName": "p", "PolicyDocument": policy])
            do {
                try await register(.make(), by: call(test, as: "alice", mfa: true))
                return nil
            } catch let error as ServiceError {
                return error.code
            }
        }
        _ = await test.call("iam", "CreateUser", ["UserName": "alice"])
        #expect(await refusal { try await register(.make(), by: call(test, as: "alice")) } == "AccessDenied")
        #expect(try await alice("") == nil)
        let key = #""iam:RegisterSecurityKey""#
        #expect(try await alice(#""StringEquals":{\#(key):["Create","Activate"]}"#) == nil)
        #expect(try await alice(#""StringEquals":{\#(key):"Create"}"#) == "AccessDenied")
        #expect(try await alice(#""StringEquals":{\#(key):"Activate"}"#) == "AccessDenied")
        // Nobody vouches for any certification.
        #expect(try await alice(#""StringEquals":{"iam:FIDO-certification":"L1"}"#) == "AccessDenied")
        #expect(
            try await alice(#""StringEqualsIfExists":{"iam:FIDO-FIPS-140-2-certification":"L2"}"#) == nil)
    }

    @Test func theEvent() async throws {
        let test = try await TestGatehouse()
        _ = await test.call("iam", "CreateUser", ["UserName": "alice"])
        let serial = try await register(.make(), for: "alice", by: call(test))
        #expect(
            await refusal { try await register(.make(), for: "alice", by: call(test), challenge: [1]) }
                == "InvalidAuthenticationCode")
        let lookup = #"{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"EnableMFADevice"}]}"#
        let events = await test.cloudTrail("LookupEvents", lookup).body.replacing("\\", with: "")
        #expect(
            events.contains(
                #""requestParameters":{"userName":"alice","serialNumber":"\#(serial)"},"responseElements":null"#)
        )
        #expect(events.contains(#""errorCode":"InvalidAuthenticationCodeException""#))
        #expect(!events.contains("clientDataJSON"))
    }

    @Test func howMany() async throws {
        let test = try await TestGatehouse()
        _ = await test.call("iam", "CreateUser", ["UserName": "alice"])
        let first = try SoftwareAuthenticator.make()
        try await register(first, for: "alice", by: call(test))
        #expect(await refusal { try await register(first, for: "alice", by: call(test)) } == "EntityAlreadyExists")
        _ = await test.call("iam", "CreateUser", ["UserName": "bob"])
        #expect(await refusal { try await register(first, for: "bob", by: call(test)) } == "EntityAlreadyExists")
        for _ in 0..<7 { try await register(.make(), for: "alice", by: call(test)) }
        #expect(await refusal { try await register(.make(), for: "alice", by: call(test)) } == "LimitExceeded")
    }

    /// Who has a device must have used it to add another.
    @Test func theSecondNeedsTheFirst() async throws {
        let test = try await TestGatehouse()
        _ = await test.user(
            "alice", policy: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#
        )
        try await register(.make(), by: call(test, as: "alice"))
        #expect(await refusal { try await register(.make(), by: call(test, as: "alice")) } == "AccessDenied")
        try await register(.make(), by: call(test, as: "alice", mfa: true))
    }

    @Test func namesAndPages() async throws {
        let test = try await TestGatehouse()
        for name in ["", "a b", "a/b", String(repeating: "a", count: 129)] {
            #expect(
                await refusal { try await register(.make(), named: name, by: call(test)) } == "ValidationError",
                "\(name)")
        }
        let elsewhere = PasskeyRegistration(
            name: "a", response: try SoftwareAuthenticator.make().register(challenge: challenge).json,
            challenge: challenge, origin: "https://127.0.0.1:4566")
        #expect(await refusal { _ = try await elsewhere.enable(userName: nil, call(test)) } == "ValidationError")
    }
}
