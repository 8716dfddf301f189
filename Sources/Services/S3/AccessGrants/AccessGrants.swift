import Directory
import Ledger
import Platform
import Policy
import S3ControlAPI
import Wire

// Grants: who may ask for which data. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-grant.html>

extension Quota {
    /// Of an S3 Access Grants instance.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-limitations.html>
    static let accessGrants = Quota("AccessGrants", 100_000)
}

/// The type of grantees that there are.
private let iam = "IAM"

/// In bytes. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>
private let longestARN = 2048

extension S3Control.CreateAccessGrant: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        var need = try await call.need(
            shape.name, onLocation: input.accessGrantsLocationId, of: try input.account(), requestTags(input.tags))
        // It has another key than what is done with the location itself.
        need.context["s3:accessgrantslocationscope"] = nil
        if let location = need.learnt as? AccessGrantsLocation, let scope = scope(input, in: location) {
            need.context["s3:accessgrantscope"] = .one(scope.text)
        }
        guard input.tags?.isEmpty == false else { return .required(need) }
        // The grant that gets them is yet to be made.
        let grant = AccessGrantsName(try input.account(), call.region, .grant(AccessGrantsIDs.make()))
        var tagging = call.need("TagResource", on: grant, requestTags(input.tags))
        tagging.isOfNewResource = true
        tagging.displayedResource = "\"\(AccessGrantsName(grant.account, grant.region, .grant("*")).arn)\""
        return .required([need, tagging])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        let location = try records.accessGrantsLocation(input.accessGrantsLocationId)
        let (grantee, granteeID) = try grantee(input, call)
        guard input.applicationArn == nil else {
            throw .invalidAccessGrant(
                "Gatehouse has no IAM Identity Center, and so no applications that a grant could be for.")
        }
        guard let permission = AccessGrant.Permission(rawValue: input.permission) else { throw .malformedXML }
        guard let scope = scope(input, in: location) else { throw wrongScope(input, in: location) }
        guard scope.key.utf8.count <= AccessGrantScope.longestKey else {
            throw .invalidAccessGrant("its scope is longer than a key can be, \(AccessGrantScope.longestKey) bytes.")
        }
        guard try records.owns(scope.bucket, input.accountId, call) else {
            throw .invalidAccessGrant("the account has no bucket named \(scope.bucket) in \(call.region).")
        }
        let grant = AccessGrant(
            id: AccessGrantsIDs.make(), accountID: input.accountId, region: call.region, locationID: location.id,
            subPrefix: input.accessGrantsLocationConfiguration?.s3SubPrefix, scope: scope, permission: permission,
            grantee: grantee, granteeID: granteeID, creationDate: call.time,
            tags: try TagRules.ofAccessGrants.newChecked(input.tags))
        guard try records.grants(like: grant).isEmpty else {
            throw .s3("AccessGrantAlreadyExists", "The specified access grant already exists", status: 409)
        }
        let quota = call.quotas[.accessGrants]
        guard try records.count(AccessGrant.self) < quota else {
            throw .s3(
                "AccessGrantsQuotaExceededError",
                "The access grants quota has been exceeded. Access Grants Quota: \(quota). Please reach out to S3 if an"
                    + " increase is required.", status: 409)
        }
        try records.put(grant)
        return Output { $0.structure.show(grant) }
    }

    private static func scope(_ input: Input, in location: AccessGrantsLocation) -> AccessGrantScope? {
        guard let scope = AccessGrantsLocationScope(location.scope) else { return nil }
        return AccessGrantScope(
            scope, input.accessGrantsLocationConfiguration?.s3SubPrefix, isObject: input.s3PrefixType == "Object")
    }

    private static func wrongScope(_ input: Input, in location: AccessGrantsLocation) -> ServiceError {
        guard location.id == AccessGrantsLocation.defaultID else {
            return .invalidAccessGrant("with S3PrefixType Object its scope must be the path of an object.")
        }
        return .invalidAccessGrant(
            "within the default location it needs an S3SubPrefix that names a bucket: BUCKET/* or BUCKET/PREFIX*, or"
                + " BUCKET/KEY for one object.")
    }

    /// The user or role that the grant is for, with the unique id.
    /// - Throws: InvalidAccessGrant.
    private static func grantee(
        _ input: Input, _ call: Call
    ) throws(ServiceError) -> (arn: String, id: String?) {
        guard input.grantee.granteeType == iam else {
            throw .invalidAccessGrant(
                "Gatehouse has no IAM Identity Center, and so no directory users and groups. Its grantee must be of type IAM."
            )
        }
        guard let text = input.grantee.granteeIdentifier, text.utf8.count <= longestARN, let arn = ARN(parsing: text),
            arn.service == "iam",
            ["user", "role"].contains(arn.typeAndRest?.type)
        else { throw .invalidAccessGrant("its grantee must be the ARN of an IAM user or role.") }
        guard call.directory.mayExist(text) else { throw .invalidAccessGrant("its grantee \(text) does not exist.") }
        return (text, call.directory.uniqueID(ofARN: text))
    }
}

