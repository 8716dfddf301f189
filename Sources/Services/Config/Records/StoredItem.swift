import Directory
import Ledger
import Platform
import Posture
import Wire

/// A configuration item that was recorded.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationItem.html>
struct StoredItem: Sendable, Codable, Equatable {
    enum Status: String, Sendable, Codable {
        case ok = "OK"
        case discovered = "ResourceDiscovered"
        case notRecorded = "ResourceNotRecorded"
        case deleted = "ResourceDeleted"
        case deletedNotRecorded = "ResourceDeletedNotRecorded"

        var isGone: Bool { self == .deleted || self == .deletedNotRecorded }
        /// Whether it is the item of a resource that is there, and recorded.
        var isRecorded: Bool { self == .ok || self == .discovered }
    }

    struct Relationship: Sendable, Codable, Equatable {
        var name: String
        var type: String
        var id: String?
        var resourceName: String?
    }

    let type: String
    let id: String
    var name: String?
    var arn: String?
    let account: String
    /// As it is shown: `global` for what has none.
    var region: String
    var zone: String?
    /// Seconds since 1970.
    var created: Double?
    var tags: [Tag]
    var relationships: [Relationship]
    /// JSON; nil: the resource was deleted.
    var configuration: String?
    /// JSON texts by their names.
    var supplementary: [String: String]
    var status: Status
    /// Milliseconds since 1970.
    var captured: Int64
    /// The last entry of the journal that it takes into account.
    var sequence: Int64
    /// The request that made the change; empty: nobody's.
    var requestID: String
    var frequency: Recorder.Frequency
    /// What its module knows the resource by, and in which Region; nil: it lies outside.
    var record: String?
    var recordRegion: String?

    /// What is the same in two items of a resource that has not changed.
    var content: StoredItem {
        var content = self
        (content.status, content.captured, content.sequence, content.requestID) = (.ok, 0, 0, "")
        content.frequency = .continuous
        return content
    }

    /// Milliseconds as a number, which AWS Config calls a state's id.
    var stateID: String { String(captured) }
    var time: Timestamp { Timestamp(secondsSinceEpoch: Double(captured) / 1000) }
}

extension StoredItem {
    /// - Parameter region: that of the recorder, for what is the same in all Regions and recorded in each.
    init(
        _ item: ConfigurationItem, of resource: ConfiguredResource, in region: String, isGlobal: Bool, status: Status,
        captured: Int64, sequence: Int64, requestID: String, frequency: Recorder.Frequency
    ) {
        type = item.resourceType
        id = item.resourceID
        name = item.resourceName
        arn = item.arn
        account = item.accountID
        self.region = item.region == ConfigurationItem.globalRegion && !isGlobal ? region : item.region
        zone = item.availabilityZone
        created = item.creationTime
        tags = item.tags
        relationships = item.relationships.map {
            Relationship(name: $0.name, type: $0.resourceType, id: $0.resourceID, resourceName: $0.resourceName)
        }
        configuration = item.configuration.jsonText
        supplementary = Dictionary(item.supplementaryConfiguration.map { ($0.key, $0.value.jsonText) }) { $1 }
        self.status = status
        self.captured = captured
        self.sequence = sequence
        self.requestID = requestID
        self.frequency = frequency
        record = resource.record
        recordRegion = resource.region
    }

    /// The item of a resource's end: of what it was there is only what names it.
    func deleted(
        _ status: Status = .deleted, captured: Int64, sequence: Int64, requestID: String
    ) -> StoredItem {
        var item = self
        (item.configuration, item.supplementary, item.tags, item.relationships) = (nil, [:], [], [])
        (item.zone, item.created) = (nil, nil)
        (item.status, item.captured, item.sequence) = (status, captured, sequence)
        item.requestID = requestID
        return item
    }
}

/// The last item of a resource that is there: what queries and lists are answered from.
struct CurrentItem: TableRow {
    static let kind = "Config::CurrentItem"

    var item: StoredItem

    var key: RowKey { Self.key(item.type, item.id) }
    /// How many there are of each type.
    var amounts: [String: Int64] { [item.type: 1] }
    var indexes: [RowIndex] {
        (item.arn.map { [RowIndex("arn", RowKey(.text($0)))] } ?? [])
            + (item.name.map { [RowIndex("name", RowKey(.text(item.type), .text($0)))] } ?? [])
            + (item.record.map {
                [RowIndex(Self.byRecord, RowKey(.text(item.type), .text(item.recordRegion ?? ""), .text($0)))]
            } ?? [])
    }

    /// By what modules know resources by.
    static let byRecord = "record"

    static func key(_ type: String, _ id: String) -> RowKey { RowKey(.text(type), .text(id)) }
}

/// The last item of a resource that was deleted.
struct DeletedItem: TableRow {
    static let kind = "Config::DeletedItem"

    var item: StoredItem

    var key: RowKey { CurrentItem.key(item.type, item.id) }
}

/// One of all items of a resource.
struct PastItem: TableRow {
    static let kind = "Config::PastItem"

    var item: StoredItem
    /// Of the log.
    var number: Int64

    var partition: String { Self.partition(item.type, item.id) }
    var key: RowKey { RowKey(.number(item.captured), .number(number)) }

    static func partition(_ type: String, _ id: String) -> String { "\(type)/\(id)" }
}

/// A line of the log of all items of a scope, in the order in which they were recorded.
struct ItemLine: TableRow {
    static let kind = "Config::ItemLine"

    let number: Int64
    let type: String
    let id: String
    let captured: Int64

    var key: RowKey { RowKey(.number(number)) }
}

/// A resource that is recorded once a day, and has changed since.
struct PendingItem: TableRow {
    static let kind = "Config::PendingItem"

    let type: String
    let record: String
    let region: String

    var key: RowKey { RowKey(.text(type), .text(region), .text(record)) }
}
