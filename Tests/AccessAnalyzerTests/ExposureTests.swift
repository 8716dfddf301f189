import Platform
import Policy
import Reasoning
import Testing

@testable import AccessAnalyzerService

/// What findings say of a resource: by type, with all that guards it.
@Suite struct ExposureTests {
    private let own = "111122223333"
    private let other = "444455556666"

    private func policy(_ statements: String, _ type: PolicyType = .resource) throws -> CompiledPolicy {
        let text = #"{"Version":"2012-10-17","Statement":[\#(statements)]}"#
        return CompiledPolicy(try PolicyDocument(parsing: text, as: type), source: PolicySource(type: type))
    }

    private func zone(_ resourceControl: [PolicySet]? = nil) -> ZoneOfTrust {
        let own = own
        return ZoneOfTrust(trusted: TrustedZone(contains: { $0 == own }), resourceControl: { _ in resourceControl })
    }

    private func exposure(
        _ type: String, _ arn: String, _ statements: String, _ zone: ZoneOfTrust? = nil,
        adjust: (inout AnalyzedResource) -> Void = { _ in }
    ) throws -> [ExternalAccess] {
        let known = try #require(AnalyzedResourceType.policyOnly(type))
        var resource = AnalyzedResource(
            arn: arn, type: type, owner: own,
            policy: try policy(statements, type == "AWS::IAM::Role" ? .roleTrust : .resource))
        adjust(&resource)
        let found = Exposure.external(resource, known, zone ?? self.zone())
        #expect(!found.isUndecided)
        return found.findings
    }

    /// Each type of the model, with a policy for everybody that any service would take.
    @Test(arguments: [
        ("AWS::SQS::Queue", "arn:aws:sqs:us-east-1:111122223333:q", "sqs:SendMessage"),
        ("AWS::SNS::Topic", "arn:aws:sns:us-east-1:111122223333:t", "sns:Publish"),
        (
            "AWS::SecretsManager::Secret", "arn:aws:secretsmanager:us-east-1:111122223333:secret:s-AbCdEf",
            "secretsmanager:GetSecretValue"
        ),
        ("AWS::Lambda::Function", "arn:aws:lambda:us-east-1:111122223333:function:f", "lambda:InvokeFunction"),
        ("AWS::ECR::Repository", "arn:aws:ecr:us-east-1:111122223333:repository/r", "ecr:BatchGetImage"),
        (
            "AWS::EFS::FileSystem", "arn:aws:elasticfilesystem:us-east-1:111122223333:file-system/fs-1",
            "elasticfilesystem:ClientMount"
        ),
        ("AWS::DynamoDB::Table", "arn:aws:dynamodb:us-east-1:111122223333:table/t", "dynamodb:GetItem"),
        ("AWS::KMS::Key", "arn:aws:kms:us-east-1:111122223333:key/k", "kms:Decrypt"),
        ("AWS::S3::Bucket", "arn:aws:s3:::b", "s3:ListBucket"),
    ]) func everyTypeHasItsActions(type: String, arn: String, action: String) throws {
        let statement = #"{"Effect":"Allow","Principal":"*","Action":"\#(action)","Resource":"\#(arn)"}"#
        let found = try exposure(type, arn, statement)
        #expect(found.map(\.actions) == [[action]])
        #expect(found.map(\.isPublic) == [true])
        #expect(found.first?.sources == (type == "AWS::S3::Bucket" ? [AccessSource(kind: .policy)] : []))
        #expect(found.first?.witness?.action == action)
        let named = #"{"Effect":"Allow","Principal":{"AWS":"\#(own)"},"Action":"\#(action)","Resource":"\#(arn)"}"#
        #expect(try exposure(type, arn, named).isEmpty)
    }

    /// AWS: "APPLICABLE: There is an RCP present in the organization but IAM Access Analyzer does not include it in the evaluation",
    /// `API_ExternalAccessDetails.html`.
    @Test func resourceControlPoliciesAreNamedAndDoNotCount() throws {
        let arn = "arn:aws:s3:::b"
        let statement =
            #"{"Effect":"Allow","Principal":{"AWS":"\#(other)"},"Action":"s3:GetObject","Resource":"\#(arn)/*"}"#
        #expect(try exposure("AWS::S3::Bucket", arn, statement).map(\.resourceControl) == [.notApplicable])
        let deny = try policy(#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}"#, .resourceControl)
        let ofQueues = try policy(
            #"{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}"#, .resourceControl)
        #expect(
            try exposure("AWS::S3::Bucket", arn, statement, zone([PolicySet([deny])])).map(\.resourceControl)
                == [.applicable])
        #expect(
            try exposure("AWS::S3::Bucket", arn, statement, zone([PolicySet([ofQueues])])).map(\.resourceControl)
                == [.notApplicable])
    }

