import Directory
import EventBridgeAPI
import EventPatterns
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Events that are put on a bus.
// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>

/// The entries of a request together, in bytes.
private let mostBytes = 262_144

extension EventBridge.PutEvents: PreparedWriteOperation {
    public static var bodyLimit: Int { 2 << 20 }

    /// For each bus, with what the events say of themselves.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        guard input.endpointId == nil else {
            throw .notImplemented("Gatehouse has no global endpoints: leave out EndpointId.")
        }
        var needs: [Access] = []
        var seen: Set<[String]> = []
        for entry in input.entries {
            let bus = try BusReference(entry.eventBusName, call)
            guard seen.insert([bus.arn, entry.source ?? "", entry.detailType ?? ""]).inserted else { continue }
            var context: [String: ContextValue] = [:]
            if let source = entry.source { context["events:source"] = .one(source) }
            if let type = entry.detailType { context["events:detail-type"] = .one(type) }
            context["events:eventbusinvocation"] = .one(call.callingService == eventsPrincipal ? "true" : "false")
            needs.append(
                Access("events:PutEvents", on: bus.arn, resourceAccount: bus.account, context: context))
        }
        return .required(needs)
    }

    /// What becomes of one entry.
    public enum Entry: Sendable {
        case routed(Routed)
        case refused(code: String, message: String)
    }

    /// An entry that is accepted.
    public struct Routed: Sendable {
        let event: RoutedEvent
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [Entry] {
        var size = 0
        for entry in input.entries { size += entry.size }
        guard size <= mostBytes else {
            throw .invalidEvents("Total size of the entries in the request is over the limit.")
        }
        var entries: [Entry] = []
        for entry in input.entries { entries.append(try routed(entry, call)) }
        return entries
    }

    private static func routed(
        _ entry: EventBridge.PutEventsRequestEntry, _ call: Call
    ) throws(ServiceError) -> Entry {
        func missing(_ name: String) -> Entry {
            .refused(
                code: "InvalidArgument",
                message: "Parameter \(name) is not valid. Reason: \(name) is a required argument.")
        }
        guard let source = entry.source, !source.isEmpty else { return missing("Source") }
        guard let type = entry.detailType, !type.isEmpty else { return missing("DetailType") }
        guard let detail = entry.detail, !detail.isEmpty else { return missing("Detail") }
        let forwarded = ForwardedEvent(entry, call)
        guard forwarded != nil || !source.lowercased().hasPrefix("aws.") else {
            return .refused(code: "NotAuthorizedForSourceException", message: "Not authorized for the source.")
        }
        // The detail stands one level deep in the event.
        guard case .object? = try? JSONValue(parsing: Array(detail.utf8), depthLimit: 999) else {
            return .refused(code: "MalformedDetail", message: "Detail is malformed.")
        }
        let bus = try BusReference(entry.eventBusName, call)
        guard call.environment.projection(BusIndex.self).has(bus) else {
            return .refused(code: "ResourceNotFoundException", message: "Event bus \(bus.name) does not exist.")
        }
        var event = BusEvent(
            id: forwarded?.id ?? UUID().uuidString.lowercased(), source: source, detailType: type,
            account: forwarded?.account ?? call.accountID, time: entry.time?.secondsSinceEpoch ?? call.time,
            region: forwarded?.region ?? call.region, resources: entry.resources ?? [], detail: detail,
            ingested: call.time)
        event.hops = forwarded?.hops ?? 0
        return .routed(Routed(event: RoutedEvent(event, on: bus, call.environment)))
    }

    public static func handle(
        _ input: Input, _ entries: [Entry], _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var results: [EventBridge.PutEventsResultEntry] = []
        var failures = 0
        for entry in entries {
            var result = EventBridge.PutEventsResultEntry()
            switch entry {
            case .routed(let routed):
                try records.accept(routed.event, at: call.time)
                result.eventId = routed.event.event.id
            case .refused(let code, let message):
                failures += 1
                result.errorCode = code
                result.errorMessage = message
            }
            results.append(result)
        }
        return Output {
            $0.failedEntryCount = failures
            $0.entries = results
        }
    }
}

extension EventBridge.PutEventsRequestEntry {
    /// By AWS's count, in bytes.
    fileprivate var size: Int {
        (time == nil ? 0 : 14) + (source?.utf8.count ?? 0) + (detailType?.utf8.count ?? 0) + (detail?.utf8.count ?? 0)
            + (resources ?? []).reduce(0) { $0 + $1.utf8.count }
    }
}

/// What EventBridge itself says of an event that goes from one bus to another. It stands where users may put a trace's header,
/// and is read only in EventBridge's own calls.
struct ForwardedEvent: Sendable, Equatable {
    let id: String
    let account: String
    let region: String
    let hops: Int

    /// How often an event may go from one bus to another.
    static let mostHops = 1

    init(_ event: BusEvent) {
        id = event.id
        account = event.account
        region = event.region
        hops = event.hops + 1
    }

    /// nil: it is not EventBridge that calls.
    init?(_ entry: EventBridge.PutEventsRequestEntry, _ call: Call) {
        guard call.callingService == eventsPrincipal, let parts = entry.traceHeader?.split(separator: " "),
            parts.count == 4, let hops = Int(parts[3])
        else { return nil }
        (id, account, region) = (String(parts[0]), String(parts[1]), String(parts[2]))
        self.hops = hops
    }

    var header: String { "\(id) \(account) \(region) \(hops)" }
}

extension EventBridge.TestEventPattern: ComputeOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let pattern: EventPattern
        do throws(PatternError) { pattern = try EventPattern(parsing: input.eventPattern) } catch {
            throw .invalidPattern(error)
        }
        guard let event = try? JSONValue(parsing: Array(input.event.utf8)), case .object = event else {
            throw .invalidEvents("Parameter Event is not valid. Reason: Event is not valid JSON.")
        }
        for name in ["id", "account", "source", "time", "region", "resources", "detail-type"] where event[name] == nil {
            throw .invalidEvents("Parameter Event is not valid. Reason: \(name) is a required field.")
        }
        return Output(result: pattern.matches(EventDocument(event)))
    }
}
