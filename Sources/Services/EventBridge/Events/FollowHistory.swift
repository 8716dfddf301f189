import FoundationEssentials
import Ledger
import Platform
import Wire

/// Brings the calls of the event history to the default buses that somebody listens to.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>
struct FollowHistory: Follower {
    static let name = "EventBridge::FollowHistory"
    static let source = FollowedSource.events

    /// Nothing is followed as long as nobody listens.
    static func source(_ environment: Environment) -> FollowedSource {
        environment.projection(BusIndex.self).isListening ? .events : .journal(kinds: [])
    }

    /// Where the event history is.
    static func end(_ environment: Environment) async throws(ServiceError) -> Int64 {
        let end = try await HistoryWalk(environment: environment).end()
        // Who listens by way of another node must be known from here on.
        try await environment.catchUpWithOtherNodes()
        return end
    }

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        guard case .events(let events) = batch else { return { _ in } }
        let now = environment.now()
        let index = environment.projection(BusIndex.self)
        var wanted: [RoutedEvent] = []
        for event in events {
            guard let head = RecordedHead(event) else { continue }
            let bus = BusReference(account: event.account, region: head.region, name: BusReference.defaultName)
            // Most accounts and Regions have no rules.
            guard index.isListened(bus), let entry = BusEvent(recorded: event, head, at: now) else { continue }
            let routed = RoutedEvent(entry, on: bus, isReadOnly: head.isReadOnly, environment)
            if routed.isWanted { wanted.append(routed) }
        }
        let found = wanted
        return { (records) throws(ServiceError) in
            for routed in found { try records.accept(routed, at: now) }
        }
    }
}

/// What of a recorded event decides where it goes.
struct RecordedHead {
    let record: JSONValue
    let region: String
    let isReadOnly: Bool

    /// nil: one that goes to no bus, such as a data event.
    init?(_ event: Event) {
        guard let record = try? JSONValue(parsing: event.body), record["eventCategory"] == .string("Management"),
            case .string(let region)? = record["awsRegion"]
        else { return nil }
        self.record = record
        self.region = region
        isReadOnly = record["readOnly"] == .boolean(true)
    }
}

extension BusEvent {
    /// A call, as its event on a bus.
    /// - Returns: nil: of none.
    init?(recorded event: Event, _ head: RecordedHead, at time: Double) {
        guard case .string(let source)? = head.record["eventSource"], case .string(let type)? = head.record["eventType"]
        else { return nil }
        let detailType =
            switch type {
            case "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail"
            case "AwsServiceEvent": "AWS Service Event via CloudTrail"
            default: "AWS API Call via CloudTrail"
            }
        let name = source.split(separator: ".").first.map(String.init) ?? source
        self.init(
            id: UUID().uuidString.lowercased(), source: "aws.\(name)", detailType: detailType, account: event.account,
            time: Double(event.time) / 1000, region: head.region, resources: [],
            detail: String(decoding: event.body, as: UTF8.self), ingested: time)
    }
}
