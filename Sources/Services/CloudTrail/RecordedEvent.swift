import Ledger
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An entry of the event history, to be selected by. What most selectors ask is answered without reading the whole record.
final class RecordedEvent: SelectableEvent {
    private let event: Event

    init(_ event: Event) {
        self.event = event
    }

    /// The record as a whole; read when something asks for what is nowhere else.
    private lazy var record: JSONValue? = try? JSONValue(parsing: event.body)

    /// The Region of the call.
    ///
    /// Quotation marks within values are escaped, so that nothing which a caller sends can look like a member; and only
    /// `userIdentity` stands before it.
    var region: String {
        event.text(of: "\"awsRegion\":\"", isLast: false) ?? record?["awsRegion"]?.text ?? "us-east-1"
    }

    func value(of field: SelectorField) -> String? {
        switch field {
        // Nothing that the request brings comes after it.
        case .eventCategory: event.text(of: "\"eventCategory\":\"", isLast: true) ?? EventCategory.management
        case .eventName: event.attributes.first { $0.name == "EventName" }?.value
        case .eventSource: event.attributes.first { $0.name == "EventSource" }?.value
        case .readOnly: event.attributes.first { $0.name == "ReadOnly" }?.value
        case .userARN: record?["userIdentity"]?["arn"]?.text
        case .eventType, .errorCode, .vpcEndpointId, .sessionCredentialFromConsole: record?[field.rawValue]?.text
        case .resourceType, .resourceARN: nil
        }
    }

    /// nil: the call was answered.
    var errorCode: String? {
        // Most have none, and need not be read for that.
        event.text(of: "\"errorCode\":\"", isLast: false).flatMap { _ in value(of: .errorCode) }
    }

    /// Who called, by ARN; of a role's session without its name, as Insights has it.
    var identity: String? {
        guard let identity = record?["userIdentity"], let arn = identity["arn"]?.text else { return nil }
        guard identity["type"]?.text == "AssumedRole", let end = arn.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return arn
        }
        return String(arn[..<end])
    }

    /// Who called, with what that is: `IAMUser:arn:…`, `AWSAccount:111122223333`, `AWSService:s3.amazonaws.com`.
    var caller: String {
        let identity = record?["userIdentity"]
        let service = identity?["invokedBy"]?.text
        let type = identity?["type"]?.text ?? (service == nil ? "Unknown" : "AWSService")
        let name = self.identity ?? (type == "AWSService" ? service : identity?["accountId"]?.text)
        return (name ?? identity?["principalId"]?.text).map { "\(type):\($0)" } ?? type
    }

    var userAgent: String? { record?["userAgent"]?.text }
    var sourceIPAddress: String? { record?["sourceIPAddress"]?.text }

    lazy var resources: [SelectableResource] = {
        guard case .array(let elements)? = record?["resources"] else { return [] }
        return elements.compactMap { element in
            guard let type = element["type"]?.text, let arn = (element["ARN"] ?? element["ARNPrefix"])?.text else {
                return nil
            }
            return SelectableResource(type: type, arn: arn)
        }
    }()
}

extension Event {
    /// The text of a member, found by the bytes that stand before it; nil where there is none, or where its text has
    /// something to be read.
    fileprivate func text(of member: StaticString, isLast: Bool) -> String? {
        body.withUnsafeBytes { body -> String? in
            guard let start = body.baseAddress else { return nil }
            var found: Int?
            var offset = 0
            while offset + member.utf8CodeUnitCount <= body.count,
                let quote = memchr(start + offset, 0x22, body.count - offset)
            {
                offset = UnsafeRawPointer(quote) - start
                guard offset + member.utf8CodeUnitCount <= body.count else { break }
                if memcmp(quote, member.utf8Start, member.utf8CodeUnitCount) == 0 {
                    found = offset + member.utf8CodeUnitCount
                    if !isLast { break }
                }
                offset += 1
            }
            guard let found, let end = memchr(start + found, 0x22, body.count - found) else { return nil }
            let text = body[found..<(UnsafeRawPointer(end) - start)]
            return text.contains(UInt8(ascii: "\\")) ? nil : String(decoding: text, as: UTF8.self)
        }
    }
}

extension JSONValue {
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}
