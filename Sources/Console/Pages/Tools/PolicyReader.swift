import Platform
import Policy

/// Whose policies are shown with their statements: those of the reader's account, and AWS's own.
///
/// A decision is kept in the caller's account, also where another account's bucket or an organization's control policies had
/// their say. What stands in those is not the caller's business: AWS's error tells no more than their type and ARN.
struct PolicyReader {
    let account: String
    let environment: Environment

    /// Whether a policy that was consulted may be shown whole.
    func mayRead(_ policy: RecordedTrace.Policy, onAccessTo resource: String) async -> Bool {
        var arns = policy.arns
        if [.resource, .roleTrust].contains(policy.type), arns.isEmpty { arns = [resource] }
        for arn in arns where await !isOwn(arn) { return false }
        return true
    }

    /// Whether something is of the account, or of AWS.
    func isOwn(_ arn: String) async -> Bool {
        let fields = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard fields.count == 6, fields[0] == "arn" else { return true }
        if !fields[4].isEmpty { return fields[4] == account || fields[4] == "aws" }
        // The ARN of a bucket, and of an object in it, does not say whose it is.
        let bucket = fields[5].split(separator: "/", maxSplits: 1).first ?? fields[5]
        let name = "\(fields[0]):\(fields[1]):\(fields[2]):::\(bucket)"
        for type in environment.analyzedResources where type.actionPrefix == fields[2] {
            if let found = try? await type.fetch(name, environment) { return found.owner == account }
        }
        return false
    }
}
