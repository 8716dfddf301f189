import Platform
import Server
import Signature
import Testing
import Wire

struct MetadataCredentialTests {
    @Test func `The role's credentials work, tell of the instance, and stay the same`() async throws {
        let lab = try await MetadataLab()
        #expect(await lab.get("/latest/meta-data/iam/security-credentials/").body == "app")
        let (document, credentials) = try await lab.credentials()
        #expect(document["Code"]?.text == "Success" && document["Type"]?.text == "AWS-HMAC")
        #expect(document["LastUpdated"]?.text == "2027-01-15T08:00:00Z")
        #expect(document["Expiration"]?.text == "2027-01-15T14:00:00Z")
        let who = await lab.test.call("sts", "GetCallerIdentity", as: credentials)
        #expect(who.element("Arn") == "arn:aws:sts::111122223333:assumed-role/app/\(MetadataLab.id)")
        #expect(await lab.test.call("iam", "ListUsers", as: credentials).status == 200)
        lab.test.advance(3600)
        #expect(try await lab.credentials().credentials.accessKeyID == credentials.accessKeyID)
        // Each version has its own.
        let first = try await lab.credentials(version2: false).credentials
        #expect(first.accessKeyID != credentials.accessKeyID)
    }

    @Test func `New credentials are there an hour before the old ones end`() async throws {
        let lab = try await MetadataLab()
        let old = try await lab.credentials().credentials
        lab.test.advance(5 * 3600 - 1)
        #expect(try await lab.credentials().credentials.accessKeyID == old.accessKeyID)
        lab.test.advance(1)
        let new = try await lab.credentials().credentials
        #expect(new.accessKeyID != old.accessKeyID)
        for credentials in [old, new] {
            #expect(await lab.test.call("sts", "GetCallerIdentity", as: credentials).status == 200)
        }
        lab.test.advance(3600)
        #expect(await lab.test.call("sts", "GetCallerIdentity", as: old).code == "ExpiredToken")
        #expect(await lab.test.call("sts", "GetCallerIdentity", as: new).status == 200)
    }

