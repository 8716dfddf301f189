import Platform
import Policy
import S3ControlAPI
import Wire

// The policies of access points.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>

extension S3Control.PutAccessPointPolicy: WriteOperation, OnAccessPoint {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var point = try records.accessPoint(input.name, of: input.accountId, in: call.region)
        let document = try BucketPolicies.check(
            input.policy, of: point.arn, objects: point.arn + "/object/", call)
        guard !call.publicAccessBlock(of: point).blockPublicPolicy || !point.isPublic(by: document) else {
            throw .s3(
                "AccessDenied",
                "User: \(call.caller.arn) is not authorized to perform: s3:PutAccessPointPolicy on resource: \"\(point.arn)\""
                    + " because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                status: 403)
        }
        point.policy = document.kept(call.directory)
        try records.shared.put(point)
        return Output()
    }
}

extension AccessPoint {
    /// Whether a policy would let the public in. What only a VPC's clients can reach is never public.
    fileprivate func isPublic(by document: PolicyDocument) -> Bool { vpcID == nil && document.isPublic }

    /// - Throws: NoSuchAccessPointPolicy.
    fileprivate func requiredPolicy() throws(ServiceError) -> String {
        guard let policy else {
            throw .s3("NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist", status: 404)
        }
        return policy
    }
}

extension S3Control.GetAccessPointPolicy: ReadOperation, OnAccessPoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let policy = try records.accessPoint(input.name, of: input.accountId, in: call.region).requiredPolicy()
        return Output { $0.policy = PolicyDocument.shown(policy, as: .resource, call.directory) }
    }
}

extension S3Control.DeleteAccessPointPolicy: WriteOperation, OnAccessPoint {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var point = try records.accessPoint(input.name, of: input.accountId, in: call.region)
        point.policy = nil
        try records.shared.put(point)
        return Output()
    }
}

extension S3Control.GetAccessPointPolicyStatus: ReadOperation, OnAccessPoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let point = try records.accessPoint(input.name, of: input.accountId, in: call.region)
        let isPublic = point.isPublic(by: BucketPolicies.compiled(try point.requiredPolicy()).document)
        return Output { $0.policyStatus = S3Control.PolicyStatus { $0.isPublic = isPublic } }
    }
}
