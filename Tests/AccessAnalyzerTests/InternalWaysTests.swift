import Directory
import Platform
import Policy
import Reasoning
import Testing

@testable import AccessAnalyzerService

/// The ways by which users and roles come to a resource.
@Suite struct InternalWaysTests {
    private let own = "111122223333"
    private let other = "444455556666"
    private let arn = "arn:aws:s3:::b"

    private func policy(_ statement: String, _ type: PolicyType = .resource) throws -> CompiledPolicy {
        let text = #"{"Version":"2012-10-17","Statement":{\#(statement)}}"#
        return CompiledPolicy(try PolicyDocument(parsing: text, as: type), source: PolicySource(type: type))
    }

    private func point(_ account: String) -> AnalyzedResource.AccessPoint {
        AnalyzedResource.AccessPoint(
            arn: "arn:aws:s3:us-east-1:\(account):accesspoint/p", owner: account, policy: nil,
            restrictsPublicBuckets: true, context: ["s3:dataaccesspointaccount": .one(account)])
    }

    private func ways(_ resource: AnalyzedResource, _ identity: String) throws -> [InternalWays.Way] {
        let user = "arn:aws:iam::\(own):user/ann"
        return InternalWays(
            resource: resource, principal: Principal(kind: .user, arn: user, accountID: own), tags: [:],
            own: BoundPolicies(sets: [PolicySet([try policy(identity, .identity)])], boundary: nil),
            serviceControl: nil, resourceControl: nil, pointControl: [:]
        ).all
    }

    private func reads(_ way: InternalWays.Way) -> Bool {
        let question = InsideQuestion(
            doors: way.doors, unless: way.unless, resources: [arn + "/*"], actions: AskedActions(["s3:GetObject"]),
            context: way.context, absentKeys: way.absentKeys)
        let (access, isUndecided) = Checks(AnalyzedActions.domain).insideAccess(question)
        #expect(!isUndecided)
        return !access.isEmpty
    }

    private func sources(_ ways: [InternalWays.Way]) -> [AccessSource?] {
        ways.filter(reads).map { way in
            if case .known(let source) = way.source { source } else { nil }
        }
    }

    private let all = #""Effect":"Allow","Action":"s3:*","Resource":"*""#

    @Test func anyOtherResourceHasOneWay() throws {
        let queue = AnalyzedResource(arn: "arn:aws:sqs:us-east-1:\(own):q", type: "AWS::SQS::Queue", owner: own)
        #expect(try ways(queue, all).count == 1)
    }

    @Test func aBucketHasAccessPoints() throws {
        var bucket = AnalyzedResource(arn: arn, type: "AWS::S3::Bucket", owner: own)
        #expect(try sources(ways(bucket, all)) == [AccessSource(kind: .policy)])
        bucket.accessPoints = [point(own), point(other)]
        let ownPoint = AccessSource(kind: .accessPoint, accessPointARN: point(own).arn)
        // The other account's needs a policy that lets the user in.
        #expect(try sources(ways(bucket, all)) == [AccessSource(kind: .policy), ownPoint])
        bucket.accessPoints[1].policy = try policy(
            #""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"\#(point(other).arn)/object/*""#)
        bucket.accessPoints[1].restrictsPublicBuckets = false
        let theirs = AccessSource(
            kind: .accessPointAccount, accessPointARN: point(other).arn, accessPointAccount: other)
        #expect(try sources(ways(bucket, all)) == [AccessSource(kind: .policy), ownPoint, theirs])
        // Block Public Access takes from outsiders what its policy allows all.
        bucket.accessPoints[1].restrictsPublicBuckets = true
        #expect(try sources(ways(bucket, all)) == [AccessSource(kind: .policy), ownPoint])
        // Who may not use the bucket itself may not use it by an access point.
        let named = #""Effect":"Allow","Action":"s3:*","Resource":"\#(point(own).arn)/object/*""#
        #expect(try sources(ways(bucket, named)).isEmpty)
        bucket.policy = try policy(
            #""Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\#(own):user/ann"},"Action":"s3:*","Resource":"\#(arn)/*","#
                + #""Condition":{"StringEquals":{"s3:DataAccessPointAccount":"\#(own)"}}"#)
        #expect(try sources(ways(bucket, named)).compactMap { $0 } == [ownPoint])
    }
}
