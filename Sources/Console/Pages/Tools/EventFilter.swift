import CloudTrailAPI
import Pages
import Wire

/// Which part of the event history is shown, as the address of its page says it.
struct EventFilter {
    /// By what events can be looked up, one at a time, with what the page calls it.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupAttribute.html>
    static let attributes: [(key: String, title: String)] = [
        ("EventName", "Event name"), ("Username", "User name"), ("EventSource", "Event source"),
        ("ResourceName", "Resource name"), ("ResourceType", "Resource type"), ("ReadOnly", "Read-only"),
        ("AccessKeyId", "AWS access key"), ("EventId", "Event ID"),
    ]
    static let pageSize = 50

    /// nil: all events.
    let attribute: (key: String, value: String)?
    let from: Timestamp?
    let to: Timestamp?
    /// Only what the policies denied, of the page that is shown.
    let isDeniedOnly: Bool
    /// Where the page begins; nil: with the newest event.
    let after: String?

    /// - Throws: ValidationException for a time that can't be read.
    init(_ query: FormFields) throws(ServiceError) {
        let value = query.text("value").trimmed
        if let key = query["attribute"], !value.isEmpty, Self.attributes.contains(where: { $0.key == key }) {
            attribute = (key, value)
        } else {
            attribute = nil
        }
        from = try Self.time(query["from"])
        to = try Self.time(query["to"])
        isDeniedOnly = query.isOn("denied")
        after = query["after"]
    }

    private static func time(_ text: String?) throws(ServiceError) -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(field: text) else {
            throw .validation("'\(text)' is no time. Write it so: 2026-11-29T20:51:04 (UTC).")
        }
        return time
    }

    var input: CloudTrail.LookupEvents.Input {
        .init { input in
            if let attribute {
                input.lookupAttributes = [
                    .init {
                        $0.attributeKey = attribute.key
                        $0.attributeValue = attribute.value
                    }
                ]
            }
            input.startTime = from
            input.endTime = to
            input.maxResults = Self.pageSize
            input.nextToken = after
        }
    }

    /// The address's query for the same events, from another place on.
    func query(after: String?) -> String {
        var pairs: [(String, String)] = []
        if let attribute { pairs += [("attribute", attribute.key), ("value", attribute.value)] }
        if let from { pairs.append(("from", from.field)) }
        if let to { pairs.append(("to", to.field)) }
        if isDeniedOnly { pairs.append(("denied", "1")) }
        if let after { pairs.append(("after", after)) }
        return pairs.map { "\($0.0)=\(PercentEncoding.queryValue($0.1))" }.joined(separator: "&")
    }

    var command: String {
        CLICommand.aws(
            "cloudtrail", "lookup-events",
            options: [
                "lookup-attributes": attribute.map { "AttributeKey=\($0.key),AttributeValue=\($0.value)" },
                "start-time": from?.iso8601, "end-time": to?.iso8601, "max-results": "\(Self.pageSize)",
            ])
    }
}

extension String {
    /// Without the blanks around it that come along when something is pasted.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
