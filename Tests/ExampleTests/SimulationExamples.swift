import Policy
import Simulation
import Testing

/// What the documentation of `Simulation` shows.
struct SimulationExamples {
    private func simulatedCase() throws -> SimulatedCase {
        let text = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*",
             "Condition": {"StringEquals": {"aws:username": "alice"}}}}
            """
        let policy = CompiledPolicy(
            try PolicyDocument(parsing: text, as: .identity), source: PolicySource(type: .identity, name: "alice.json"))
        let simulated = SimulatedCase(
            request: AuthorizationRequest(
                principal: try Principal(simulating: "arn:aws:iam::111122223333:user/alice"), action: "s3:GetObject",
                resource: "arn:aws:s3:::home/x"),
            inputs: PolicyInputs(identity: [policy]), context: ["aws:username": .one("alice")])
        print(simulated.decision.isAllowed)
        return simulated
    }

    @Test func cases() throws {
        #expect(try simulatedCase().decision.isAllowed)
    }

    @Test func reports() throws {
        let simulated = try simulatedCase()
        let report = Report(simulated, style: Style(isColored: false))
        print(report.lines.joined(separator: "\n"))
        #expect(report.lines.first == "Allowed by identity-based policy alice.json, statement 1")
    }

    @Test func streams() {
        let chunk = Array(
            """
            {"id": 1, "request": {"principal": "111122223333", "action": "s3:GetObject", "resource": "arn:aws:s3:::x/y"}}
            {"id": 2}
            """.utf8)[...]
        var simulator = JSONLines()
        var answers: [UInt8] = []
        simulator.take(chunk, answeringInto: &answers)
        simulator.finish(answeringInto: &answers)
        let lines = String(decoding: answers, as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.first?.contains(#""decision":"Allowed""#) == true)
        #expect(lines.last?.contains(#""error":"#) == true)
    }
}