    @Test(arguments: [
        (#""NumericLessThan":{"ec2:RoleDelivery":"2.0"}"#, false, true),
        (#""StringNotEquals":{"aws:Ec2InstanceSourceVpc":"\#(MetadataLab.vpc)"}"#, true, true),
        (#""StringEquals":{"aws:Ec2InstanceSourceVpc":"\#(MetadataLab.vpc)"}"#, false, false),
        (#""StringEquals":{"aws:Ec2InstanceSourcePrivateIPv4":"10.0.0.7"}"#, false, false),
        (#""ArnLike":{"ec2:SourceInstanceARN":"arn:aws:ec2:*:*:instance/\#(MetadataLab.id)"}"#, false, false),
        (#""ArnLike":{"ec2:SourceInstanceARN":"arn:aws:ec2:*:*:instance/\#(MetadataLab.other)"}"#, true, true),
    ])
    func `Policies know where credentials come from`(condition: String, first: Bool, second: Bool) async throws {
        let lab = try await MetadataLab(
            policy: """
                {"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"},
                {"Effect":"Deny","Action":"iam:ListUsers","Resource":"*","Condition":{\(condition)}}
                """)
        for (version2, isAllowed) in [(false, first), (true, second)] {
            let credentials = try await lab.credentials(version2: version2).credentials
            let answer = await lab.test.call("iam", "ListUsers", as: credentials)
            #expect(answer.status == (isAllowed ? 200 : 403))
        }
    }

    @Test func `The trust policy decides, at once`() async throws {
        let lab = try await MetadataLab(
            trust: #"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#)
        for _ in 0..<2 {
            let document = try await lab.credentials().document
            #expect(document["Code"]?.text == "AssumeRoleUnauthorizedAccess" && document["AccessKeyId"] == nil)
        }
        await lab.set(trust: MetadataLab.trust)
        #expect(try await lab.credentials().document["Code"]?.text == "Success")
    }

    @Test func `A change of the role's policy holds for the next request`() async throws {
        let lab = try await MetadataLab()
        let credentials = try await lab.credentials().credentials
        #expect(await lab.test.call("iam", "ListUsers", as: credentials).status == 200)
        _ = await lab.test.call("iam", "DeleteRolePolicy", ["RoleName": "app", "PolicyName": "own"])
        #expect(await lab.test.call("iam", "ListUsers", as: credentials).status == 403)
    }

    @Test func `Without a profile, or with another association, the old ones are not given`() async throws {
        let lab = try await MetadataLab()
        let old = try await lab.credentials().credentials
        try await lab.change { $0.instanceProfile = nil }
        #expect(await lab.get("/latest/meta-data/iam/security-credentials/app").status == 404)
        #expect(await lab.get("/latest/meta-data/iam/info").status == 404)
        try await lab.change { instance in
            instance.instanceProfile = instance.instanceProfile.map {
                .init(id: "iip-assoc-2", arn: $0.arn, profileID: $0.profileID, time: $0.time)
            }
        }
        #expect(try await lab.credentials().credentials.accessKeyID != old.accessKeyID)
    }

    @Test func `A profile of the same name is another profile, and one may be empty`() async throws {
        let lab = try await MetadataLab()
        let names = ["InstanceProfileName": "app", "RoleName": "app"]
        _ = await lab.test.call("iam", "RemoveRoleFromInstanceProfile", names)
        #expect(await lab.get("/latest/meta-data/iam/info").body.contains("Instance Profile does not contain a role"))
        #expect(await lab.get("/latest/meta-data/iam/security-credentials/").status == 404)
        _ = await lab.test.call("iam", "DeleteInstanceProfile", names)
        #expect(await lab.get("/latest/meta-data/iam/info").body.contains("InstanceProfileNotFound"))
        _ = await lab.test.call("iam", "CreateInstanceProfile", names)
        _ = await lab.test.call("iam", "AddRoleToInstanceProfile", names)
        #expect(await lab.get("/latest/meta-data/iam/info").body.contains("InstanceProfileNotFound"))
    }

    @Test func `The record tells of EC2, and of how the credentials came`() async throws {
        let lab = try await MetadataLab()
        let credentials = try await lab.credentials().credentials
        _ = await lab.test.call("iam", "ListUsers", as: credentials)
        _ = await lab.test.call("iam", "CreateUser", ["UserName": "x"], as: credentials)
        try await lab.test.gatehouse.environment.ledger.flushEvents()
        let assumed = await events(lab, "AssumeRole")
        #expect(assumed.contains(#"\"userIdentity\":{\"type\":\"AWSService\",\"invokedBy\":\"ec2.amazonaws.com\"}"#))
        #expect(assumed.contains(#"\"roleSessionName\":\"\#(MetadataLab.id)\""#))
        #expect(!assumed.contains("durationSeconds"))
        let made = await events(lab, "CreateUser")
        #expect(made.contains(#"\"ec2RoleDelivery\":\"2.0\""#))
    }

    private func events(_ lab: MetadataLab, _ name: String) async -> String {
        await lab.test.cloudTrail(
            "LookupEvents", #"{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"\#(name)"}]}"#
        ).body
    }

    @Test func `Containers get credentials for their token`() async throws {
        let lab = try await MetadataLab()
        let variables = await MetadataLab.variables(lab.test, "instance=\(MetadataLab.id)&form=container")
        let token = try #require(variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
        let uri = try #require(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        #expect(uri.hasSuffix("/_gatehouse/instance-credentials"))
        let path = "/_gatehouse/instance-credentials"
        let answer = await lab.get("", base: path, ["Authorization": token])
        let document = try JSONValue(parsing: Array(answer.body.utf8))
        #expect(answer.status == 200)
        #expect(document["RoleArn"]?.text == "arn:aws:iam::111122223333:role/app")
        let credentials = SigningCredentials(
            accessKeyID: document["AccessKeyId"]?.text ?? "", secretAccessKey: document["SecretAccessKey"]?.text ?? "",
            sessionToken: document["Token"]?.text)
        #expect(await lab.test.call("iam", "ListUsers", as: credentials).status == 200)
        for wrong in [[:], ["Authorization": ""], ["Authorization": "x"], ["Authorization": "Bearer \(token)"]] {
            #expect(await lab.get("", base: path, wrong).status == 401)
        }
        #expect(await lab.get("", method: "POST", base: path, ["Authorization": token]).status == 405)
        await lab.set(trust: #"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}"#)
        lab.test.advance(6 * 3600)
        #expect(await lab.get("", base: path, ["Authorization": token]).status == 403)
        try await lab.change { $0.instanceProfile = nil }
        #expect(await lab.get("", base: path, ["Authorization": token]).status == 404)
    }

    @Test func `Identity documents are signed by a key whose certificate anybody gets`() async throws {
        let lab = try await MetadataLab()
        let path = "/latest/dynamic/instance-identity/"
        let document = await lab.get(path + "document")
        #expect(document.body.contains(#""instanceId" : "\#(MetadataLab.id)""#))
        let all = await lab.get("", base: "/_gatehouse/instance-identity/us-east-1.pem")
        #expect(all.status == 200 && all.body.hasPrefix("-----BEGIN CERTIFICATE-----"))
        for part in ["pkcs7", "rsa2048", "signature"] {
            let signed = await lab.get(path + part)
            #expect(signed.status == 200 && !signed.body.contains("-----"))
            #expect(signed.body.split(separator: "\n").allSatisfy { $0.count <= 64 })
        }
        #expect(await lab.get("", base: "/_gatehouse/instance-identity/us-east-1.pem").body == all.body)
        #expect(await lab.get("", base: "/_gatehouse/instance-identity/nowhere.pem").status == 404)
    }
}