extension RecordReading {
    /// The grants that say what another says.
    fileprivate func grants(like grant: AccessGrant) throws(ServiceError) -> [AccessGrant] {
        guard let id = grant.granteeID else { return [] }
        return try referrers(
            AccessGrant.self, AccessGrant.Relation.scope, to: AccessGrant.key(of: grant.scope, for: id)
        ).filter { $0.permission == grant.permission && $0.locationID == grant.locationID }
    }
}

extension AccessGrant {
    var granteeView: S3Control.Grantee {
        S3Control.Grantee {
            $0.granteeType = iam
            $0.granteeIdentifier = grantee
        }
    }

    fileprivate var configurationView: S3Control.AccessGrantsLocationConfiguration? {
        subPrefix.map { text in S3Control.AccessGrantsLocationConfiguration { $0.s3SubPrefix = text } }
    }
}

extension Structure {
    /// What answers say of a grant, whichever operation asks.
    fileprivate mutating func show(_ grant: AccessGrant) {
        self["CreatedAt"] = .timestamp(Timestamp(secondsSinceEpoch: grant.creationDate))
        self["AccessGrantId"] = .string(grant.id)
        self["AccessGrantArn"] = .string(grant.arn)
        self["Grantee"] = grant.granteeView.wireValue
        self["Permission"] = .string(grant.permission.rawValue)
        self["AccessGrantsLocationId"] = .string(grant.locationID)
        self["AccessGrantsLocationConfiguration"] = grant.configurationView?.wireValue
        self["GrantScope"] = .string(grant.scope.text)
    }
}

extension S3Control.GetAccessGrant: ReadOperation, OnAccessGrant {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let grant = try records.ofAccessGrants(of: input.accountId, call).accessGrant(input.accessGrantId)
        return Output { $0.structure.show(grant) }
    }
}

extension S3Control.DeleteAccessGrant: WriteOperation, OnAccessGrant {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        try records.delete(try records.accessGrant(input.accessGrantId))
        return Output()
    }
}

extension S3Control.ListAccessGrants: ReadOperation, OnAccessGrantsInstance {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        _ = try records.accessGrantsInstance()
        let paging = try Paging(accessGrants: input.nextToken, input.maxResults)
        let (type, grantee, permission, scope) = (
            input.granteeType, input.granteeIdentifier, input.permission, input.grantScope
        )
        // Grants for applications of IAM Identity Center, of which there are none.
        let isForApplication = input.applicationArn.map { $0 != "ALL" } ?? false
        func isWanted(_ grant: AccessGrant) -> Bool {
            (type == nil || type == iam) && !isForApplication
                && (permission == nil || permission == grant.permission.rawValue)
                && (scope.map { $0.utf8.elementsEqual(grant.scope.text.utf8) } ?? true)
        }
        let page =
            if let grantee {
                try records.page(
                    AccessGrant.self, AccessGrant.Relation.name, to: grantee, paging, where: isWanted)
            } else {
                try records.page(AccessGrant.self, paging, where: isWanted)
            }
        return Output(page) { grant in
            S3Control.ListAccessGrantEntry { $0.structure.show(grant) }
        }
    }
}

/// What a caller may ask for, whose type of grantee IAM it is: any grant that is for no application.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-list-grants.html>
extension S3Control.ListCallerAccessGrants: ReadOperation, OnAccessGrantsInstance {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let records = records.ofAccessGrants(of: input.accountId, call)
        _ = try records.accessGrantsInstance()
        let beginning = input.grantScope ?? "s3://"
        guard beginning.utf8.starts(with: "s3://".utf8) else {
            throw .invalidRequest("The grant scope must begin with s3://")
        }
        let paging = try Paging(accessGrants: input.nextToken, input.maxResults)
        guard let id = call.caller.granteeID else { return Output(Page<AccessGrant>(items: []), entry) }
        let page = try records.page(AccessGrant.self, AccessGrant.Relation.grantee, to: id, paging) {
            $0.scope.text.utf8.starts(with: beginning.utf8)
        }
        return Output(page, entry)
    }

    private static let entry: @Sendable (AccessGrant) -> S3Control.ListCallerAccessGrantsEntry = { grant in
        S3Control.ListCallerAccessGrantsEntry {
            $0.permission = grant.permission.rawValue
            $0.grantScope = grant.scope.text
            $0.applicationArn = "ALL"
        }
    }
}

extension Caller {
    /// By which grants know the caller: the unique id of the user, or of the session's role. nil for whoever can't be given any.
    var granteeID: String? {
        switch identity {
        case .user(let user): user.uniqueID
        case .roleSession(let role, _): role.uniqueID
        case .root, .federatedUser, .webIdentity, .saml, .service, .anonymous: nil
        }
    }
}
