/// A column of an event data store.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-supported-event-schemas.html>
struct EventColumn: Sendable {
    /// What a column holds, and so what can be asked of it.
    enum Kind: Sendable {
        case text
        case boolean
        case timestamp
        /// Members have names: `userIdentity.arn`.
        case structure
        /// Texts by their keys: `element_at(requestParameters, 'bucketName')`.
        case map
        /// Elements have numbers, from 1 on.
        case array
    }

    let name: String
    let kind: Kind

    var isStructured: Bool { kind == .structure || kind == .map || kind == .array }

    /// The whole record.
    static let whole = "eventJson"

    static let all: [EventColumn] = [
        .init(name: "eventVersion", kind: .text), .init(name: "userIdentity", kind: .structure),
        .init(name: "eventTime", kind: .timestamp), .init(name: "eventSource", kind: .text),
        .init(name: "eventName", kind: .text), .init(name: "awsRegion", kind: .text),
        .init(name: "sourceIPAddress", kind: .text), .init(name: "userAgent", kind: .text),
        .init(name: "errorCode", kind: .text), .init(name: "errorMessage", kind: .text),
        .init(name: "requestParameters", kind: .map), .init(name: "responseElements", kind: .map),
        .init(name: "additionalEventData", kind: .map), .init(name: "requestID", kind: .text),
        .init(name: "eventID", kind: .text), .init(name: "readOnly", kind: .boolean),
        .init(name: "resources", kind: .array), .init(name: "eventType", kind: .text),
        .init(name: "apiVersion", kind: .text), .init(name: "managementEvent", kind: .boolean),
        .init(name: "recipientAccountId", kind: .text), .init(name: "sharedEventID", kind: .text),
        .init(name: "annotation", kind: .text), .init(name: "vpcEndpointId", kind: .text),
        .init(name: "vpcEndpointAccountId", kind: .text), .init(name: "serviceEventDetails", kind: .map),
        .init(name: "addendum", kind: .structure), .init(name: "edgeDeviceDetails", kind: .structure),
        .init(name: "insightDetails", kind: .structure), .init(name: "eventCategory", kind: .text),
        .init(name: "tlsDetails", kind: .structure), .init(name: "eventContext", kind: .structure),
        .init(name: "sessionCredentialFromConsole", kind: .text),
        // Of Insights events.
        .init(name: "insightSource", kind: .text), .init(name: "insightState", kind: .text),
        .init(name: "insightEventSource", kind: .text), .init(name: "insightEventName", kind: .text),
        .init(name: "insightErrorCode", kind: .text), .init(name: "insightType", kind: .text),
        .init(name: "insightContext", kind: .structure),
        // Of events that come through channels.
        .init(name: "eventData", kind: .structure), .init(name: "metadata", kind: .structure),
        .init(name: whole, kind: .text), .init(name: "eventJsonChecksum", kind: .text),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })

    /// Names are the same in upper and lower case.
    static func named(_ name: String) -> EventColumn? { byName[name.lowercased()] }
}
