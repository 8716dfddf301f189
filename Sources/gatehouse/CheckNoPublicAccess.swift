import ArgumentParser
import CustomChecks
import Policy

struct CheckNoPublicAccess: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "no-public-access",
        abstract: "Does the policy of a resource grant anything to the public?",
        discussion: """
            gatehouse check no-public-access bucket-policy.json --type AWS::S3::Bucket

            The public is everybody whom the policy does not know: callers without credentials, and those of an account, an \
            organization, a VPC, an address or a source that it does not name.
            """)

    @Argument(help: "The resource's policy; - is standard input.")
    var policy: String

    @Option(help: "What the policy is of, as CloudFormation calls it.")
    var type: String

    @OptionGroup var options: CheckOptions

    func validate() throws {
        guard CheckedResourceType.names.contains(type) else {
            throw ValidationError(
                "--type takes one of Access Analyzer's resource types, not '\(type)': "
                    + CheckedResourceType.names.joined(separator: ", ") + ".")
        }
    }

    func run() throws {
        let policy = try CheckedPolicy(policy, as: CheckedResourceType.isTrustPolicy(type) ? .roleTrust : .resource)
        try CheckReport(
            "no-public-access", CustomCheck.noPublicAccess.verdict(on: policy.symbolic), of: policy,
            words: "grants this to the public"
        ).end(options.format)
    }
}
