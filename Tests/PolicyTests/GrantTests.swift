import Policy
import Testing

/// Rule 13: grants of KMS keys. AWS: `https://docs.aws.amazon.com/kms/latest/developerguide/grants.html`,
/// `https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html`.
@Suite struct Grants {
    private func decide(
        by principal: Principal = .user, to operation: String = "Decrypt", in account: String? = nil,
        _ inputs: PolicyInputs, grant: KeyGrant, _ context: [String: ContextValue] = [:]
    ) throws -> Decision {
        var inputs = inputs
        // A key always has a policy. This one is about somebody else.
        if inputs.resource == nil { inputs.resource = try policy(.resource, statement(principal: aws(otherAccount))) }
        inputs.grants = [grant]
        return ask(principal, "kms:\(operation)", keyARN, in: account, inputs, context)
    }

    @Test func rule13_grantsAllowTheListedOperationsOnly() throws {
        let grant = KeyGrant(grantee: userARN, operations: ["Decrypt", "GenerateDataKey"])
        #expect(try decide(PolicyInputs(), grant: grant).isAllowed)
        #expect(try decide(by: .user, to: "generatedatakey", PolicyInputs(), grant: grant).isAllowed)
        #expect(try decide(by: .user, to: "Encrypt", PolicyInputs(), grant: grant).policyType == .resource)
        #expect(try !decide(by: .session, to: "Decrypt", PolicyInputs(), grant: grant).isAllowed)
        #expect(try decide(by: .user, in: otherAccount, PolicyInputs(), grant: grant).isAllowed)
    }

    @Test func rule13_deniesStillWin() throws {
        let grant = KeyGrant(grantee: userARN, operations: ["Decrypt"])
        let deny = try policy(.identity, statement("Deny"))
        let keyDeny = try policy(.resource, statement("Deny", principal: "*"))
        #expect(try decide(PolicyInputs(identity: [deny]), grant: grant).outcome == .explicitlyDenied)
        #expect(try decide(PolicyInputs(resource: keyDeny), grant: grant).policyType == .resource)
        #expect(try !decide(PolicyInputs(serviceControl: [[]]), grant: grant).isAllowed)
        #expect(try !decide(PolicyInputs(resourceControl: [[]]), grant: grant).isAllowed)
    }

    @Test func rule13_granteesAreNamedAsInKeyPolicies() throws {
        let all = try policy(.identity, statement())
        let role = KeyGrant(grantee: readerARN, operations: ["Decrypt"])
        #expect(try decide(by: .session, PolicyInputs(), grant: role).isAllowed)
        #expect(try !decide(by: .session, PolicyInputs(session: []), grant: role).isAllowed)
        #expect(try !decide(by: .session, PolicyInputs(boundaries: []), grant: role).isAllowed)
        let delegating = KeyGrant(grantee: rootARN, operations: ["Decrypt"])
        #expect(try decide(PolicyInputs(), grant: delegating).policyType == .identity)
        #expect(try decide(PolicyInputs(identity: [all]), grant: delegating).isAllowed)
        let service = KeyGrant(grantee: "cloudtrail.amazonaws.com", operations: ["Decrypt"])
        #expect(try decide(by: .service, PolicyInputs(), grant: service).isAllowed)
        #expect(try !decide(by: .user, PolicyInputs(), grant: service).isAllowed)
    }

    @Test func rule13_encryptionContext() throws {
        let pairs: [String: ContextValue] = [
            "kms:EncryptionContext:Department": .one("IT"), "kms:EncryptionContext:Purpose": .one("Test"),
            "kms:EncryptionContextKeys": .many(["Department", "Purpose"]),
        ]
        func grant(subset: [String: String]? = nil, equals: [String: String]? = nil) -> KeyGrant {
            KeyGrant(
                grantee: userARN, operations: ["Decrypt", "DescribeKey"],
                constraints: KeyGrant.Constraints(encryptionContextEquals: equals, encryptionContextSubset: subset))
        }
        func allows(_ grant: KeyGrant, _ context: [String: ContextValue], _ operation: String = "Decrypt") throws
            -> Bool
        {
            try decide(by: .user, to: operation, PolicyInputs(), grant: grant, context).isAllowed
        }
        let it = ["Department": "IT"]
        let both = ["Department": "IT", "Purpose": "Test"]
        #expect(try allows(grant(subset: it), pairs) && !allows(grant(subset: it), [:]))
        #expect(try !allows(grant(subset: ["department": "IT"]), pairs), "encryption contexts mind case")
        #expect(try !allows(grant(subset: ["Department": "HR"]), pairs))
        #expect(try allows(grant(equals: both), pairs) && !allows(grant(equals: it), pairs))
        #expect(try allows(grant(equals: both), [:], "DescribeKey"), "which takes no encryption context")
    }

