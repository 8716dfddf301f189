import Policy
import Remedies
import Testing

@testable import PolicyCases

/// A decision as it is drawn.
@Suite struct StageTests {
    typealias Case = TestCase

    private func outcomes(_ made: TestCase) -> [String] {
        DecisionStages(made.denied).stages.filter { $0.outcome != .notApplicable }.map {
            "\($0.kind) \($0.outcome)\($0.isDecisive ? "!" : "")"
        }
    }

    @Test func theStagesInOrder() {
        var made = Case()
        made.inputs.identity = [Case.inline(Case.s3)]
        made.inputs.boundaries = [Case.policy(Case.s3)]
        made.inputs.serviceControl = [[Case.fullAccess], [Case.control(Case.s3)]]
        #expect(
            outcomes(made) == [
                "explicitDeny allowed", "serviceControl allowed", "serviceControl allowed", "identity allowed!",
                "permissionsBoundary allowed",
            ])
        made.inputs.boundaries = [Case.policy(Case.ec2)]
        #expect(outcomes(made).suffix(2) == ["identity allowed", "permissionsBoundary noMatch!"])
        made.inputs.serviceControl = [[Case.fullAccess], [Case.control(Case.ec2)]]
        #expect(outcomes(made)[2] == "serviceControl noMatch!")
        made.inputs.identity = []
        made.inputs.serviceControl = nil
        made.inputs.boundaries = nil
        #expect(outcomes(made) == ["explicitDeny allowed", "identity noMatch!"])
        #expect(DecisionStages(made.denied).stages.first { $0.kind == .identity }?.notes.isEmpty == false)
    }

    @Test func aDenyIsInTheFirstStageAndInItsOwn() throws {
        var made = Case()
        made.inputs.identity = [
            Case.inline(Case.s3 + "," + #"{"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#)
        ]
        #expect(outcomes(made) == ["explicitDeny denied!", "identity denied"])
        let first = try #require(DecisionStages(made.denied).stages.first)
        #expect(first.policies.map(\.source.name) == ["own"])
        #expect(first.policies[0].statements.filter(\.applies).map(\.sid) == [nil, "No"])
    }

    @Test func aResourcesPolicyThatNamesTheCallerSparesTheRest() {
        var made = Case()
        made.inputs.resource = Case.policy(
            #"{"Effect": "Allow", "Principal": {"AWS": "\#(Case.alice)"}, "Action": "s3:*", "Resource": "*"}"#,
            .resource)
        made.inputs.boundaries = [Case.policy(Case.ec2)]
        #expect(
            outcomes(made) == [
                "explicitDeny allowed", "resource allowed!", "identity silent", "permissionsBoundary silent",
            ])
    }

    @Test func whereAStatementMisses() throws {
        var made = Case()
        made.inputs.identity = [
            Case.inline(
                #"{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}"#
            )
        ]
        let identity = try #require(DecisionStages(made.denied).stages.first { $0.kind == .identity })
        let statement = try #require(identity.policies.first?.statements.first)
        #expect(statement.isNear && !statement.applies && statement.number == 1)
        #expect(
            statement.lines
                == "action matched, resource matched, condition aws:SourceIp failed: had 127.0.0.1, wants IpAddress 10.0.0.0/8"
        )
    }

    /// On random cases, the stages tell the decision, and the policies are all there.
    @Test func theDecisiveStageIsTheDecisions() throws {
        var generator = CaseGenerator(random: SeededGenerator(seed: 99))
        for _ in 0..<150 {
            let made = generator.next()
            var values: [String: ContextValue] = [:]
            for (key, found) in made.context {
                values[key] = made.lists.contains(key) ? .many(found) : .one(found.first ?? "")
            }
            let asked = DeniedRequest(made.question().0, try made.inputs(), context: values)
            let drawn = DecisionStages(asked)
            let trace = asked.trace
            #expect(drawn.decision == trace.decision)
            let consulted = drawn.stages.dropFirst().flatMap(\.policies)
            #expect(consulted.map(\.source) == trace.policies.map(\.source))
            let decisive = drawn.stages.filter(\.isDecisive)
            #expect(decisive.count == (trace.decision.policyType == nil ? decisive.count : 1), "\(trace)")
            if trace.decision.outcome == .implicitlyDenied {
                #expect(decisive.first?.outcome == .noMatch, "\(trace)")
            }
            let denies = trace.decision.outcome == .explicitlyDenied
            #expect((drawn.stages.first?.outcome == .denied) == denies)
        }
    }
}
