import Ledger
import Wire

/// How large an event may be. What is too large is cut, field by field.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>
enum EventSize {
    /// 256 KB: each field has a limit of its own besides. In the event history, in trails, and in event data stores that do not
    /// say otherwise.
    case standard
    /// 1 MB: fields are cut only for an event that is larger.
    case large

    private var limit: Int { self == .standard ? 256 << 10 : 1 << 20 }

    /// A field that may be cut.
    private struct Field {
        let name: String
        /// In bytes.
        let limit: Int
        /// Whether so much of it remains, and not a note in its place.
        var isText = false
    }

    /// In the order in which they are cut.
    private static let fields = [
        Field(name: "annotation", limit: 1 << 10, isText: true), Field(name: "requestID", limit: 1 << 10, isText: true),
        Field(name: "additionalEventData", limit: 28 << 10), Field(name: "serviceEventDetails", limit: 100 << 10),
        Field(name: "userAgent", limit: 1 << 10, isText: true), Field(name: "errorCode", limit: 1 << 10, isText: true),
        Field(name: "eventContext", limit: 64 << 10), Field(name: "responseElements", limit: 100 << 10),
        Field(name: "requestParameters", limit: 100 << 10), Field(name: "errorMessage", limit: 1 << 10, isText: true),
    ]
    /// In a smaller event no field can be too large, since the gate cuts the texts.
    private static let smallest = 28 << 10

    /// The record, cut if need be.
    /// - Complexity: constant for what is small, as almost all are; else linear.
    func fitted(_ record: [UInt8]) -> [UInt8] {
        guard record.count > (self == .standard ? Self.smallest : limit),
            case .object(var members)? = try? JSONValue(parsing: record)
        else { return record }
        var size = record.count
        func cut(_ field: Field, beyond most: Int) {
            guard let place = members.firstIndex(where: { $0.key == field.name }) else { return }
            let old = members[place].value.size
            guard old > most else { return }
            members[place].value = field.isText ? members[place].value.cut(most) : .omission(field.name, size: old)
            size -= old - members[place].value.size
        }
        for field in Self.fields where self == .standard || size > limit { cut(field, beyond: field.limit) }
        // Each may be within its limit, and all together not.
        for field in Self.fields where size > limit && !field.isText { cut(field, beyond: 0) }
        guard size < record.count else { return record }
        var writer = JSONWriter(capacity: size)
        writer.json(.object(members))
        return writer.bytes
    }
}

extension JSONValue {
    /// In bytes of its JSON.
    fileprivate var size: Int {
        var writer = JSONWriter()
        writer.json(self)
        return writer.bytes.count
    }

    /// What stands in the place of a field that is left out.
    fileprivate static func omission(_ field: String, size: Int) -> JSONValue {
        .object([
            JSONMember(key: "reason", value: .string("\(field) too large")),
            JSONMember(key: "omitted", value: .boolean(true)),
            JSONMember(key: "originalSize", value: .integer(size)),
        ])
    }

    fileprivate func cut(_ limit: Int) -> JSONValue {
        guard case .string(let text) = self else { return self }
        return .string(String(decoding: text.utf8.prefix(limit), as: UTF8.self))
    }
}

extension Event {
    /// The record as the event history shows it, and as trails deliver it.
    var standardRecord: [UInt8] { EventSize.standard.fitted(body) }
}
