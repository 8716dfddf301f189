import Policy
import Testing

@testable import S3Service

@Suite struct DataAccessPolicyTests {
    private static let account = "111122223333"

    /// What the policy allows is what is in the scope, whatever letters keys have that mean something in policies.
    @Test(arguments: 0..<50) func itAllowsWhatTheScopeHas(seed: UInt64) throws {
        var dice = Dice(seed)
        let scope = try dice.scope()
        let session = try compiled(scope, .readWrite)
        for _ in 0..<40 {
            let bucket = Bool.random(using: &dice) ? "box" : "other"
            let key = "k\(dice.key())"
            let object = try #require(AccessGrantScope("s3://\(bucket)/\(key)", isObject: true))
            for action in ["s3:GetObject", "s3:PutObject"] {
                #expect(
                    allows(session, action, "arn:aws:s3:::\(bucket)/\(key)") == scope.covers(object),
                    "\(action) of \(object.text) by \(scope.text)")
            }
            let listed = try #require(AccessGrantScope("s3://\(bucket)/\(key)*"))
            #expect(
                allows(session, "s3:ListBucket", "arn:aws:s3:::\(bucket)", ["s3:prefix": .one(key)])
                    == (!scope.isObject && isPrefix(scope, of: listed.bucket, key)),
                "a list of \(bucket)/\(key) by \(scope.text)")
        }
    }

    private func isPrefix(_ scope: AccessGrantScope, of bucket: String, _ prefix: String) -> Bool {
        scope.bucket == bucket && prefix.utf8.starts(with: scope.key.utf8)
    }

    @Test(arguments: [
        (
            AccessGrant.Permission.read, ["s3:GetObject", "s3:GetObjectVersionAcl"],
            ["s3:PutObject", "s3:DeleteObject"]
        ),
        (.write, ["s3:PutObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], ["s3:GetObject"]),
        (.readWrite, ["s3:PutObject", "s3:GetObject"], ["s3:PutObjectTagging", "s3:BypassGovernanceRetention"]),
    ]) func permissions(permission: AccessGrant.Permission, can: [String], cannot: [String]) throws {
        let session = try compiled(try #require(AccessGrantScope("s3://box/a*")), permission)
        for action in can { #expect(allows(session, action, "arn:aws:s3:::box/ab")) }
        for action in cannot { #expect(!allows(session, action, "arn:aws:s3:::box/ab")) }
        #expect(allows(session, "s3:ListBucket", "arn:aws:s3:::box", ["s3:prefix": .one("a")]) == permission.reads)
        #expect(!allows(session, "s3:ListBucket", "arn:aws:s3:::box"))
        #expect(!allows(session, "iam:ListUsers", "*") && !allows(session, "s3:ListAllMyBuckets", "*"))
    }

    @Test func theBucketHasToBeTheAccounts() throws {
        let session = try compiled(try #require(AccessGrantScope("s3://box")), .read)
        #expect(allows(session, "s3:ListBucket", "arn:aws:s3:::box"))
        #expect(
            !allows(session, "s3:GetObject", "arn:aws:s3:::box/a", ["aws:ResourceAccount": .one("444455556666")]))
    }

    @Test func keysAreUsedByS3Alone() throws {
        let key = "arn:aws:kms:us-east-1:111122223333:key/k"
        let via: [String: ContextValue] = ["kms:ViaService": .one("s3.us-east-1.amazonaws.com")]
        let reader = try compiled(try #require(AccessGrantScope("s3://box")), .read)
        #expect(allows(reader, "kms:Decrypt", key, via) && !allows(reader, "kms:Decrypt", key))
        #expect(!allows(reader, "kms:GenerateDataKey", key, via))
        let writer = try compiled(try #require(AccessGrantScope("s3://box")), .write)
        #expect(allows(writer, "kms:GenerateDataKey", key, via))
    }

    @Test func whatIsTooLongIsNotCutOff() throws {
        for count in [1, 400, 2_000] {
            let scope = try #require(AccessGrantScope("s3://box/\(String(repeating: "k", count: count))*"))
            let policy = DataAccessPolicy(
                scope: scope, permission: .readWrite, account: Self.account, region: "us-east-1")
            #expect((policy.text == nil) == (count == 2_000))
        }
    }

    private func compiled(
        _ scope: AccessGrantScope, _ permission: AccessGrant.Permission
    ) throws -> CompiledPolicy {
        let policy = DataAccessPolicy(
            scope: scope, permission: permission, account: Self.account, region: "us-east-1")
        let text = try #require(policy.text)
        return CompiledPolicy(
            try PolicyDocument(parsing: text, as: .session), source: PolicySource(type: .session, name: "session"))
    }

    /// Whether a role that may do everything may do something in a session with the policy.
    private func allows(
        _ session: CompiledPolicy, _ action: String, _ resource: String, _ context: [String: ContextValue] = [:]
    ) -> Bool {
        guard let everything = Self.everything, let keyPolicy = Self.keyPolicy else { return false }
        let inputs = PolicyInputs(
            identity: [everything], resource: action.hasPrefix("kms:") ? keyPolicy : nil, session: [session])
        let request = AuthorizationRequest(
            principal: Principal(
                kind: .roleSession, arn: "arn:aws:sts::\(Self.account):assumed-role/lender/s", accountID: Self.account,
                roleARN: "arn:aws:iam::\(Self.account):role/lender", uniqueID: "AROAAAAAAAAAAAAAAAAA2"),
            action: action, resource: resource, resourceAccount: Self.account)
        let all = context.merging(["aws:ResourceAccount": .one(Self.account)]) { own, _ in own }
        return PolicyEvaluator.evaluate(request, inputs, DictionaryContext(all)).isAllowed
    }

    private static let everything = policy(.identity, #""Action":"*","Resource":"*""#)
    /// As each key has it: the account's own policies decide.
    private static let keyPolicy = policy(
        .resource, #""Principal":{"AWS":"\#(account)"},"Action":"kms:*","Resource":"*""#)

    private static func policy(_ type: PolicyType, _ members: String) -> CompiledPolicy? {
        let text = #"{"Version":"2012-10-17","Statement":{"Effect":"Allow",\#(members)}}"#
        return (try? PolicyDocument(parsing: text, as: type)).map {
            CompiledPolicy($0, source: PolicySource(type: type, name: "of the test"))
        }
    }
}
