import Directory
import Gate
import Logging
import Policy
import Remedies
import Server
import Testing

/// Requests that are asked of the policies beside the way of a request: recorded denials, and those of a simulator.
@Suite struct AskedAgainTests {
    private static let alice = "arn:aws:iam::111122223333:user/alice"

    private func made() async throws -> (TestGatehouse, Gate) {
        let test = try await TestGatehouse()
        _ = await test.call(
            "iam", "CreateUser", ["UserName": "alice", "Tags.member.1.Key": "team", "Tags.member.1.Value": "blue"])
        let allow =
            #"{"Effect": "Allow", "Action": "iam:List*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "blue", "aws:username": "alice"}}}"#
        let document = #"{"Version": "2012-10-17", "Statement": [\#(allow)]}"#
        _ = await test.call(
            "iam", "PutUserPolicy", ["UserName": "alice", "PolicyName": "own", "PolicyDocument": document])
        return (
            test,
            Gate(environment: test.gatehouse.environment, audit: .batched, log: Logger(label: "test"))
        )
    }

    @Test func aRequestThatIsOnlyThoughtOf() async throws {
        let (_, gate) = try await made()
        // Who asks is filled in: its name and its tags.
        let allowed = try await gate.asked("iam:ListUsers", on: "*", by: Self.alice)
        #expect(allowed.decision.isAllowed, "\(allowed.trace)")
        #expect(DecisionStages(allowed).stages.first(where: \.isDecisive)?.kind == .identity)
        let given = try await gate.asked(
            "iam:ListUsers", on: "*", by: Self.alice, context: ["aws:PrincipalTag/team": .one("red")])
        #expect(!given.decision.isAllowed)
        let denied = try await gate.asked("iam:DeleteUser", on: Self.alice, by: Self.alice)
        #expect(RemedySearch(denied).report().remedies.first?.changes.first?.kind == .addStatement)
        let root = try await gate.asked("iam:DeleteUser", on: Self.alice, by: "arn:aws:iam::111122223333:root")
        #expect(root.decision.isAllowed)
        await #expect(throws: (any Error).self) {
            try await gate.asked("iam:ListUsers", on: "*", by: "arn:aws:iam::111122223333:user/nobody")
        }
    }

    @Test func manyRoles() async throws {
        let (test, gate) = try await made()
        let trust =
            #"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "\#(Self.alice)"}, "Action": "sts:AssumeRole"}]}"#
        let document =
            #"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:Delete*", "Resource": "*"}]}"#
        for number in 0..<300 {
            let name = "role\(number)"
            _ = await test.call("iam", "CreateRole", ["RoleName": name, "AssumeRolePolicyDocument": trust])
            guard number % 100 == 99 else { continue }
            _ = await test.call(
                "iam", "PutRolePolicy", ["RoleName": name, "PolicyName": "p", "PolicyDocument": document])
        }
        let denied = try await gate.asked("iam:DeleteUser", on: Self.alice, by: Self.alice)
        #expect(denied.otherRoles.count == 300)
        let report = RemedySearch(denied).report()
        let roles = report.remedies.compactMap {
            $0.changes.first?.kind == .assumeRole ? $0.changes.first?.holder : nil
        }
        #expect(Set(roles) == Set([99, 199, 299].map { "arn:aws:iam::111122223333:role/role\($0)" }))
    }
}
