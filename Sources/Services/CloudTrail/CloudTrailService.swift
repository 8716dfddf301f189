import CloudTrailAPI
public import Platform

extension Service {
    /// AWS CloudTrail: the operations that are built.
    public static let cloudTrail = Service(
        CloudTrail.service, eventSource: "cloudtrail.amazonaws.com",
        operations: [CloudTrail.LookupEvents.self])
}
