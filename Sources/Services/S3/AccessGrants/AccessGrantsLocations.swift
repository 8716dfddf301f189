import Directory
import Ledger
import Platform
import Policy
import S3ControlAPI
import Wire

// Locations: data that grants may be made for, each with the role by which S3 lends it.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location.html>

extension Quota {
    /// Of an S3 Access Grants instance.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-limitations.html>
    static let accessGrantsLocations = Quota("AccessGrantsLocations", 1_000)
}

extension S3Control.CreateAccessGrantsLocation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let account = try input.account()
        // Made up here, so that policies that name the ARNs of locations match.
        let id = input.locationScope == "s3://" ? AccessGrantsLocation.defaultID : AccessGrantsIDs.make()
        let name = AccessGrantsName(account, call.region, .location(id))
        var keys = requestTags(input.tags)
        keys["s3:accessgrantslocationscope"] = .one(input.locationScope)
        var need = call.need(shape.name, on: name, keys)
        need.isOfNewResource = true
        need.displayedResource = "\"\(AccessGrantsName(account, call.region, .location("*")).arn)\""
        need.learnt = NewLocation(id: id)
        return .required(need.withTags(input.tags) + [try pass(input.iamRoleArn, to: name)])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        _ = try records.accessGrantsInstance()
        guard let id = call.learnt(NewLocation.self)?.id else { throw .internalFailure }
        guard let scope = AccessGrantsLocationScope(input.locationScope) else {
            throw .invalidAccessGrantsLocation(
                "its scope must be s3://, s3://BUCKET or s3://BUCKET/PREFIX*, not \(input.locationScope)")
        }
        if let bucket = scope.bucket {
            guard try records.owns(bucket, input.accountId, call) else {
                throw .invalidAccessGrantsLocation(
                    "the account has no bucket named \(bucket) in \(call.region).")
            }
        }
        try checkRole(input.iamRoleArn, call)
        guard try records.list(AccessGrantsLocation.self).allSatisfy({ !scope.isSame(as: $0) }) else {
            throw .s3(
                "AccessGrantsLocationAlreadyExistsError", "The specified access grants location already exists",
                status: 409)
        }
        let quota = call.quotas[.accessGrantsLocations]
        guard try records.count(AccessGrantsLocation.self) < quota else {
            throw .s3(
                "AccessGrantsLocationsQuotaExceededError",
                "The access grants location quota has been exceeded. Access Grants Locations Quota: \(quota). Please reach"
                    + " out to S3 if an increase is required.", status: 409)
        }
        let location = AccessGrantsLocation(
            id: id, accountID: input.accountId, region: call.region, scope: input.locationScope,
            roleARN: input.iamRoleArn, creationDate: call.time, tags: try TagRules.ofAccessGrants.newChecked(input.tags)
        )
        try records.put(location)
        return Output(
            createdAt: Timestamp(secondsSinceEpoch: location.creationDate), accessGrantsLocationId: location.id,
            accessGrantsLocationArn: location.arn, locationScope: location.scope, iamRoleArn: location.roleARN)
    }
}

/// The id of a location that is about to be made.
private struct NewLocation {
    let id: String
}

/// Whoever says by which role S3 lends data has to be allowed to pass it on.
/// - Throws: InvalidIamRole for what is no role of the location's account.
private func pass(_ role: String, to location: AccessGrantsName) throws(ServiceError) -> Access {
    guard let arn = ARN(parsing: role), arn.service == "iam", arn.typeAndRest?.type == "role" else {
        throw .invalidIAMRole("\(role) is not the ARN of a role.")
    }
    guard arn.account == location.account else {
        throw .invalidIAMRole("it must be in the account of the location, \(location.account).")
    }
    return Access(
        "iam:PassRole", on: role, resourceAccount: arn.account,
        context: [
            "iam:passedtoservice": .one(AccessGrantsUse.principal),
            "iam:associatedresourcearn": .one(location.arn),
        ])
}

/// - Throws: InvalidIamRole for a role that doesn't exist.
private func checkRole(_ arn: String, _ call: Call) throws(ServiceError) {
    guard let id = call.directory.uniqueID(ofARN: arn), call.directory.arn(ofUniqueID: id) == arn else {
        throw .invalidIAMRole("\(arn) does not exist.")
    }
}

extension AccessGrantsLocationScope {
    fileprivate func isSame(as location: AccessGrantsLocation) -> Bool {
        AccessGrantsLocationScope(location.scope).map { isSame(as: $0) } ?? false
    }
}

extension RecordReading {
    /// Whether an account has a bucket of this name in the Region of the request.
    func owns(_ bucket: String, _ account: String, _ call: Call) throws(ServiceError) -> Bool {
        guard let bucket = try shared.get(Bucket.self, bucket) else { return false }
        return bucket.accountID == account && bucket.region == call.region
    }
}

extension S3Control.GetAccessGrantsLocation: ReadOperation, OnAccessGrantsLocation {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let location = try records.ofAccessGrants(of: input.accountId, call)
            .accessGrantsLocation(input.accessGrantsLocationId)
        return Output(
            createdAt: Timestamp(secondsSinceEpoch: location.creationDate), accessGrantsLocationId: location.id,
            accessGrantsLocationArn: location.arn, locationScope: location.scope, iamRoleArn: location.roleARN)
    }
}

extension S3Control.UpdateAccessGrantsLocation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let (id, account) = (input.accessGrantsLocationId, try input.account())
        return .required([
            try await call.need(shape.name, onLocation: id, of: account),
            try pass(input.iamRoleArn, to: AccessGrantsName(account, call.region, .location(id))),
        ])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        var location = try records.accessGrantsLocation(input.accessGrantsLocationId)
        try checkRole(input.iamRoleArn, call)
        location.roleARN = input.iamRoleArn
        try records.put(location)
        return Output(
            createdAt: Timestamp(secondsSinceEpoch: location.creationDate), accessGrantsLocationId: location.id,
            accessGrantsLocationArn: location.arn, locationScope: location.scope, iamRoleArn: location.roleARN)
    }
}

extension S3Control.ListAccessGrantsLocations: ReadOperation, OnAccessGrantsInstance {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        _ = try records.accessGrantsInstance()
        let paging = try Paging(accessGrants: input.nextToken, input.maxResults)
        let wanted = input.locationScope
        let page = try records.page(AccessGrantsLocation.self, paging) { wanted == nil || wanted == $0.scope }
        return Output(page) { location in
            S3Control.ListAccessGrantsLocationsEntry {
                $0.createdAt = Timestamp(secondsSinceEpoch: location.creationDate)
                $0.accessGrantsLocationId = location.id
                $0.accessGrantsLocationArn = location.arn
                $0.locationScope = location.scope
                $0.iamRoleArn = location.roleARN
            }
        }
    }
}

extension S3Control.DeleteAccessGrantsLocation: WriteOperation, OnAccessGrantsLocation {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        let location = try records.accessGrantsLocation(input.accessGrantsLocationId)
        guard try records.referrerCount(AccessGrant.Relation.location, to: location.id) == 0 else {
            throw .s3(
                "AccessGrantsLocationNotEmptyError",
                "Please clean up access grants before deleting access grants location")
        }
        try records.delete(location)
        return Output()
    }
}
