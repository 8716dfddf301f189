import Escalation
import Policy
import Reasoning
import Testing

/// What the documentation of `Escalation`, and of `Reasoning` for it, shows.
struct EscalationExamples {
    private func user(_ name: String, _ action: String) throws -> Estate.Member {
        let text = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "\(action)", "Resource": "*"}}
            """
        let policy = CompiledPolicy(
            try PolicyDocument(parsing: text, as: .identity), source: PolicySource(type: .identity))
        let arn = "arn:aws:iam::111122223333:user/\(name)"
        return Estate.Member(
            Principal(kind: .user, arn: arn, accountID: "111122223333"), arn: arn,
            policies: [Estate.HeldPolicy(policy, holder: arn)])
    }

    @Test func paths() throws {
        var estate = Estate()
        estate.members = [try user("dev", "iam:PutUserPolicy")]
        let search = EscalationSearch(estate, Checks())
        for path in search.report(of: "arn:aws:iam::111122223333:user/dev").paths {
            print(path.method, path.gain.witness.request.action)
        }
        #expect(search.report(of: "arn:aws:iam::111122223333:user/dev").paths.map(\.method) == ["iam:PutUserPolicy"])
    }

    @Test func whatOneMayAndAnotherNot() throws {
        let checks = Checks()
        func bound(_ member: Estate.Member) -> BoundCaller {
            BoundCaller(member.principal, SymbolicInputs(member.inputs))
        }
        let (alice, administrator) = (bound(try user("alice", "s3:*")), bound(try user("admin", "*")))
        let before = HeldAccess(alice, in: checks.domain)
        let answer = checks.access(of: administrator, beyond: [before])
        #expect(answer.witness != nil)
        #expect(checks.access(of: alice, beyond: [HeldAccess(administrator, in: checks.domain)]).isNo)
    }
}