    @Test func rule13_sourceARN() throws {
        let trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/t"
        let grant = KeyGrant(
            grantee: "cloudtrail.amazonaws.com", operations: ["Decrypt", "RetireGrant"],
            constraints: KeyGrant.Constraints(sourceARN: trail))
        #expect(try decide(by: .service, PolicyInputs(), grant: grant, ["aws:SourceArn": .one(trail)]).isAllowed)
        #expect(try !decide(by: .service, PolicyInputs(), grant: grant, ["aws:SourceArn": .one(trail + "2")]).isAllowed)
        #expect(try !decide(by: .service, PolicyInputs(), grant: grant).isAllowed)
        #expect(try decide(by: .service, to: "RetireGrant", PolicyInputs(), grant: grant).isAllowed)
    }

    @Test func grantsAreForKeysOnly() throws {
        let grant = KeyGrant(grantee: userARN, operations: ["GetObject"])
        #expect(!ask(.user, PolicyInputs(grants: [grant])).isAllowed)
    }
}

/// S3 Block Public Access, by "The meaning of public" in
/// `https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html`.
@Suite struct BlockedPublicAccess {
    private func bucket(_ principal: String, _ condition: String? = nil, effect: String = "Allow") throws
        -> CompiledPolicy
    {
        try policy(.resource, statement(effect, "s3:*", principal: principal, condition: condition))
    }

    @Test(arguments: [
        (#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
        (#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
        (#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, false),
        (#"{"StringNotEquals":{"aws:SourceVpc":"vpc-1"}}"#, true),
        (#"{"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}}"#, true),
        (#"{"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}}"#, true),
        (#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false),
        (#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
        (#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","::/0"]}}"#, true),
        (#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        (#"{"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:123456789012:accesspoint/*"}}"#, false),
        (#"{"ArnLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:*:accesspoint/x"}}"#, true),
    ])
    func whatIsPublic(_ condition: String, isPublic: Bool) throws {
        #expect(try bucket("*", condition).document.isPublic == isPublic, "\(condition)")
    }

    @Test func principalsThatAreFixedAreNotPublic() throws {
        #expect(try bucket("*").document.isPublic && bucket(aws("*")).document.isPublic)
        #expect(try !bucket(aws(otherAccount)).document.isPublic)
        #expect(try !bucket("*", effect: "Deny").document.isPublic)
    }

    @Test func restrictedBucketsAllowOutsidersNothing() throws {
        let named = statement(principal: aws(userARN))
        let open = try policy(.resource, statement(principal: "*") + "," + named)
        let all = try policy(.identity, statement())
        func allows(_ principal: Principal, in account: String? = nil, _ resource: CompiledPolicy, _ blocked: Bool)
            -> Bool
        {
            ask(
                principal, in: account,
                PolicyInputs(identity: [all], resource: resource, restrictsPublicBuckets: blocked)
            )
            .isAllowed
        }
        #expect(allows(.anonymous, open, false) && !allows(.anonymous, open, true))
        #expect(allows(.user, in: otherAccount, open, false) && !allows(.user, in: otherAccount, open, true))
        #expect(allows(.user, open, true), "the bucket's own account stays")
        #expect(allows(.service, try bucket("*"), true) == allows(.service, try bucket("*"), false))
        // A policy that is not public is none of its business.
        #expect(allows(.user, in: otherAccount, try policy(.resource, named), true))
        let denying = try bucket("*", effect: "Deny")
        #expect(
            ask(.anonymous, PolicyInputs(resource: denying, restrictsPublicBuckets: true)).outcome == .explicitlyDenied)
    }
}
