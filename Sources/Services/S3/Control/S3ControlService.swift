import Directory
public import Platform
import S3ControlAPI
import Wire

extension ServiceModule {
    /// Amazon S3 Control: what S3 keeps of accounts, access points and access grants. It is a service of its own to clients, and one with S3
    /// to policies and to CloudTrail.
    public static let s3Control = ServiceModule(
        S3Control.self, signing: .s3,
        operations: accessGrantsOperations + [
            S3Control.PutPublicAccessBlock.self, S3Control.GetPublicAccessBlock.self,
            S3Control.DeletePublicAccessBlock.self,
            S3Control.CreateAccessPoint.self, S3Control.GetAccessPoint.self, S3Control.ListAccessPoints.self,
            S3Control.DeleteAccessPoint.self,
            S3Control.PutAccessPointPolicy.self, S3Control.GetAccessPointPolicy.self,
            S3Control.DeleteAccessPointPolicy.self, S3Control.GetAccessPointPolicyStatus.self,
            S3Control.TagResource.self, S3Control.UntagResource.self, S3Control.ListTagsForResource.self,
        ],
        events: EventParticulars(
            source: "s3.amazonaws.com", listsResources: true, eventNames: controlEventNames, found: controlResources),
        proves: { (request, operation) throws(ServiceError) in
            try BodyChecks.prove(request, operation, mayDemand: false)
        },
        validation: controlValidation,
        records: [AccessPoint.self, AccessGrantsInstance.self, AccessGrantsLocation.self, AccessGrant.self],
        projections: [AccessPointIndex.self, AccessGrantsIndex.self],
        quotas: [.accessPoints, .accessGrantsLocations, .accessGrants], samples: s3ControlSamples)

    /// What S3 Control keeps of directory buckets. Requests for it are signed for S3 Express.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-tagging.html>
    public static let directoryBucketTags = ServiceModule(
        S3Control.self, signingName: S3Express.signingName, partOf: S3Express.signingName, signing: .s3,
        operations: [S3Control.TagResource.self, S3Control.UntagResource.self, S3Control.ListTagsForResource.self],
        events: EventParticulars(
            source: "s3express.amazonaws.com", resources: ["ResourceArn": "AWS::S3Express::DirectoryBucket"],
            listsResources: true, eventNames: controlEventNames),
        proves: { (request, operation) throws(ServiceError) in
            try BodyChecks.prove(request, operation, mayDemand: false)
        },
        validation: controlValidation, samples: directoryBucketSamples)

    private static let accessGrantsOperations: [any Platform.Operation.Type] = [
        S3Control.CreateAccessGrantsInstance.self, S3Control.GetAccessGrantsInstance.self,
        S3Control.ListAccessGrantsInstances.self, S3Control.GetAccessGrantsInstanceForPrefix.self,
        S3Control.DeleteAccessGrantsInstance.self,
        S3Control.AssociateAccessGrantsIdentityCenter.self, S3Control.DissociateAccessGrantsIdentityCenter.self,
        S3Control.PutAccessGrantsInstanceResourcePolicy.self, S3Control.GetAccessGrantsInstanceResourcePolicy.self,
        S3Control.DeleteAccessGrantsInstanceResourcePolicy.self,
        S3Control.CreateAccessGrantsLocation.self, S3Control.GetAccessGrantsLocation.self,
        S3Control.ListAccessGrantsLocations.self, S3Control.UpdateAccessGrantsLocation.self,
        S3Control.DeleteAccessGrantsLocation.self,
        S3Control.CreateAccessGrant.self, S3Control.GetAccessGrant.self, S3Control.ListAccessGrants.self,
        S3Control.DeleteAccessGrant.self, S3Control.ListCallerAccessGrants.self, S3Control.GetDataAccess.self,
    ]
}

/// The errors for inputs that break the model's constraints. By its patterns, ARNs of buckets would be none.
private let controlValidation = ValidationRules(ignored: [.pattern]) { broken, member, _ in
    guard !member.isInBody else { return .malformedXML }
    guard broken == .required else {
        return .invalidRequest("The \(member.wireName) that you have given is not valid.")
    }
    return .s3(
        "MissingSecurityHeader", "Your request was missing a required header", ["MissingHeaderName": member.wireName])
}

/// The access points and the parts of S3 Access Grants that a call was about, for its event. What it made is known by the answer.
@Sendable private func controlResources(
    _ call: Call, _ accesses: [Access.Resolved], _ input: Structure?, _ output: Structure?
) -> [EventParticulars.Resource] {
    var found: [EventParticulars.Resource] = []
    func add(_ resource: EventParticulars.Resource?) {
        guard let resource, !found.contains(where: { $0.arn == resource.arn }) else { return }
        found.append(resource)
    }
    for access in accesses.lazy.map(\.access) where access.action != "s3:TagResource" || accesses.count == 1 {
        add(AccessPointUse.resource(access) ?? AccessGrantsUse.resource(access))
    }
    if case .string(let made)? = output?["AccessGrantArn"],
        let name = ARN(parsing: made).flatMap({ AccessGrantsName($0) })
    {
        add(AccessGrantsUse.resource(name))
    }
    return found
}

extension AccessPointUse {
    /// The access point that an access is on, or by; nil for any other.
    static func resource(_ access: Access) -> EventParticulars.Resource? {
        guard let name = AccessPointName(arn: access.resource) else { return nil }
        return EventParticulars.Resource(
            AccessPoint.arn(name.name, name.account, name.region), "AWS::S3::AccessPoint", account: name.account)
    }
}
