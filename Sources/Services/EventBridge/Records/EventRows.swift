import Ledger
import Platform
import Synchronization
import Wire

/// An event that is yet to be delivered to a target of a rule.
struct EventDelivery: TableRow, Equatable {
    static let kind = "AWS::Events::Delivery"

    /// A UUID.
    let id: String
    /// Of those that are due at one time, the first to be accepted comes first.
    let order: Int64
    let ruleARN: String
    let targetID: String
    let event: BusEvent
    /// When it was to be delivered first, in seconds since 1970.
    let accepted: Double
    /// When it is to be tried next, in milliseconds since 1970.
    var due: Int64
    /// How often it was tried.
    var attempts = 0

    var partition: String { Self.partition(ruleARN, targetID) }
    var key: RowKey { RowKey(.number(due), .number(order), .text(id)) }

    static func partition(_ ruleARN: String, _ targetID: String) -> String { "\(ruleARN) \(targetID)" }

    /// The order of the next delivery of this process: the time tells apart what others, or an earlier one, accept.
    static func nextOrder() -> Int64 { orders.wrappingAdd(1, ordering: .relaxed).newValue }
    private static let orders = Atomic<Int64>(0)
}

/// An event in an archive.
struct ArchivedEvent: TableRow, Equatable {
    static let kind = "AWS::Events::ArchivedEvent"

    /// The archive's unique id.
    let archive: String
    let event: BusEvent

    var partition: String { archive }
    /// By the time at which EventBridge got it.
    var key: RowKey { RowKey(.number(RequestIDs.milliseconds(event.ingested)), .text(event.id)) }
    var amounts: [String: Int64] { ["bytes": Int64(event.size)] }
}
