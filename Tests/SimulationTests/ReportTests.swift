import Policy
import Testing

@testable import Simulation

@Suite struct ReportTests {
    private func report(
        _ document: String, _ context: [String: ContextValue] = [:], colored: Bool = false
    ) throws -> String {
        let policy = CompiledPolicy(
            try PolicyDocument(parsing: document, as: .identity), source: PolicySource(type: .identity, name: "p.json"))
        let simulated = SimulatedCase(
            request: AuthorizationRequest(
                principal: try Principal(simulating: alice), action: "s3:GetObject", resource: "arn:aws:s3:::b/k"),
            inputs: PolicyInputs(identity: [policy]), context: context)
        return Report(simulated, style: Style(isColored: colored)).lines.joined(separator: "\n")
    }

    @Test func namesTheConditionThatFailedAndBothValues() throws {
        let document = """
            {"Version": "2012-10-17", "Statement": [
              {"Sid": "Own", "Effect": "Allow", "Action": "s3:*", "Resource": "*",
               "Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:username}", "x:There": "yes"}}}]}
            """
        let text = try report(document, ["aws:username": .one("alice"), "aws:principaltag/team": .one("blue")])
        #expect(text.hasPrefix("Denied implicitly: no identity-based policy allows it\n"))
        #expect(text.contains("statement 1 \"Own\", Allow: does not apply  p.json:2:3"))
        #expect(
            text.contains(
                #"StringEquals aws:PrincipalTag/team ["${aws:username}" = "alice"] fails: the request has "blue""#))
        #expect(text.contains(#"StringEquals x:There ["yes"] fails: the request has no such key"#))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func namesTheResourceThatDidNotMatch() throws {
        let text = try report(allow("s3:GetObject", "arn:aws:s3:::other/*"))
        #expect(text.contains(#"resource "arn:aws:s3:::b/k" matches none of ["arn:aws:s3:::other/*"]"#))
        let own = try report(allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/${*}"))
        #expect(own.contains(#"/${*}"]: ${aws:username} has no value; give it with --context"#))
        #expect(try report(allow("iam:*")).contains("statement 1, Allow: another action"))
    }

    @Test func colorsOnlyWhenTold() throws {
        let text = try report(allow("s3:GetObject"), colored: true)
        #expect(text.hasPrefix("\u{1B}[1m\u{1B}[32mAllowed"))
        #expect(try report(allow("s3:GetObject")).hasPrefix("Allowed by identity-based policy p.json, statement 1\n"))
    }
}
