public import Ledger
public import Wire

/// Something that a service tells the default event bus of an account and Region: a finding, a state that has changed, a
/// certificate that is about to end.
///
/// A service announces it in the transaction that makes it true, so that either both are there or neither is:
///
/// ```swift
/// try records.announce(
///     AnnouncedEvent(
///         source: "aws.vault", detailType: "Vault Box Opened", resources: [arn], time: time
///     ) { writer in
///         writer.member("box", "b-1")
///     })
/// ```
///
/// Amazon EventBridge's module takes it from there: it finds the rules that match, and delivers to their targets, at least
/// once. Calls of the API need not be announced: EventBridge follows the event history by itself.
///
/// AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event.html
public struct AnnouncedEvent: TableRow, Equatable {
    /// As the ledger names it.
    public static let kind = "Gatehouse::AnnouncedEvent"

    /// A UUID of version 7: events come in the order of their times, those of one millisecond in any.
    public let id: String
    /// Which service it is from: `aws.kms`.
    public let source: String
    /// What sort of event it is: `KMS CMK Deletion`.
    public let detailType: String
    /// The ARNs of what it is about.
    public let resources: [String]
    /// Seconds since 1970.
    public let time: Double
    /// JSON, an object.
    public let detail: String

    /// Makes an event with a new id; nothing is announced yet.
    /// - Parameters:
    ///   - source: see the property.
    ///   - detailType: see the property.
    ///   - resources: see the property.
    ///   - time: see the property.
    ///   - detail: writes the members of the detail.
    public init(
        source: String, detailType: String, resources: [String] = [], time: Double,
        detail: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        detail(&writer)
        writer.endObject()
        self.init(
            source: source, detailType: detailType, resources: resources, time: time,
            detail: String(decoding: writer.bytes, as: UTF8.self))
    }

    /// Makes an event with a new id, of a detail that is there as JSON already.
    /// - Parameters: see the properties. `detail` must be an object.
    public init(source: String, detailType: String, resources: [String] = [], time: Double, detail: String) {
        id = RequestIDs.make(time: time)
        self.source = source
        self.detailType = detailType
        self.resources = resources
        self.time = time
        self.detail = detail
    }

    /// In the order of their times.
    public var key: RowKey { RowKey(.text(id)) }

    /// The kind of the job that takes announced events to the default bus of its scope. EventBridge's module has it.
    public static let deliveryKind = "EventBridge::TakeAnnouncedEvents"
    /// The only id of that job in a scope.
    public static let deliveryID = "default"
}

/// Says that somebody listens to the default event bus of an account and Region: as long as this record is there, what is
/// announced is kept for EventBridge, which puts the record there and takes it away.
public struct ListenedBus: Record {
    /// As the ledger names it.
    public static let kind = "Gatehouse::ListenedBus"
    /// Who listened when is of no use to anybody.
    public static let keepsHistory = false

    /// The same for all: there is one of them in a scope.
    public let id: String

    /// The default bus.
    public init() { id = Self.id }

    /// The only id in a scope.
    public static let id = "default"
}

extension MutableRecords {
    /// Announces an event to the default bus of an account and Region; without an account and a Region, of those of these
    /// records. The event is kept only if a rule or an archive listens there.
    ///
    /// The events of a global service are announced in `us-east-1`.
    /// - Throws: InternalFailure when the ledger can't keep it.
    /// - Complexity: one look-up where nobody listens.
    public func announce(
        _ event: AnnouncedEvent, to account: String? = nil, in region: String? = nil
    ) throws(ServiceError) {
        let region = region ?? scope.region
        let bus = of(Scope(account: account ?? scope.account, region: region.isEmpty ? "us-east-1" : region))
        guard try bus.get(ListenedBus.self, ListenedBus.id) != nil else { return }
        try bus.put(event)
        do throws(LedgerError) {
            let (kind, id) = (AnnouncedEvent.deliveryKind, AnnouncedEvent.deliveryID)
            // Scheduling anew would undo the work of a job that is under way. It looks for more before it ends.
            guard try reader.deadline(kind, id, in: bus.scope) == nil else { return }
            let due = RequestIDs.milliseconds(event.time)
            try transaction.schedule(
                Deadline(kind: kind, scope: bus.scope, id: id, due: due, payload: Array("{}".utf8)))
        } catch {
            throw ServiceError(error)
        }
    }
}
