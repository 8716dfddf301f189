import Platform
import Policy
import S3ControlAPI
import Wire

// The resource policy of an S3 Access Grants instance, by which other accounts are let in.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-cross-accounts.html>

extension S3Control.PutAccessGrantsInstanceResourcePolicy: WriteOperation, OnAccessGrantsInstance {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        var instance = try records.accessGrantsInstance()
        let document = try check(input.policy, of: instance, call)
        let policy = AccessGrantsInstance.ResourcePolicy(
            text: document.kept(call.directory), organization: input.organization, creationDate: call.time)
        instance.policy = policy
        try records.put(instance)
        return Output {
            $0.policy = input.policy
            $0.organization = policy.organization
            $0.createdAt = Timestamp(secondsSinceEpoch: policy.creationDate)
        }
    }

    /// - Throws: InvalidResourcePolicy with the first thing that is wrong.
    private static func check(
        _ text: String, of instance: AccessGrantsInstance, _ call: Call
    ) throws(ServiceError) -> PolicyDocument {
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .invalidResourcePolicy(error.message)
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .invalidResourcePolicy("a principal that it names does not exist.")
        }
        for statement in document.statements {
            guard (statement.resources?.values ?? []).allSatisfy({ $0.value == "*" || $0.value == instance.arn }) else {
                throw .invalidResourcePolicy("its only resource can be \(instance.arn)")
            }
            guard statement.actions.values.allSatisfy({ $0.value == "*" || $0.value.lowercased().hasPrefix("s3:") })
            else { throw .invalidResourcePolicy("its actions must be those of S3.") }
        }
        return document
    }
}

extension S3Control.GetAccessGrantsInstanceResourcePolicy: ReadOperation, OnAccessGrantsInstance {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let policy = try records.ofAccessGrants(of: input.accountId, call).accessGrantsInstance().policy else {
            throw .s3(
                "AccessGrantsInstanceResourcePolicyNotExists", "Access Grants Instance Resource Policy does not exist",
                status: 404)
        }
        return Output {
            $0.policy = PolicyDocument.shown(policy.text, as: .resource, call.directory)
            $0.organization = policy.organization
            $0.createdAt = Timestamp(secondsSinceEpoch: policy.creationDate)
        }
    }
}

extension S3Control.DeleteAccessGrantsInstanceResourcePolicy: WriteOperation, OnAccessGrantsInstance {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        var instance = try records.accessGrantsInstance()
        instance.policy = nil
        try records.put(instance)
        return Output()
    }
}
