import Policy
import Remedies
import Testing

/// What the documentation of `Remedies` shows.
struct RemediesExamples {
    private func deniedRequest() throws -> DeniedRequest {
        let text = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}}
            """
        let policy = CompiledPolicy(
            try PolicyDocument(parsing: text, as: .identity), source: PolicySource(type: .identity, name: "list"))
        let alice = "arn:aws:iam::111122223333:user/alice"
        let request = AuthorizationRequest(
            principal: Principal(kind: .user, arn: alice, accountID: "111122223333"), action: "s3:GetObject",
            resource: "arn:aws:s3:::home/x")
        let denied = DeniedRequest(request, PolicyInputs(identity: [policy]), context: ["aws:username": .one("alice")])
        for remedy in RemedySearch(denied).report().remedies { print(remedy.title) }
        return denied
    }

    @Test func search() throws {
        let denied = try deniedRequest()
        let report = RemedySearch(denied).report()
        for remedy in report.remedies { print(remedy.title, remedy.changes.flatMap(\.commands)) }
        #expect(report.remedies.first?.title == "Give user alice a new inline policy Allow-s3-GetObject")
    }

    @Test func stages() throws {
        let denied = try deniedRequest()
        for stage in DecisionStages(denied).stages where stage.outcome != .notApplicable {
            print(stage.title, stage.outcome.rawValue, stage.isDecisive ? "←" : "")
            for policy in stage.policies { for statement in policy.statements { print(statement.lines) } }
        }
        #expect(DecisionStages(denied).stages.first(where: \.isDecisive)?.kind == .identity)
    }
}
