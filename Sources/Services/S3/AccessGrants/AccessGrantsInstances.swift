import Directory
import Ledger
import Platform
import Policy
import S3ControlAPI
import Wire

// S3 Access Grants instances: one for each account and Region.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-instance.html>

extension S3Control.CreateAccessGrantsInstance: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var need = call.need(
            shape.name, on: AccessGrantsName(try input.account(), call.region, .instance), requestTags(input.tags))
        need.isOfNewResource = true
        return .required(need.withTags(input.tags))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        guard input.identityCenterArn == nil else { throw .noIdentityCenter }
        guard try records.get(AccessGrantsInstance.self, AccessGrantsInstance.onlyID) == nil else {
            throw .s3("AccessGrantsInstanceAlreadyExists", "Access Grants Instance already exists", status: 409)
        }
        let instance = AccessGrantsInstance(
            accountID: input.accountId, region: call.region, creationDate: call.time,
            tags: try TagRules.ofAccessGrants.newChecked(input.tags))
        try records.put(instance)
        return Output {
            $0.createdAt = Timestamp(secondsSinceEpoch: instance.creationDate)
            $0.accessGrantsInstanceId = instance.id
            $0.accessGrantsInstanceArn = instance.arn
        }
    }
}

extension S3Control.GetAccessGrantsInstance: ReadOperation, OnAccessGrantsInstance {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let instance = try records.ofAccessGrants(of: input.accountId, call).accessGrantsInstance()
        return Output {
            $0.accessGrantsInstanceArn = instance.arn
            $0.accessGrantsInstanceId = instance.id
            $0.createdAt = Timestamp(secondsSinceEpoch: instance.creationDate)
        }
    }
}

extension S3Control.DeleteAccessGrantsInstance: WriteOperation, OnAccessGrantsInstance {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        let instance = try records.accessGrantsInstance()
        guard try records.count(AccessGrantsLocation.self) == 0 else {
            throw .s3(
                "AccessGrantsInstanceNotEmptyError",
                "Please clean up locations before deleting the access grants instance")
        }
        try records.delete(instance)
        return Output()
    }
}

extension S3Control.ListAccessGrantsInstances: ComputeOperation, OnAccount {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let instances = call.accessGrants.instance(of: input.accountId, in: call.region).map { [$0.instance] } ?? []
        return Output(page(instances, by: \.id, try Paging(accessGrants: input.nextToken, input.maxResults))) {
            instance in
            S3Control.ListAccessGrantsInstanceEntry {
                $0.accessGrantsInstanceId = instance.id
                $0.accessGrantsInstanceArn = instance.arn
                $0.createdAt = Timestamp(secondsSinceEpoch: instance.creationDate)
            }
        }
    }
}

/// The instance of whoever owns the bucket of a path: the caller's own account, or another that lets him ask.
extension S3Control.GetAccessGrantsInstanceForPrefix: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        // The account is the caller's own, whoever's the data is.
        guard try input.account() == call.accountID else { throw .accessDenied }
        return .required(call.need(shape.name, on: AccessGrantsName(owner(input, call), call.region, .instance)))
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard AccessGrantScope(input.s3Prefix) != nil else {
            throw .invalidRequest("The S3 prefix must be an S3 path: s3://BUCKET/PREFIX")
        }
        guard bucket(input, call) != nil,
            let instance = call.accessGrants.instance(of: owner(input, call), in: call.region)?.instance
        else { throw .noAccessGrantsInstance }
        return Output {
            $0.accessGrantsInstanceArn = instance.arn
            $0.accessGrantsInstanceId = instance.id
        }
    }

    private static func bucket(_ input: Input, _ call: Call) -> Bucket? {
        guard let scope = AccessGrantScope(input.s3Prefix), let bucket = call.buckets.bucket(scope.bucket)?.bucket,
            bucket.region == call.region
        else { return nil }
        return bucket
    }

    private static func owner(_ input: Input, _ call: Call) -> String {
        bucket(input, call)?.accountID ?? call.accountID
    }
}

// IAM Identity Center, which Gatehouse doesn't have: nothing can be associated, and nothing is.

extension S3Control.AssociateAccessGrantsIdentityCenter: WriteOperation, OnAccessGrantsInstance {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.ofAccessGrants(of: input.accountId, call).accessGrantsInstance()
        throw .noIdentityCenter
    }
}

extension S3Control.DissociateAccessGrantsIdentityCenter: WriteOperation, OnAccessGrantsInstance {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.ofAccessGrants(of: input.accountId, call).accessGrantsInstance()
        throw .invalidIdentityCenter("none is associated with the S3 Access Grants instance.")
    }
}

extension ServiceError {
    fileprivate static var noIdentityCenter: ServiceError {
        .invalidIdentityCenter(
            "Gatehouse has no IAM Identity Center. Grant access to IAM users and roles instead.")
    }
}
