import ArgumentParser
import CustomChecks
import Reasoning

struct CheckEquivalent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "equivalent",
        abstract: "Do two policies grant exactly the same?",
        discussion: "gatehouse check equivalent before.json after.json")

    @Argument(help: "One policy; - is standard input.")
    var first: String

    @Argument(help: "The other policy.")
    var second: String

    @OptionGroup var kind: PolicyKindOption
    @OptionGroup var options: CheckOptions

    func run() throws {
        let first = try CheckedPolicy(first, as: kind.policyType?.type)
        let second = try CheckedPolicy(second, as: kind.policyType?.type ?? first.type)
        let (onlyFirst, onlySecond) = Checks.withCatalogue.differences(first.symbolic, second.symbolic)
        let reports = [(onlyFirst, first, second), (onlySecond, second, first)].map { answer, policy, other in
            CheckReport(
                "equivalent", CheckVerdict(answer, Self.wording), of: policy,
                words: "grants this, and \(other.file) does not")
        }
        // What is certain counts more than what is not.
        let worst = reports.first { $0.result == .fail } ?? reports.first { $0.result == .unknown } ?? reports[0]
        try CheckReport(
            check: worst.check, result: worst.result, message: worst.message,
            findings: reports.filter { $0.result == worst.result }.flatMap(\.findings)
        ).end(options.format)
    }

    private static let wording = CheckWording(
        pass: "The policies grant the same access.", fail: "The policies do not grant the same access.",
        reason: "Different access in the statement")
}
