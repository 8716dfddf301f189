import Costs
import Ledger
import Wire

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What metering needs of a CloudTrail record that Gatehouse has written, without parsing all of it: a call must not cost more
/// than two microseconds.
///
/// The keys that are looked for can't be in anybody's text, since quotation marks are escaped there; and what callers choose the
/// keys of stands between `awsRegion` and the event's own id, where nothing is looked for.
struct RecordedCall {
    /// The account that is charged.
    let account: String
    let service: String
    let operation: String
    let region: String
    let principal: String
    let resource: String

    /// nil: no call, or one that another account is charged for.
    init?(_ event: Event) {
        var (name, source, named) = ("", "", "")
        for attribute in event.attributes {
            switch attribute.name {
            case "EventName": name = attribute.value
            case "EventSource": source = attribute.value
            case "ResourceName" where named.isEmpty && attribute.value.utf8.starts(with: "arn:".utf8):
                named = attribute.value
            default: break
            }
        }
        guard !name.isEmpty, !source.isEmpty else { return nil }
        let found: Found? = event.body.withUnsafeBytes { Found($0, id: event.id) }
        guard let found else { return nil }
        guard found.isCharged(event.account) else { return nil }
        account = event.account
        service = String(Substring(source.utf8.prefix { $0 != UInt8(ascii: ".") }))
        operation = name
        region = found.region
        principal = found.principal
        resource = found.resource.isEmpty ? named : found.resource
    }

    private struct Found {
        var region = ""
        var principal = ""
        var resource = ""
        private var type = ""
        private var callerAccount = ""
        private var isShared = false
        private var owner = ""

        init?(_ bytes: UnsafeRawBufferPointer, id: String) {
            let text = RecordText(bytes)
            guard let own = text.place(after: "\"eventID\":\"\(id)\"", from: 0),
                let type = text.place(after: "\"eventType\":\"AwsApiCall\"", from: own),
                let place = text.place(after: "\"awsRegion\":\"", from: 0), place < own,
                let region = text.string(at: place)
            else { return nil }
            self.region = region
            let end = text.place(after: "\"eventTime\":\"", from: 0) ?? place
            func identity(_ key: StaticString, from start: Int = 0) -> String? {
                text.value(of: key, from: start, before: end)
            }
            self.type = identity("\"type\":\"") ?? ""
            callerAccount = identity("\"accountId\":\"") ?? ""
            if let issuer = text.place(after: "\"sessionIssuer\":{", from: 0), issuer < end {
                principal = identity("\"arn\":\"", from: issuer) ?? ""
            }
            if principal.isEmpty { principal = identity("\"arn\":\"") ?? identity("\"invokedBy\":\"") ?? "" }
            isShared = text.place(after: "\"sharedEventID\":\"", from: type) != nil
            readResources(text, from: own, to: type)
        }

        /// Of an object its bucket: bills have no line for each object.
        private mutating func readResources(_ text: RecordText, from start: Int, to end: Int) {
            guard var place = text.place(after: "\"resources\":[", from: start), place < end else { return }
            owner = text.value(of: "\"accountId\":\"", from: place, before: end) ?? ""
            while let next = text.place(after: "\"type\":\"", from: place), next < end {
                place = next
                guard let kind = text.string(at: next), kind != "AWS::S3::Object",
                    let arn = text.value(of: "\"ARN\":\"", from: next, before: end)
                else { continue }
                resource = arn
                return
            }
        }

        /// A call between two accounts stands in both histories. Who calls is charged; what a service does in its own name, the
        /// account whose resource it is about.
        func isCharged(_ account: String) -> Bool {
            guard isShared else { return true }
            if type == "AWSService" { return owner.isEmpty || owner == account }
            return callerAccount.isEmpty || callerAccount == account || callerAccount == "ANONYMOUS_PRINCIPAL"
        }
    }
}

/// A record's bytes, in which keys are looked for.
private struct RecordText {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The place after the first of some bytes.
    func place(after wanted: StaticString, from start: Int) -> Int? {
        find(UnsafeRawBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount), from: start)
    }

    func place(after wanted: String, from start: Int) -> Int? {
        var wanted = wanted
        return wanted.withUTF8 { find(UnsafeRawBufferPointer($0), from: start) }
    }

    /// By the first capital letter, of which records have few, unless there is none.
    private func find(_ wanted: UnsafeRawBufferPointer, from start: Int, before limit: Int = .max) -> Int? {
        let end = min(bytes.count, limit)
        guard let base = bytes.baseAddress, let needle = wanted.baseAddress, start >= 0 else { return nil }
        let anchor =
            wanted.firstIndex { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") } ?? min(1, wanted.count - 1)
        var place = start
        while wanted.count > 0, place + wanted.count <= end {
            guard
                let found = memchr(
                    base + place + anchor, Int32(wanted[anchor]), end - place - wanted.count + 1)
            else { return nil }
            let candidate = UnsafeRawPointer(found) - base - anchor
            if memcmp(base + candidate, needle, wanted.count) == 0 { return candidate + wanted.count }
            place = candidate + 1
        }
        return nil
    }

    /// The text that begins at a place, up to its quotation mark.
    func string(at start: Int) -> String? {
        var end = start
        var isPlain = true
        while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
            if bytes[end] == UInt8(ascii: "\\") {
                isPlain = false
                end += 1
            }
            end += 1
        }
        guard start >= 0, end < bytes.count else { return nil }
        if isPlain { return String(decoding: bytes[start..<end], as: UTF8.self) }
        guard case .string(let text)? = try? JSONValue(parsing: [UInt8(ascii: "\"")] + Array(bytes[start...end])) else {
            return nil
        }
        return text
    }

    func value(of key: StaticString, from start: Int, before end: Int) -> String? {
        let key = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        return find(key, from: start, before: end).flatMap { string(at: $0) }
    }
}
