import CloudTrailDataAPI
public import Platform
import Wire

extension ServiceModule {
    /// AWS CloudTrail Data: the way of events from outside of AWS into CloudTrail Lake. It has an endpoint of its own.
    /// <https://docs.aws.amazon.com/awscloudtraildata/latest/APIReference/Welcome.html>
    public static let cloudTrailData = ServiceModule(
        CloudTrailData.self, operations: [CloudTrailData.PutAuditEvents.self],
        events: EventParticulars(
            source: "cloudtrail-data.amazonaws.com", resources: ["channelArn": "AWS::CloudTrail::Channel"],
            listsResources: true, dataEvents: ["PutAuditEvents"], hiddenMembers: []),
        samples: Samples(
            texts: [
                "channelArn": "arn:aws:cloudtrail:us-east-1:\(Samples.account):channel/\(channelSample)",
                "eventData": "{}",
            ]))
}

/// The channel that the reference of operations asks about.
let channelSample = "00000000-0000-4000-8000-000000000001"
