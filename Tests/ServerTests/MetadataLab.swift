import Directory
import Ledger
import Platform
import Server
import Signature
import Testing
import Wire

/// A Gatehouse with an instance, whose profile has a role.
struct MetadataLab {
    static let id = "i-0123456789abcdef0"
    static let other = "i-0fedcba9876543210"
    static let vpc = "vpc-0123456789abcdef0"
    static let trust = #"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#
    let test: TestGatehouse
    let base: String

    private static func document(_ statements: String) -> String {
        #"{"Version":"2012-10-17","Statement":[\#(statements)]}"#
    }

    init(
        trust: String = Self.trust, policy: String = #"{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}"#
    ) async throws {
        test = try await TestGatehouse()
        _ = await test.call("iam", "CreateRole", ["RoleName": "app", "AssumeRolePolicyDocument": Self.document(trust)])
        _ = await test.call(
            "iam", "PutRolePolicy",
            ["RoleName": "app", "PolicyName": "own", "PolicyDocument": Self.document(policy)])
        let profile = await test.call("iam", "CreateInstanceProfile", ["InstanceProfileName": "app"])
        _ = await test.call(
            "iam", "AddRoleToInstanceProfile", ["InstanceProfileName": "app", "RoleName": "app"])
        let profileID = try #require(profile.element("InstanceProfileId"))
        try await Self.put(test, Self.id, profileID)
        try await Self.put(test, Self.other, profileID)
        base = try await Self.base(test, Self.id)
    }

    static func put(
        _ test: TestGatehouse, _ id: String, _ profileID: String, association: String = "iip-assoc-1",
        _ change: @escaping @Sendable (inout StoredInstance) -> Void = { _ in }
    ) async throws {
        let account = TestGatehouse.account
        let scope = Scope(account: account, region: "us-east-1")
        let time = test.now
        try await test.gatehouse.environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            var instance = StoredInstance(
                head: EC2Head(id: id, accountID: account, region: "us-east-1", created: time),
                reservationID: "r-1", launchIndex: 0, clientToken: nil, launchHash: nil, imageID: "ami-1",
                architecture: "x86_64", rootDeviceName: "/dev/xvda", rootDeviceType: "ebs", instanceType: "t3.micro",
                keyName: nil, availabilityZone: "us-east-1a", vpcID: Self.vpc, subnetID: "subnet-1",
                primaryInterfaceID: "eni-1", privateIPAddress: "10.0.0.7", privateDNSName: "ip-10-0-0-7.ec2.internal",
                launchTime: time, state: .running, source: nil, metadataOptions: .init())
            instance.metadataOptions.requiresTokens = false
            if !profileID.isEmpty {
                instance.instanceProfile = .init(
                    id: association, arn: "arn:aws:iam::\(account):instance-profile/app", profileID: profileID,
                    time: time)
            }
            change(&instance)
            try records.put(instance)
        }
    }

    /// The path below which an instance's metadata lies.
    private static func base(_ test: TestGatehouse, _ id: String) async throws -> String {
        let variables = await variables(test, "instance=\(id)")
        let url = try #require(variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"])
        let start = try #require(url.firstRange(of: "/_gatehouse/"))
        return String(url[start.lowerBound...])
    }

    static func variables(_ test: TestGatehouse, _ query: String) async -> [String: String] {
        let answer = await test.send(
            "gatehouse", path: "/_gatehouse/instance-metadata", query: query, headers: [], body: "",
            as: TestGatehouse.root)
        return InstanceVariables(json: Array(answer.body.utf8))?.all ?? [:]
    }

    func baseOfOther() async throws -> String { try await Self.base(test, Self.other) }

    func get(
        _ path: String, method: String = "GET", base: String? = nil, _ headers: [String: String] = [:]
    ) async -> TestGatehouse.Answer {
        await test.send(
            "", method: method, path: (base ?? self.base) + path, headers: headers.map { ($0.key, $0.value) }, body: "",
            as: nil)
    }

    func token(_ seconds: Int = 21_600, base: String? = nil) async -> String {
        await get(
            "/latest/api/token", method: "PUT", base: base, ["x-aws-ec2-metadata-token-ttl-seconds": "\(seconds)"]
        ).body
    }

    /// What SDKs get.
    func credentials(version2: Bool = true) async throws -> (document: JSONValue, credentials: SigningCredentials) {
        let headers = version2 ? ["X-aws-ec2-metadata-token": await token()] : [:]
        let answer = await get("/latest/meta-data/iam/security-credentials/app", headers)
        let document = try JSONValue(parsing: Array(answer.body.utf8))
        return (
            document,
            SigningCredentials(
                accessKeyID: document["AccessKeyId"]?.text ?? "",
                secretAccessKey: document["SecretAccessKey"]?.text ?? "",
                sessionToken: document["Token"]?.text)
        )
    }

    func change(_ change: @escaping @Sendable (inout StoredInstance) -> Void) async throws {
        let profile = await test.call("iam", "GetInstanceProfile", ["InstanceProfileName": "app"])
        try await Self.put(test, Self.id, profile.element("InstanceProfileId") ?? "", change)
    }

    func set(trust statements: String) async {
        _ = await test.call(
            "iam", "UpdateAssumeRolePolicy",
            ["RoleName": "app", "PolicyDocument": Self.document(statements)])
    }
}

extension JSONValue {
    var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }
}
