import AccessAnalyzerAPI
import CustomChecks
import Platform
import Policy
import Reasoning
import Wire

// The custom policy checks: questions about all requests that a policy allows.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html>

extension AccessAnalyzer.CheckNoNewAccess: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let new = try CheckedDocument(input.newPolicyDocument, "newPolicyDocument", input.policyType)
        // Both are read alike: a policy of no statements does not say whether it is a role's.
        let old = try CheckedDocument(input.existingPolicyDocument, "existingPolicyDocument", as: new.type)
        let verdict = CustomCheck.noNewAccess(since: old.symbolic).verdict(on: new.symbolic)
        return Output(
            result: try verdict.decidedResult, message: verdict.message, reasons: verdict.summaries)
    }
}

extension AccessAnalyzer.CheckAccessNotGranted: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let access = input.access.first
        let (actions, resources) = (access?.actions ?? [], access?.resources ?? [])
        guard !actions.isEmpty || !resources.isEmpty else {
            throw .invalidParameter("The access parameter must specify at least one action or resource.")
        }
        for action in actions where !ListedAccess.isAction(action) {
            throw .invalidParameter("The action \(action) is not valid.")
        }
        for resource in resources where !ListedAccess.isResource(resource) {
            throw .invalidParameter("The resource \(resource) is not valid.")
        }
        let policy = try CheckedDocument(input.policyDocument, "policyDocument", input.policyType)
        let verdict = CustomCheck.accessNotGranted(actions: actions, resources: resources).verdict(on: policy.symbolic)
        return Output(
            result: try verdict.decidedResult, message: verdict.message, reasons: verdict.summaries)
    }
}

extension AccessAnalyzer.CheckNoPublicAccess: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let isTrust = CheckedResourceType.isTrustPolicy(input.resourceType)
        let policy = try CheckedDocument(input.policyDocument, "policyDocument", as: isTrust ? .roleTrust : .resource)
        let verdict = CustomCheck.noPublicAccess.verdict(on: policy.symbolic)
        return Output(
            result: try verdict.decidedResult, message: verdict.message, reasons: verdict.summaries)
    }
}

// MARK: -

extension CheckVerdict {
    /// AWS's word for it.
    /// - Throws: UnprocessableEntityException where it is not decided: a wrong PASS would be worse than none.
    fileprivate var decidedResult: String {
        get throws(ServiceError) {
            guard let doubt else { return result.rawValue }
            throw AccessAnalyzer.Failure.unprocessableEntityException("The policy could not be analyzed: \(doubt).")
        }
    }

    /// nil for a check that passes: AWS's examples then have no reasons.
    fileprivate var summaries: [AccessAnalyzer.ReasonSummary]? {
        guard !reasons.isEmpty else { return nil }
        return reasons.map { reason in
            AccessAnalyzer.ReasonSummary {
                $0.description = reason.description
                $0.statementIndex = reason.statementIndex
                $0.statementId = reason.statementID
            }
        }
    }
}

/// What must not be granted.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Access.html>
enum ListedAccess {
    /// Whether a text can be an action in a policy.
    static func isAction(_ text: String) -> Bool {
        if text == "*" { return true }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                !part.isEmpty && part.utf8.allSatisfy { $0.isLetterOrDigit || "-_.*?".utf8.contains($0) }
            }
    }

    /// Whether a text can be a resource in a policy. Wildcards may be only in the part of the ARN that names the resource.
    static func isResource(_ text: String) -> Bool {
        if text == "*" { return true }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", !parts[1].isEmpty, !parts[2].isEmpty, !parts[5].isEmpty else {
            return false
        }
        return parts[..<5].allSatisfy { part in !part.contains("*") && !part.contains("?") }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}

extension ServiceError {
    static func invalidParameter(_ message: String) -> ServiceError {
        AccessAnalyzer.Failure.invalidParameterException(message)
    }
}
