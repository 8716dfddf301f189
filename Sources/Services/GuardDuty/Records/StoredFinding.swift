import GuardDutyAPI
import Ledger
import Wire

/// A finding: what it says, and what has become of it.
///
/// A row and not a record: there may be hundreds of thousands, and nothing follows their changes.
/// <https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html>
struct StoredFinding: TableRow, Equatable {
    static let kind = "AWS::GuardDuty::Finding"

    /// Thirty-two hexadecimal digits, made of what the finding is of.
    let id: String
    let detectorID: String
    let accountID: String
    let region: String
    let type: String
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    var firstSeen: Double
    var lastSeen: Double
    var count: Int
    var severity: Double
    var isArchived: Bool
    /// Whether a filter has archived it: then new occurrences belong to it nevertheless.
    var isSuppressed: Bool
    /// `USEFUL`, `NOT_USEFUL`
    var feedback: String?
    var comments: String?
    /// A `Finding` as JSON, without the members that the properties give.
    var content: String
    /// The events that prove it, by their ids: the first ones and the last.
    var events: [String]
    /// What was unusual, the lists with the address, and what else is told: members of JSON.
    var facts: FindingFacts
    /// When it was last told of, in seconds since 1970; nil: never.
    var published: Double?
    /// When new occurrences have to be told of, in milliseconds since 1970; nil: there are none.
    var due: Int64?

    var key: RowKey { RowKey(.text(id)) }

    var indexes: [RowIndex] {
        var indexes = [RowIndex(Self.byTime, RowKey(.number(Int64(updated * 1000))))]
        if let due { indexes.append(RowIndex(Self.byDue, RowKey(.number(due)))) }
        return indexes
    }

    static let byTime = "updated"
    static let byDue = "due"
    /// So many events are kept of a finding.
    static let mostEvents = 50
    /// So long findings are kept after their last change, in seconds.
    static let retention = 90 * 86_400.0

    var scope: Scope { Scope(account: accountID, region: region) }
    var arn: String { GuardDutyName.finding(id, of: detectorID, scope) }

    /// The finding as answers show it.
    /// - Throws: an internal failure for what this version can't read.
    func view() throws(ServiceError) -> GuardDuty.Finding {
        var view = GuardDuty.Finding(try Structure(json: content, of: GuardDuty.Finding.shape))
        view.id = id
        view.arn = arn
        view.accountId = accountID
        view.region = region
        view.partition = "aws"
        view.schemaVersion = "2.0"
        view.type = type
        view.severity = severity
        view.createdAt = guardDutyTime(created)
        view.updatedAt = guardDutyTime(updated)
        var service = view.service ?? GuardDuty.Service()
        service.serviceName = "guardduty"
        service.detectorId = detectorID
        service.archived = isArchived
        service.count = count
        service.eventFirstSeen = guardDutyTime(firstSeen)
        service.eventLastSeen = guardDutyTime(lastSeen)
        service.userFeedback = feedback
        service.additionalInfo = GuardDuty.ServiceAdditionalInfo {
            $0.value = facts.json(events: events)
            $0.type = "default"
        }
        view.service = service
        return view
    }
}

/// What a finding tells besides: `service.additionalInfo`.
struct FindingFacts: Sendable, Codable, Equatable {
    /// An observation, and what it was held against.
    struct Unusual: Sendable, Codable, Equatable {
        let what: String
        let seen: String
        let usual: String
    }

    var unusual: [Unusual] = []
    var lists: [String] = []
    var isSample = false

    func json(events: [String]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("events")
        writer.beginArray()
        for event in events { writer.string(event) }
        writer.endArray()
        if !unusual.isEmpty {
            writer.key("unusual")
            writer.beginArray()
            for one in unusual {
                writer.beginObject()
                writer.member("what", one.what)
                writer.member("seen", one.seen)
                writer.member("usual", one.usual)
                writer.endObject()
            }
            writer.endArray()
        }
        if !lists.isEmpty { writer.member("threatListName", lists.joined(separator: ", ")) }
        if isSample {
            writer.key("sample")
            writer.boolean(true)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Which finding further occurrences belong to: by what makes them occurrences of one.
struct OpenFinding: TableRow {
    static let kind = "Gatehouse::GuardDuty::OpenFinding"

    /// Of the type and the identity.
    let identity: String
    let detectorID: String
    /// The finding's id.
    var finding: String
    /// How many findings there were before of the same, which were archived.
    var generation: Int

    var partition: String { detectorID }
    var key: RowKey { RowKey(.text(identity)) }
}
