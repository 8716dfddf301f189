import CloudTrailAPI
import Pages
import Wire

/// An event of the event history in a line.
struct EventRow {
    let eventID: String
    let eventLink: String
    let eventTime: String
    let eventName: String
    let eventUser: String
    let eventSource: String
    let eventResource: String?
    /// nil: it succeeded.
    let eventError: String?
    let isDenied: Bool
    /// Where the cause is shown; nil for what was not denied.
    let eventWhy: String?
    /// The whole record.
    let record: JSONValue
    private let resources: [CloudTrail.Resource]
    private let accessKey: String
    private let readOnly: String

    init(_ event: CloudTrail.Event) {
        record = (try? JSONValue(parsing: Array((event.cloudTrailEvent ?? "{}").utf8))) ?? .null
        eventID = event.eventId ?? ""
        eventLink = Console.root + "events/" + PercentEncoding.segment(eventID)
        eventTime = event.eventTime?.reading ?? ""
        eventName = event.eventName ?? ""
        let identity = record["userIdentity"]
        eventUser =
            [event.username, identity?["userName"]?.text, identity?["invokedBy"]?.text, identity?["type"]?.text]
            .compactMap { $0 }.first { !$0.isEmpty } ?? ""
        eventSource = event.eventSource ?? ""
        resources = event.resources ?? []
        eventResource = resources.first?.resourceName
        eventError = record["errorCode"]?.text
        isDenied = eventError.map(Problem.isDenial) ?? false
        eventWhy = isDenied ? Console.root + "why/" + PercentEncoding.segment(record["requestID"]?.text ?? "") : nil
        accessKey = event.accessKeyId ?? ""
        readOnly = event.readOnly ?? ""
    }

    static let columns = [
        "Event name", "Event time", "User name", "Event source", "Resource type", "Resource name", "AWS access key",
        "AWS Region", "Error code", "Error message", "Source IP address", "User agent", "Read-only", "Event ID",
        "Request ID",
    ]

    /// As the file has it that one downloads.
    var columns: [String] {
        [
            eventName, record["eventTime"]?.text ?? eventTime, eventUser, eventSource,
            resources.compactMap(\.resourceType).joined(separator: " "),
            resources.compactMap(\.resourceName).joined(separator: " "), accessKey, record["awsRegion"]?.text ?? "",
            eventError ?? "", record["errorMessage"]?.text ?? "", record["sourceIPAddress"]?.text ?? "",
            record["userAgent"]?.text ?? "", readOnly, eventID, record["requestID"]?.text ?? "",
        ]
    }
}
