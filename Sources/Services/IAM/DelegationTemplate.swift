import Directory
import Platform
import Policy
import Wire

/// What a delegation request asks for: a policy with holes, `@{name}`, and what they are filled with.
///
/// AWS keeps the templates of the providers that have registered with it. Here a provider's templates are the customer
/// managed policies of its account, and the AWS managed ones.
enum DelegationTemplate {
    /// Bytes of a filled template.
    private static let longestPolicy = 20_000

    /// The policy of a template with every hole filled.
    /// - Throws: InvalidInput.
    static func render(
        _ arn: String?, _ parameters: [DelegationRequest.Parameter], _ call: Call
    ) throws(ServiceError) -> String {
        guard let arn, let template = document(arn, call) else {
            throw .invalidInput("The policy template \(arn ?? "") is not registered.")
        }
        var policy = template
        for parameter in parameters {
            guard parameter.type == "stringList" || parameter.values.count == 1 else {
                throw .invalidInput("The policy parameter \(parameter.name) must have one value.")
            }
            // Holes in the values are not filled, so that a policy can't grow without bound.
            guard !parameter.values.contains(where: { $0.contains("@{") }) else {
                throw .invalidInput("The policy parameter \(parameter.name) has a parameter in it.")
            }
            let holes = policy.ranges(of: "@{\(parameter.name)}").count
            let size = parameter.values.reduce(0) { $0 + $1.utf8.count + 4 }
            let (growth, isHuge) = holes.multipliedReportingOverflow(by: size)
            guard !isHuge, growth <= longestPolicy, policy.utf8.count + growth <= longestPolicy else {
                throw .invalidInput("The policy template \(arn) makes too long a policy.")
            }
            policy = fill(policy, parameter)
        }
        guard !policy.contains("@{") else {
            throw .invalidInput("The policy template \(arn) has a parameter that is not given.")
        }
        do throws(PolicyError) {
            _ = try PolicyDocument(parsing: policy, as: .session)
        } catch {
            throw .invalidInput("The policy template \(arn) makes no valid policy: \(error.message)")
        }
        return policy
    }

    private static func document(_ arn: String, _ call: Call) -> String? {
        if let policy = call.directory.managedPolicy(arn: arn) {
            return ARN(parsing: arn)?.account == call.accountID ? policy.defaultVersion?.document : nil
        }
        return ManagedPolicyCatalog.aws.entry(arn: arn)?.document
    }

    /// A list takes the place of a whole text, as an array or as more elements of one; other values are put in.
    private static func fill(_ text: String, _ parameter: DelegationRequest.Parameter) -> String {
        let hole = "@{\(parameter.name)}"
        let values = parameter.values.map(escaped)
        if parameter.type == "stringList" {
            let elements = values.map { "\"\($0)\"" }.joined(separator: ",")
            let parts = text.split(separator: "\"\(hole)\"", omittingEmptySubsequences: false)
            var filled = parts.first.map(String.init) ?? ""
            for part in parts.dropFirst() {
                let isAlone = filled.utf8.last { !" \n\r\t".utf8.contains($0) } == UInt8(ascii: ":")
                filled += (isAlone ? "[\(elements)]" : elements) + part
            }
            return filled
        }
        return text.split(separator: hole, omittingEmptySubsequences: false).joined(separator: values.first ?? "")
    }

    /// As it stands within quotation marks in JSON; the model lets no control characters in.
    private static func escaped(_ value: String) -> String {
        String(value.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] })
    }

    /// The permissions boundaries that a policy wants on the roles that it lets be made.
    static func boundaries(in policy: String) -> [String] {
        guard let document = try? PolicyDocument(parsing: policy, as: .session) else { return [] }
        var arns: [String] = []
        for statement in document.statements where statement.effect == .allow {
            let makesRoles = statement.actions.values.contains { action in
                ["iam:createrole", "iam:*", "*"].contains(action.value.lowercased())
            }
            guard makesRoles else { continue }
            for condition in statement.conditions
            where ConditionKeys.folded(condition.key.value) == "iam:permissionsboundary" {
                for arn in condition.values.map(\.value) where !arns.contains(arn) { arns.append(arn) }
            }
        }
        return arns
    }
}
