import ACMPCAAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Policies of authorities, by which other accounts can use them.
// <https://docs.aws.amazon.com/privateca/latest/userguide/pca-rbp.html>

/// An operation on the authority that `ResourceArn` names.
protocol OnPolicy: Platform.Operation where InputFields: ACMPCA.WithResourceArn {}

extension OnPolicy {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("acm-pca:\(call.operation)", on: try AuthorityName(input.resourceArn).arn))
    }
}

extension ACMPCA.PutPolicy: WriteOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (authority, own) = try records.authority(try AuthorityName(input.resourceArn), call)
        try authority.checkHasPolicy()
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: input.policy, as: .resource) } catch {
            throw .pca(.invalidPolicyException, error.message)
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .pca(
                .invalidPolicyException, "The policy contains a statement with one or more invalid principals.")
        }
        try document.checkShares(authority.arn)
        authority.policy = document.kept(call.directory)
        try authority.checkLockOut(call)
        try own.put(authority)
        return Output()
    }
}

extension ACMPCA.GetPolicy: ReadOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (authority, _) = try records.authority(try AuthorityName(input.resourceArn), call)
        try authority.checkHasPolicy()
        guard let policy = authority.policy else {
            throw .pca(.resourceNotFoundException, "No policy is attached to \(authority.arn).")
        }
        return Output(policy: PolicyDocument.shown(policy, as: .resource, call.directory))
    }
}

extension ACMPCA.DeletePolicy: WriteOperation, OnPolicy {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (authority, own) = try records.authority(try AuthorityName(input.resourceArn), call)
        try authority.checkHasPolicy()
        authority.policy = nil
        try authority.checkLockOut(call)
        try own.put(authority)
        return Output()
    }
}

extension CertificateAuthority {
    /// - Throws: InvalidStateException.
    fileprivate func checkHasPolicy() throws(ServiceError) {
        guard state != .deleted else { throw .wrongState(arn, to: "have a policy") }
    }

    /// Makes sure that the caller can still change the policy.
    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_PutPolicy.html>
    /// - Throws: LockoutPreventedException.
    fileprivate func checkLockOut(_ call: Call) throws(ServiceError) {
        var access = Access("acm-pca:PutPolicy", on: arn)
        access.learnt = ProposedPolicy(policy: compiledPolicy)
        guard try call.decision(access).isAllowed else {
            throw .pca(
                .lockoutPreventedException,
                "The current action was prevented because it would lock the caller out from performing subsequent "
                    + "actions. Verify that the specified parameters would not result in the caller being denied access "
                    + "to the resource.")
        }
    }
}
