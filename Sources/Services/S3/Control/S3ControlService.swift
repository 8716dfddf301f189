public import Platform
import S3ControlAPI
import Wire

extension ServiceModule {
    /// Amazon S3 Control: what S3 keeps of accounts and access points. It is a service of its own to clients, and one with S3
    /// to policies and to CloudTrail.
    public static let s3Control = ServiceModule(
        S3Control.self, signing: .s3,
        operations: [
            S3Control.PutPublicAccessBlock.self, S3Control.GetPublicAccessBlock.self,
            S3Control.DeletePublicAccessBlock.self,
            S3Control.CreateAccessPoint.self, S3Control.GetAccessPoint.self, S3Control.ListAccessPoints.self,
            S3Control.DeleteAccessPoint.self,
            S3Control.PutAccessPointPolicy.self, S3Control.GetAccessPointPolicy.self,
            S3Control.DeleteAccessPointPolicy.self, S3Control.GetAccessPointPolicyStatus.self,
            S3Control.TagResource.self, S3Control.UntagResource.self, S3Control.ListTagsForResource.self,
        ],
        events: EventParticulars(
            source: "s3.amazonaws.com", eventNames: controlEventNames, found: AccessPointUse.found),
        proves: { (request, operation) throws(ServiceError) in
            try BodyChecks.prove(request, operation, mayDemand: false)
        },
        validation: controlValidation, records: [AccessPoint.self], projections: [AccessPointIndex.self],
        quotas: [.accessPoints], samples: s3ControlSamples)
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

extension AccessPointUse {
    /// The access points that a call was about, for its event.
    @Sendable static func found(
        _ call: Call, _ accesses: [Access.Resolved], _ input: Structure?, _ output: Structure?
    ) -> [EventParticulars.Resource] {
        var found: [EventParticulars.Resource] = []
        for access in accesses {
            guard let resource = resource(access.access), !found.contains(where: { $0.arn == resource.arn }) else {
                continue
            }
            found.append(resource)
        }
        return found
    }

    /// The access point that an access is on, or by; nil for any other.
    static func resource(_ access: Access) -> EventParticulars.Resource? {
        guard let name = AccessPointName(arn: access.resource) else { return nil }
        return EventParticulars.Resource(
            AccessPoint.arn(name.name, name.account, name.region), "AWS::S3::AccessPoint", account: name.account)
    }
}
