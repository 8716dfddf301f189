import CloudTrailAPI
public import Platform

extension ServiceModule {
    /// AWS CloudTrail: its event history.
    public static let cloudTrail = ServiceModule(
        CloudTrail.self, operations: [CloudTrail.LookupEvents.self], jobs: [ForgetOldEvents.self],
        samples: Samples(texts: ["AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "Key": "a", "Value": "b"]))
}
