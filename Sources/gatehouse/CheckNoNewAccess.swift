import ArgumentParser
import CustomChecks

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
        try CheckReport(
            "no-new-access", CustomCheck.noNewAccess(since: old.symbolic).verdict(on: new.symbolic), of: new,
            words: "grants this, and \(old.file) does not"
        ).end(options.format)
    }
}
