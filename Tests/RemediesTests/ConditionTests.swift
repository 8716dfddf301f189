import Policy
import Testing

@testable import Remedies

/// What the caller can do about conditions.
@Suite struct ConditionTests {
    typealias Case = TestCase

    private func allow(if condition: String) -> TestCase {
        var made = Case()
        made.inputs.identity = [
            Case.inline(#"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": \#(condition)}"#)
        ]
        return made
    }

    private func deny(if condition: String) -> TestCase {
        var made = Case()
        made.inputs.identity = [
            Case.inline(
                Case.s3 + "," + #"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": \#(condition)}"#)
        ]
        return made
    }

    /// The condition of an allow, that of a deny, what is done, and what the diff ends with.
    static let conditions: [(allow: String, deny: String, kind: Change.Kind, diff: String)] = [
        (
            #"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
            #"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#, .signInWithMFA,
            "+ aws:MultiFactorAuthPresent: true"
        ),
        (
            #"{"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}"#,
            #"{"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}}"#, .signInWithMFA,
            "+ aws:MultiFactorAuthPresent: true"
        ),
        (
            #"{"Bool": {"aws:SecureTransport": "true"}}"#, #"{"Bool": {"aws:SecureTransport": "false"}}"#,
            .changeRequest, "+ aws:SecureTransport: true"
        ),
        (
            #"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}"#, #"{"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
            .changeRequest, "+ aws:SourceIp: 10.0.0.0/8"
        ),
        (
            #"{"StringEquals": {"aws:RequestTag/team": "blue"}}"#,
            #"{"StringNotEquals": {"aws:RequestTag/team": "blue"}}"#, .changeRequest, "+ aws:RequestTag/team: blue"
        ),
        (
            #"{"Null": {"aws:RequestTag/team": "false"}}"#, #"{"Null": {"aws:RequestTag/team": "true"}}"#,
            .changeRequest, "+ aws:RequestTag/team: example"
        ),
        (
            #"{"StringEquals": {"aws:PrincipalTag/team": "blue"}}"#,
            #"{"StringNotEquals": {"aws:PrincipalTag/team": "blue"}}"#, .tagPrincipal, "+ aws:PrincipalTag/team: blue"
        ),
        (
            #"{"StringEquals": {"aws:ResourceTag/team": "blue"}}"#,
            #"{"StringNotEquals": {"aws:ResourceTag/team": "blue"}}"#, .tagResource, "+ aws:ResourceTag/team: blue"
        ),
        (
            #"{"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}"#,
            #"{"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}"#, .changeRequest,
            "+ aws:RequestedRegion: eu-west-1"
        ),
        (
            #"{"StringLike": {"s3:prefix": "home/*"}}"#, #"{"StringNotLike": {"s3:prefix": "home/*"}}"#, .changeRequest,
            "+ s3:prefix: home/*"
        ),
    ]

    @Test(arguments: conditions.indices)
    func aConditionCanBeMet(_ index: Int) throws {
        let (allow, deny, kind, diff) = Self.conditions[index]
        for made in [self.allow(if: allow), self.deny(if: deny)] {
            let change = try #require(made.report.remedies.first { $0.changes[0].kind == kind }?.changes.first)
            #expect(change.diff.contains(diff), "\(change.diff)")
        }
    }

    @Test func allConditionsOfAnAllowTogether() throws {
        let made = allow(
            if: #"{"Bool": {"aws:MultiFactorAuthPresent": "true", "aws:SecureTransport": "true"}}"#)
        let remedy = try #require(made.report.remedies.first)
        #expect(remedy.changes.count == 1 && remedy.changes[0].diff.contains("+ aws:SecureTransport: true"))
        #expect(remedy.changes[0].diff.contains("+ aws:MultiFactorAuthPresent: true"))
    }

    @Test func whoAsksIsNotChanged() {
        let made = allow(if: #"{"StringEquals": {"aws:username": "bob"}}"#)
        #expect(made.report.remedies.allSatisfy { $0.changes[0].kind != .changeRequest })
        var denied = deny(if: #"{"StringEquals": {"aws:username": "alice"}}"#)
        denied.context["aws:username"] = .one("alice")
        #expect(denied.report.remedies.map { $0.changes[0].kind } == [.narrowDeny])
    }

    @Test func revokedSessionsAreAskedForAnew() throws {
        var made = Case()
        made.principal = Case.session
        made.context["aws:tokenissuetime"] = .one("2026-11-29T10:00:00Z")
        let deny =
            #"{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-29T12:00:00Z"}}}"#
        made.inputs.identity = [
            Case.policy(Case.s3, of: Case.role), Case.policy(deny, name: "AWSRevokeOlderSessions", of: Case.role),
        ]
        let change = try #require(made.report.remedies.first?.changes.first)
        #expect(change.kind == .newSession && !change.risks.isEmpty)
    }

    @Test func aRegionInTheResourceIsAnotherResource() {
        var made = allow(if: #"{"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}"#)
        made.resource = "arn:aws:s3:us-east-1:111122223333:accesspoint/x"
        #expect(made.report.remedies.allSatisfy { $0.changes[0].kind != .changeRequest })
    }
}
