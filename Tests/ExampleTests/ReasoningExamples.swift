import Policy
import Reasoning
import Testing

/// What the documentation of `Reasoning` shows.
struct ReasoningExamples {
    private func symbolic(_ action: String) throws -> SymbolicPolicy {
        let text = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "\(action)", "Resource": "*"}}
            """
        return SymbolicPolicy(
            CompiledPolicy(try PolicyDocument(parsing: text, as: .identity), source: PolicySource(type: .identity)))
    }

    @Test func newAccess() throws {
        let old = try symbolic("s3:Get*")
        let new = try symbolic("s3:*")
        switch Checks().newAccess(from: old, to: new) {
        case .yes(let witness): print(witness.request.action, witness.request.resource)
        case .no: print("nothing new")
        case .unknown(let doubt): print("not decided: \(doubt)")
        }
        #expect(Checks().newAccess(from: old, to: new).witness != nil)
        #expect(Checks().newAccess(from: new, to: old).isNo)
    }

    @Test func aPolicyIsMadeReadyOnce() throws {
        let old = try symbolic("s3:*")
        let compiled = try symbolic("s3:GetObject").policy
        let policy = SymbolicPolicy(compiled)
        let answer = Checks().newAccess(from: old, to: policy)
        #expect(answer.isNo)
    }
}
