import CloudTrailAPI
import Ledger
import Platform
import Wire

/// The event history of the last 90 days.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html>
extension CloudTrail.LookupEvents: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("cloudtrail:LookupEvents", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        if let start = input.startTime, let end = input.endTime, start > end {
            throw CloudTrail.Failure.invalidTimeRangeException(
                "The start time is later than the end time, or the range is otherwise invalid.")
        }
        let attributes = input.lookupAttributes ?? []
        guard attributes.count <= 1 else {
            throw CloudTrail.Failure.invalidLookupAttributesException("You can only specify one lookup attribute.")
        }
        var output = Output()
        guard input.eventCategory == nil else {
            let query = InsightQuery(
                account: call.accountID, region: call.region, start: input.startTime, end: input.endTime,
                attribute: try attributes.first.map(insightAttribute), limit: input.maxResults ?? 50,
                token: input.nextToken)
            (output.events, output.nextToken) = try await query.page(call.environment)
            return output
        }
        let ledger = call.environment.ledger
        do throws(LedgerError) {
            // This call finds everything that was answered before it.
            try await ledger.flushEvents()
            let page = try await ledger.events(
                EventQuery(
                    account: call.accountID, from: milliseconds(input.startTime), to: milliseconds(input.endTime),
                    attribute: attributes.first.map { EventAttribute($0.attributeKey, $0.attributeValue) },
                    limit: input.maxResults ?? 50, cursor: input.nextToken))
            // The history has no data events: those are for trails. A page may be short for it, or empty.
            let beginning = beginning(call)
            output.events = page.events.filter {
                $0.time >= beginning && RecordedEvent($0).value(of: .eventCategory) == EventCategory.management
            }.map { CloudTrail.Event(of: $0) }
            output.nextToken = page.cursor
            return output
        } catch {
            if error.kind == .invalidCursor {
                throw CloudTrail.Failure.invalidNextTokenException("The specified token is invalid.")
            }
            throw ServiceError(error)
        }
    }

    /// What Insights events can be looked up by.
    private static func insightAttribute(
        _ attribute: CloudTrail.LookupAttribute
    ) throws(ServiceError) -> (name: String, value: String) {
        guard ["EventId", "EventName", "EventSource"].contains(attribute.attributeKey) else {
            throw CloudTrail.Failure.invalidLookupAttributesException(
                "Insights events can be looked up by EventId, EventName and EventSource, not by"
                    + " \(attribute.attributeKey).")
        }
        return (attribute.attributeKey, attribute.attributeValue)
    }

    /// What is older may still be there until the next time that old events are deleted.
    private static func beginning(_ call: Call) -> Int64 {
        Int64(exactly: ((call.time - ForgetOldEvents.historySeconds) * 1000).rounded()) ?? .min
    }

    private static func milliseconds(_ time: Timestamp?) -> Int64? {
        time.flatMap { Int64(exactly: ($0.secondsSinceEpoch * 1000).rounded()) }
    }
}

/// The ledger's event, where `Event` alone would be CloudTrail's.
private typealias HistoryEntry = Event

extension CloudTrail.Event {
    fileprivate init(of event: HistoryEntry) {
        self.init()
        eventId = event.id
        eventTime = Timestamp(secondsSinceEpoch: (Double(event.time) / 1000).rounded(.down))
        cloudTrailEvent = String(decoding: event.standardRecord, as: UTF8.self)
        var resources: [CloudTrail.Resource] = []
        for attribute in event.attributes {
            switch attribute.name {
            case "EventName": eventName = attribute.value
            case "EventSource": eventSource = attribute.value
            case "ReadOnly": readOnly = attribute.value
            case "AccessKeyId": accessKeyId = attribute.value
            case "Username": username = attribute.value
            case "ResourceType":
                var resource = CloudTrail.Resource()
                resource.resourceType = attribute.value
                resources.append(resource)
            case "ResourceName":
                if let last = resources.indices.last { resources[last].resourceName = attribute.value }
            default: break
            }
        }
        self.resources = resources
    }
}
