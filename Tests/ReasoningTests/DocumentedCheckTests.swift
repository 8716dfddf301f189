import Policy
import Reasoning
import Testing

/// AWS's own examples of custom policy checks, with the answers that its pages give.
@Suite struct DocumentedChecks {
    private let checks = Checks()

    /// AWS CLI reference, `accessanalyzer/check-no-new-access.html`: FAIL in the statement with index 0.
    @Test func newAccessInACLIExample() throws {
        let resources = #""Resource":["arn:aws:s3:::amzn-s3-demo-bucket","arn:aws:s3:::amzn-s3-demo-bucket/*"]"#
        let old = try policy(#""Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],\#(resources)"#)
        let new = try policy(
            #""Effect":"Allow","Action":["s3:GetObject","s3:GetObjectAcl","s3:ListBucket"],\#(resources)"#)
        let witness = try #require(checks.newAccess(from: old, to: new).witness)
        #expect(witness.request.action.lowercased() == "s3:getobjectacl")
        #expect(witness.decision.statement?.index == 0)
        #expect(checks.newAccess(from: new, to: old).isNo)
    }

    /// AWS Security Blog, "Introducing IAM Access Analyzer custom policy checks", example 1: FAIL, for the new policy has
    /// no condition.
    @Test func newAccessByALostCondition() throws {
        let body =
            #""Effect":"Allow","Action":["ec2:StartInstances","ec2:StopInstances"],"Resource":"arn:aws:ec2:*:*:instance/*""#
        let old = try policy(
            body + #","Condition":{"StringEquals":{"aws:ResourceTag/Owner":"${aws:username}"}}"#)
        let new = try policy(body)
        #expect(checks.newAccess(from: old, to: new).witness != nil)
        #expect(checks.newAccess(from: new, to: old).isNo)
        #expect(checks.newAccess(from: old, to: old).isNo)
    }

    /// The same, example 2: FAIL for CloudTrail's deletions in the statement with index 0.
    @Test func sensitiveActions() throws {
        let trails = try policy(
            #""Effect":"Allow","Action":["cloudtrail:StopLogging","cloudtrail:Delete*"],"Resource":["*"]"#)
        let answer = checks.access(by: trails, to: ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], on: [])
        #expect(answer.witness?.decision.statement?.index == 0)
        #expect(checks.access(by: trails, to: ["cloudtrail:CreateTrail"], on: []).isNo)
    }

    /// The same, example 3: a pipeline with a reference policy, that nobody passes sensitive roles, and a list of sensitive
    /// actions. A role's policy passes both checks; the pull request fails both, and adds a secret that is public.
    @Test func pipeline() throws {
        let reference = try policy(
            #""Effect":"Allow","Action":"*","Resource":"*""#,
            #""Effect":"Deny","Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/my-sensitive-roles/*""#)
        let sensitive = ["dynamodb:DeleteTable"]
        func application(_ more: String, _ role: String) throws -> SymbolicPolicy {
            let actions =
                #""ec2:RunInstances","lambda:CreateFunction","lambda:InvokeFunction","dynamodb:Scan","dynamodb:Query","dynamodb:UpdateItem","dynamodb:GetItem""#
            return try policy(
                #""Effect":"Allow","Action":[\#(actions + more)],"Resource":"*""#,
                #""Effect":"Allow","Action":["iam:PassRole"],"Resource":"arn:aws:iam::*:role/\#(role)""#)
        }
        let first = try application("", "my-custom-role")
        #expect(checks.newAccess(from: reference, to: first).isNo)
        #expect(checks.access(by: first, to: sensitive, on: []).isNo)
        let changed = try application(#","dynamodb:Delete*""#, "my-sensitive-roles/my-custom-admin-role")
        let witness = try #require(checks.newAccess(from: reference, to: changed).witness)
        #expect(witness.request.resource.hasSuffix(":role/my-sensitive-roles/my-custom-admin-role"))
        #expect(witness.decision.statement?.index == 1)
        #expect(checks.access(by: changed, to: sensitive, on: []).witness?.decision.statement?.index == 0)

        // The third check is in the example's repository, `aws-samples/access-analyzer-automated-policy-analysis-blog`.
        let secret = try policy(
            #""Sid":"DenyAllAccountDeleteSecret","Effect":"Deny","Principal":"*","Action":"secretsmanager:DeleteSecret","Resource":"*""#,
            #""Sid":"AllowAllAccountGetSecretValue","Effect":"Allow","Principal":"*","Action":"secretsmanager:GetSecretValue","Resource":"*""#,
            type: .resource)
        #expect(checks.publicAccess(by: secret).witness?.decision.statement?.sid == "AllowAllAccountGetSecretValue")
    }

    /// AWS CLI reference, `accessanalyzer/check-access-not-granted.html`: PASS.
    @Test func accessNotGrantedInACLIExample() throws {
        let reading = try policy(
            #""Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::amzn-s3-demo-bucket","arn:aws:s3:::amzn-s3-demo-bucket/*"]"#
        )
        #expect(checks.access(by: reading, to: ["s3:DeleteBucket", "s3:GetBucketLocation"], on: []).isNo)
    }

    /// AWS CLI reference, `accessanalyzer/check-no-public-access.html`: PASS.
    @Test func publicAccessInACLIExample() throws {
        let toJohn = try policy(
            #""Sid":"CheckNoPublicAccess","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/JohnDoe"},"Action":["s3:GetObject"]"#,
            type: .resource)
        #expect(checks.publicAccess(by: toJohn).isNo)
    }

    /// API reference, `API_CheckAccessNotGranted.html`, its three examples: PASS, PASS and FAIL.
    @Test func accessNotGranted() throws {
        func bucketPolicy(_ action: String, _ resource: String) throws -> SymbolicPolicy {
            try policy(
                #""Sid":"AllowJohnDoe","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/JohnDoe"},"Action":"\#(action)","Resource":"\#(resource)""#,
                type: .resource)
        }
        let reading = try bucketPolicy("s3:GetObject", "*")
        #expect(checks.access(by: reading, to: ["s3:PutObject"], on: []).isNo)
        let elsewhere = try bucketPolicy("s3:PutObject", "arn:aws:s3:::non-sensitive-bucket/*")
        #expect(checks.access(by: elsewhere, to: [], on: ["arn:aws:s3:::sensitive-bucket/*"]).isNo)
        let here = try bucketPolicy("s3:PutObject", "arn:aws:s3:::my-bucket/*")
        let witness = try #require(checks.access(by: here, to: [], on: ["arn:aws:s3:::my-bucket/*"]).witness)
        #expect(witness.decision.statement?.sid == "AllowJohnDoe")
        #expect(witness.request.principal.arn == "arn:aws:iam::123456789012:user/JohnDoe")
    }

    /// API reference, `API_CheckNoPublicAccess.html`, its two examples, which name no resource: PASS and FAIL.
    @Test func publicAccess() throws {
        let toJohn = try policy(
            #""Sid":"Bob","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/JohnDoe"},"Action":["s3:GetObject"]"#,
            type: .resource)
        #expect(checks.publicAccess(by: toJohn).isNo)
        let toAll = try policy(
            #""Sid":"Bob","Effect":"Allow","Principal":"*","Action":["s3:GetObject"]"#, type: .resource)
        #expect(checks.publicAccess(by: toAll).witness?.decision.statement?.sid == "Bob")
    }

    /// S3 User Guide, "The meaning of public", `access-control-block-public-access.html`: what makes a policy public, and
    /// what no longer.
    @Test(
        arguments: [
            (#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
            (#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
            (#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#, false),
            (#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
            (#"{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}"#, false),
            (#"{"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","${aws:ResourceOrgID}"]}}"#, false),
            (#"{"StringEquals":{"aws:PrincipalOrgID":"${aws:PrincipalTag/org}"}}"#, true),
            (#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}}"#, true),
            (#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:*"}}"#, false),
            (#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:*:topic"}}"#, true),
            (#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
            (#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/R"}}"#, false),
            (#"{"StringEquals":{"aws:PrincipalAccount":"111122223333"},"Bool":{"aws:SecureTransport":"true"}}"#, false),
        ]) func meaningOfPublic(condition: String, isPublic: Bool) throws
    {
        let bucket = try policy(
            #""Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*","Condition":\#(condition)"#,
            type: .resource)
        switch checks.publicAccess(by: bucket) {
        case .yes: #expect(isPublic)
        case .no: #expect(!isPublic)
        case .unknown(let doubt): Issue.record("\(doubt)")
        }
    }

    /// A Deny takes back what an Allow gives to the public: the perimeter of `aws-samples/data-perimeter-policy-examples`,
    /// whose authors claim that only the organization and AWS's services get in.
    @Test func perimeterByDeny() throws {
        let allow = #""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*""#
        let deny =
            #""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}"#
        #expect(checks.publicAccess(by: try policy(allow, deny, type: .resource)).isNo)
        #expect(checks.publicAccess(by: try policy(allow, type: .resource)).witness != nil)
    }
}
