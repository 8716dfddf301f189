import ArgumentParser
import CustomChecks
import Policy
import Reasoning

struct CheckUnreachable: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unreachable",
        abstract: "Which statements of a policy can never matter, and why?",
        discussion: "gatehouse check unreachable policies/*.json")

    @Argument(help: "The policies, each looked at by itself; - is standard input.")
    var policies: [String]

    @OptionGroup var kind: PolicyKindOption
    @OptionGroup var options: CheckOptions

    func run() throws {
        var findings: [CheckReport.Finding] = []
        for file in policies {
            let policy = try CheckedPolicy(file, as: kind.policyType?.type)
            findings += Checks.withCatalogue.useless(in: policy.symbolic).map { statement in
                let words = words(for: statement.reason, in: policy)
                return CheckReport.Finding(
                    description: "The statement \(words).", words: words, policy: policy, statement: statement.index,
                    witness: nil)
            }
        }
        let which = policies.count == 1 ? "policy" : "policies"
        try CheckReport(
            check: "unreachable", result: findings.isEmpty ? .pass : .fail,
            message: findings.isEmpty
                ? "Every statement of the \(which) can matter."
                : "The \(which) \(policies.count == 1 ? "has" : "have") statements that can never matter.",
            findings: findings
        ).end(options.format)
    }

    private func words(for reason: UselessStatement.Reason, in policy: CheckedPolicy) -> String {
        switch reason {
        case .matchesNothing: return "matches no request: its own elements contradict each other"
        case .denied: return "allows nothing that the policy's own denies do not deny"
        case .covered(let others):
            let names = others.map { index in
                let sid =
                    policy.document.statements.indices.contains(index) ? policy.document.statements[index].sid : nil
                return sid.map { "statement \(index + 1) \"\($0.value)\"" } ?? "statement \(index + 1)"
            }
            let list =
                names.count > 4
                ? "\(names.prefix(3).joined(separator: ", ")) and \(names.count - 3) others"
                : names.joined(separator: ", ")
            return "says nothing that \(list) \(names.count == 1 ? "does" : "do") not say"
        }
    }
}