    @Test func thePolicyDeniesWhatTheListAllows() throws {
        let arn = "arn:aws:s3:::b"
        let list = try policy(
            #"{"Effect":"Allow","Principal":{"AWS":"\#(other)"},"Action":["s3:ListBucket","s3:PutObject"],"Resource":"*"}"#
        )
        let harmless = #"{"Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"\#(arn)"}"#
        let found = try exposure("AWS::S3::Bucket", arn, harmless) { $0.accessControlList = list }
        #expect(found.map(\.sources) == [[AccessSource(kind: .bucketACL)]])
        #expect(found.map(\.actions) == [["s3:ListBucket", "s3:PutObject"]])
        let denying = #"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"\#(arn)/*"}"#
        #expect(
            try exposure("AWS::S3::Bucket", arn, denying) { $0.accessControlList = list }.map(\.actions)
                == [["s3:ListBucket"]])
    }

    @Test func whatTwoWaysLetInIsOneFinding() throws {
        let arn = "arn:aws:s3:::b"
        let statement =
            #"{"Effect":"Allow","Principal":{"AWS":"\#(other)"},"Action":"s3:GetObject","Resource":"\#(arn)/*"}"#
        let list = try policy(
            #"{"Effect":"Allow","Principal":{"AWS":"\#(other)"},"Action":"s3:ListBucket","Resource":"*"}"#)
        let found = try exposure("AWS::S3::Bucket", arn, statement) { $0.accessControlList = list }
        #expect(found.count == 1)
        #expect(found.first?.actions == ["s3:GetObject", "s3:ListBucket"])
        #expect(found.first?.sources.map(\.kind) == [.policy, .bucketACL])
    }
}

/// What filters and archive rules choose.
@Suite struct FindingFilterTests {
    private var finding: AnalyzedFinding {
        AnalyzedFinding(
            partition: "a/1", id: "f", resource: "arn:aws:s3:::b", resourceType: "AWS::S3::Bucket",
            owner: "111122223333",
            details: .external(
                ExternalAccess(
                    principalType: "AWS", principal: "444455556666", actions: ["s3:GetObject"],
                    conditions: ["aws:SourceVpc": "vpc-a"], isPublic: false, sources: [],
                    resourceControl: .notApplicable, witness: nil)),
            error: nil, status: .active, created: 1, analyzed: 1, updated: 1)
    }

    private func matches(_ key: String, _ criterion: Criterion) -> Bool {
        FindingFilter.matches([key: criterion], finding)
    }

    @Test func criteria() {
        #expect(matches("principal.AWS", Criterion(eq: ["1", "444455556666"])))
        #expect(!matches("principal.AWS", Criterion(neq: ["444455556666"])))
        #expect(matches("principal.Federated", Criterion(neq: ["444455556666"])))
        #expect(matches("principal.Federated", Criterion(exists: false)))
        #expect(!matches("principal.Federated", Criterion(eq: ["444455556666"])))
        #expect(matches("resource", Criterion(contains: ["s3:::"])))
        #expect(!matches("resource", Criterion(contains: ["sqs"])))
        #expect(matches("isPublic", Criterion(eq: ["false"])))
        #expect(matches("condition.aws:sourcevpc", Criterion(eq: ["vpc-a"])))
        #expect(matches("condition.aws:SourceIp", Criterion(exists: false)))
        #expect(!matches("error", Criterion(exists: true)))
        // All of what a criterion says has to be so.
        #expect(!matches("resource", Criterion(eq: ["arn:aws:s3:::b"], contains: ["sqs"])))
    }

    @Test func keys() {
        #expect(FindingFilter.isKey("condition.kms:CallerAccount"))
        #expect(!FindingFilter.isKey("condition."))
        #expect(!FindingFilter.isKey("colour"))
    }

    /// Whoever makes the same finding twice, on whichever node, gives it the same id; another analyzer's has another.
    @Test func idsAreOfWhatFindingsSay() {
        let resource = FoundResource(arn: "arn:aws:s3:::b", type: "AWS::S3::Bucket", owner: "111122223333")
        func analyzer(_ created: Double) -> Analyzer {
            Analyzer(name: "a", accountID: "111122223333", region: "us-east-1", type: .account, created: created)
        }
        let id = Findings.id(of: "x", resource, analyzer(1))
        #expect(id == Findings.id(of: "x", resource, analyzer(1)))
        #expect(id != Findings.id(of: "y", resource, analyzer(1)))
        #expect(id != Findings.id(of: "x", resource, analyzer(2)))
        #expect(id.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
    }
}
