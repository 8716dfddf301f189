import AccessAnalyzerAPI
import Directory
import Platform
import Policy
import Testing

@testable import AccessAnalyzerService

/// What a proposed configuration makes of a resource.
@Suite struct ProposedResourceTests {
    private let queue = "arn:aws:sqs:us-east-1:111122223333:q"

    private func policy(_ principal: String, _ type: PolicyType = .resource) throws -> CompiledPolicy {
        let action = type == .roleTrust ? "sts:AssumeRole" : "sqs:SendMessage"
        let text =
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":\#(principal),"Action":"\#(action)"}}"#
        let document = try PolicyDocument(parsing: text, as: type, strictness: .evaluable)
        return CompiledPolicy(document, source: PolicySource(type: type, name: "policy"))
    }

    private func proposal(_ arn: String, existing: AnalyzedResource? = nil) -> ProposedResource {
        ProposedResource(
            arn: arn, owner: "111122223333", region: "us-east-1", existing: existing, directory: IdentityDirectory())
    }

    private func sqs(_ policy: String?) -> AccessAnalyzer.Configuration {
        AccessAnalyzer.Configuration { $0.sqsQueue = AccessAnalyzer.SqsQueueConfiguration { $0.queuePolicy = policy } }
    }

    @Test func whatIsNotProposedStays() throws {
        var existing = AnalyzedResource(arn: queue, type: "AWS::SQS::Queue", owner: "111122223333")
        existing.policy = try policy(#""*""#)
        let same = try proposal(queue, existing: existing).resource(sqs(nil))
        #expect(same.policy === existing.policy)
        #expect(try proposal(queue, existing: existing).resource(sqs("")).policy == nil)
        #expect(try proposal(queue).resource(sqs(nil)).policy == nil)
    }

    @Test func aRoleMustHaveATrustPolicy() throws {
        let arn = "arn:aws:iam::111122223333:role/r"
        func role(_ trust: String?) -> AccessAnalyzer.Configuration {
            AccessAnalyzer.Configuration { $0.iamRole = AccessAnalyzer.IamRoleConfiguration { $0.trustPolicy = trust } }
        }
        #expect(throws: AccessPreview.Failure.invalidConfiguration) { try proposal(arn).resource(role(nil)) }
        var existing = AnalyzedResource(arn: arn, type: "AWS::IAM::Role", owner: "111122223333")
        existing.policy = try policy(#"{"AWS":"444455556666"}"#, .roleTrust)
        #expect(try proposal(arn, existing: existing).resource(role(nil)).policy === existing.policy)
        #expect(throws: AccessPreview.Failure.invalidConfiguration) {
            try proposal(arn, existing: existing).resource(role(""))
        }
    }

    @Test func proposedGrantsTakeThePlaceOfThoseThatThereAre() throws {
        let arn = "arn:aws:kms:us-east-1:111122223333:key/k"
        var existing = AnalyzedResource(arn: arn, type: "AWS::KMS::Key", owner: "111122223333")
        existing.policy = try policy(#"{"AWS":"111122223333"}"#)
        existing.grants = [KeyGrant(grantee: "arn:aws:iam::444455556666:root", operations: ["Decrypt"])]
        let nothing = AccessAnalyzer.Configuration { $0.kmsKey = AccessAnalyzer.KmsKeyConfiguration { _ in } }
        #expect(try proposal(arn, existing: existing).resource(nothing).grants.count == 1)
        let none = AccessAnalyzer.Configuration {
            $0.kmsKey = AccessAnalyzer.KmsKeyConfiguration { $0.grants = [] }
        }
        #expect(try proposal(arn, existing: existing).resource(none).grants.isEmpty)
        // A new key has the policy that a key has which is made without one.
        #expect(try proposal(arn).resource(nothing).policy?.document.statements.count == 1)
    }

    @Test(
        arguments: [
            ("arn:aws:sqs:us-east-1:111122223333:q", ConfigurationKind.sqsQueue, true),
            ("arn:aws:sqs:eu-west-1:111122223333:q", .sqsQueue, false),
            ("arn:aws:sqs:us-east-1:444455556666:q", .sqsQueue, false), ("arn:aws:s3:::b", .s3Bucket, true),
            ("arn:aws:s3:::b/o", .s3Bucket, false), ("arn:aws:iam::111122223333:role/r", .iamRole, true),
            ("arn:aws:iam::111122223333:user/r", .iamRole, false),
            ("arn:aws:ec2:us-east-1::snapshot/snap-1", .ebsSnapshot, true),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/t", .dynamodbTable, true),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/t/index/i", .dynamodbTable, true),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/s", .dynamodbTable, false),
            ("arn:aws:dynamodb:us-east-1:111122223333:table/t/stream/s", .dynamodbStream, true),
            ("arn:aws:kms:us-east-1:111122223333:key/", .kmsKey, false),
            ("arn:aws:kms:us-east-1:111122223333:alias/x", .kmsKey, false), ("x", .kmsKey, false),
        ]) func names(arn: String, kind: ConfigurationKind, fits: Bool)
    {
        let analyzer = Analyzer(
            name: "a", accountID: "111122223333", region: "us-east-1", type: .account, created: 0)
        #expect(kind.names(arn, analyzer) == fits)
    }

    @Test(
        arguments: [
            ("*", true), ("arn:aws:s3:::b/*", true), ("arn:aws:s3:::b?", true), ("arn:aws:iam::*:role/x", false),
            ("arn:aws:iam::111122223333:role/*", true), ("b", false), ("arn:aws:s3:::", false), ("", false),
        ]) func listedResources(text: String, isOne: Bool)
    {
        #expect(ListedAccess.isResource(text) == isOne)
    }
}
