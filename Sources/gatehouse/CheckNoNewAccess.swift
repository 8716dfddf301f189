import ArgumentParser
import Reasoning

struct CheckNoNewAccess: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "no-new-access",
        abstract: "Does a policy grant anything that an older one does not?",
        discussion: "gatehouse check no-new-access old.json new.json")

    @Argument(help: "The policy as it was; - is standard input.")
    var old: String

    @Argument(help: "The policy as it is to be.")
    var new: String

    @OptionGroup var kind: PolicyKindOption
    @OptionGroup var options: CheckOptions

    func run() throws {
        let new = try CheckedPolicy(new, as: kind.policyType?.type)
        // Both are read alike: an empty policy does not say what it is.
        let old = try CheckedPolicy(old, as: kind.policyType?.type ?? new.type)
        let answer = Checks.withCatalogue.newAccess(from: old.symbolic, to: new.symbolic)
        try CheckReport(
            "no-new-access", answer, of: new,
            pass: "The modified permissions do not grant new access compared to your existing policy.",
            fail: "The modified permissions grant new access compared to your existing policy.",
            description: "New access in the statement", words: "grants this, and \(old.file) does not"
        ).end(options.format)
    }
}
