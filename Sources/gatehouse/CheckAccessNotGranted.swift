import ArgumentParser
import CustomChecks

struct CheckAccessNotGranted: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access-not-granted",
        abstract: "Does a policy grant any of some actions on any of some resources?",
        discussion: """
            gatehouse check access-not-granted policy.json --action 'iam:*' --resource 'arn:aws:iam::*:role/admin'

            Without --action it is asked for any action, without --resource for any resource.
            """)

    @Argument(help: "The policy; - is standard input.")
    var policy: String

    @Option(help: "An action that must not be granted; * and ? are wildcards. May be repeated.")
    var action: [String] = []

    @Option(help: "A resource to which access must not be granted; * and ? are wildcards. May be repeated.")
    var resource: [String] = []

    @OptionGroup var kind: PolicyKindOption
    @OptionGroup var options: CheckOptions

    func validate() throws {
        guard !action.isEmpty || !resource.isEmpty else {
            throw ValidationError("What must not be granted? Give --action, --resource or both.")
        }
        for action in action where action != "*" && action.split(separator: ":").count != 2 {
            throw ValidationError("--action takes an action such as s3:GetObject, not '\(action)'.")
        }
        for resource in resource where resource != "*" && !resource.hasPrefix("arn:") {
            throw ValidationError("--resource takes an ARN or '*', not '\(resource)'.")
        }
    }

    func run() throws {
        let policy = try CheckedPolicy(policy, as: kind.policyType?.type)
        let check = CustomCheck.accessNotGranted(actions: action, resources: resource)
        try CheckReport("access-not-granted", check.verdict(on: policy.symbolic), of: policy, words: "grants this")
            .end(options.format)
    }
}
