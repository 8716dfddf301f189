import Directory
import Platform
import Policy
import STSAPI
import Wire

/// The policies that a request for temporary credentials brings, which narrow the session.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>
enum SessionPolicies {
    private static let longestPolicy = 2048
    private static let mostPolicyARNs = 10
    /// Session policies share this many bytes of a token with session tags.
    private static let packedLimit = 4096

    /// The inline session policy, checked.
    /// - Throws: ValidationError, MalformedPolicyDocument.
    static func inline(_ policy: String?) throws(ServiceError) -> String? {
        guard let policy else { return nil }
        guard policy.unicodeScalars.count <= longestPolicy else {
            throw .validation(
                "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have "
                    + "length less than or equal to \(longestPolicy)")
        }
        do throws(PolicyError) {
            _ = try PolicyDocument(parsing: policy, as: .session)
        } catch {
            throw STS.Failure.malformedPolicyDocument(error.message)
        }
        return policy
    }

    /// The ARNs of managed session policies, all of which exist in the session's account or are AWS's own.
    /// - Throws: ValidationError.
    static func managed(
        _ descriptors: [STS.PolicyDescriptorType]?, of account: String, _ call: Call
    ) throws(ServiceError) -> [String] {
        let arns = (descriptors ?? []).compactMap(\.arn)
        guard arns.count <= mostPolicyARNs else {
            throw .validation(
                "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have "
                    + "length less than or equal to \(mostPolicyARNs)")
        }
        for arn in arns {
            guard let owner = ARN(parsing: arn)?.account, [account, "aws"].contains(owner),
                call.directory.compiledPolicy(arn: arn) != nil
            else {
                throw .validation("The policy \(arn) does not exist.")
            }
        }
        return arns
    }

    /// How full a session's policies and tags make its token, in percent; nil when it has none. AWS does not say how
    /// it packs them; here every byte counts.
    /// - Throws: PackedPolicyTooLarge.
    static func packedSize(of session: Session) throws(ServiceError) -> Int? {
        guard session.hasSessionPolicies || !session.tags.isEmpty else { return nil }
        var size = session.policy?.utf8.count ?? 0
        for arn in session.policyARNs { size += arn.utf8.count }
        for tag in session.tags { size += tag.key.utf8.count + tag.value.utf8.count }
        let percent = max(1, (size * 100 + packedLimit - 1) / packedLimit)
        guard percent <= 100 else {
            throw STS.Failure.packedPolicyTooLarge(
                "Packed size of session policies and tags consumes \(percent)% of allotted space.")
        }
        return percent
    }
}
