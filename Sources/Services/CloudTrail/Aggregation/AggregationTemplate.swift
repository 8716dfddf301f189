import Ledger
import Platform

/// How the data events of a trail are summed up: by API, by resource, or by caller.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/aggregating-data-events.html>
enum AggregationTemplate: String, Sendable, Codable {
    case apiActivity = "API_ACTIVITY"
    case resourceAccess = "RESOURCE_ACCESS"
    case userActions = "USER_ACTIONS"

    /// What has an aggregated event for each of its values.
    var primary: AggregationDimension {
        switch self {
        case .apiActivity: .eventName
        case .resourceAccess: .resourceARN
        case .userActions: .userIdentity
        }
    }

    /// What each of those is broken down by, in AWS's order.
    var details: [AggregationDimension] { AggregationDimension.allCases.filter { $0 != primary } }
}

/// What events are counted by; the names are those of aggregated events.
enum AggregationDimension: String, CaseIterable {
    case eventName
    case resourceARN
    case userIdentity
    case userAgent
    case sourceIpAddress
    /// Of calls that were answered there is none.
    case errorCodes
}

/// A template that a trail has, and since when.
struct AggregationSetting: Sendable, Codable, Hashable {
    let template: AggregationTemplate
    /// Events from then on are counted, in milliseconds since 1970.
    let since: Int64
}

extension Trail {
    /// What the trail's data events of a time are counted by.
    /// - Parameter time: in milliseconds since 1970.
    func templates(at time: Int64) -> [AggregationTemplate] {
        (aggregation ?? []).filter { time >= $0.since }.map(\.template)
    }
}

extension RecordedEvent {
    /// What the event counts under.
    func values(of dimension: AggregationDimension) -> [String] {
        switch dimension {
        case .eventName: value(of: .eventName).map { [$0] } ?? []
        case .resourceARN: aggregatedResources
        case .userIdentity: [caller]
        case .userAgent: userAgent.map { [$0] } ?? []
        case .sourceIpAddress: sourceIPAddress.map { [$0] } ?? []
        case .errorCodes: errorCode.map { [$0] } ?? []
        }
    }

    /// Of objects the bucket, as AWS has it; of a copy both.
    private var aggregatedResources: [String] {
        let buckets = resources.filter { $0.type == "AWS::S3::Bucket" }
        var arns: [String] = []
        for resource in buckets.isEmpty ? resources : buckets where !arns.contains(resource.arn) {
            arns.append(resource.arn)
        }
        return arns
    }
}
