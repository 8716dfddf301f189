import Wire

/// An event that a query is about.
public struct QueriedEvent: Sendable {
    /// Milliseconds since 1970.
    public let timestamp: Int64
    /// When it came, in milliseconds since 1970.
    public let ingestion: Int64
    public let message: [UInt8]
    /// Its stream's name.
    public let stream: String
    /// `ACCOUNT:GROUP`
    public let log: String
    /// What finds it again: `@ptr`. It is made for those that are shown.
    public var pointer: String { makePointer() }
    private let makePointer: @Sendable () -> String

    public init(
        timestamp: Int64, ingestion: Int64, message: [UInt8], stream: String, log: String,
        pointer: @escaping @autoclosure @Sendable () -> String
    ) {
        (self.timestamp, self.ingestion, self.message) = (timestamp, ingestion, message)
        (self.stream, self.log, makePointer) = (stream, log, pointer)
    }
}

/// The fields of an event: those that CloudWatch Logs gives it, and those that are discovered in its message.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>
///
/// A message is looked into when a field is asked for that can only be there.
public final class LogFields {
    /// How many fields are discovered in JSON.
    public static let mostDiscovered = 200

    let event: QueriedEvent
    private(set) lazy var message = String(decoding: event.message, as: UTF8.self)
    private lazy var known = KnownLogType.fields(of: message)
    private lazy var json = EmbeddedJSON.first(in: event.message)
    private lazy var isLarge = json.map {
        EmbeddedJSON.leaves(of: $0, most: Self.mostDiscovered + 1) > Self.mostDiscovered
    }
    /// The first fields of a message that has more than are discovered.
    private lazy var firstFields = Set(discovered.map(\.name))

    public init(_ event: QueriedEvent) { self.event = event }

    /// A field that CloudWatch Logs gives to each event.
    enum System: String, CaseIterable, Sendable {
        case timestamp = "@timestamp"
        case message = "@message"
        case stream = "@logStream"
        case log = "@log"
        case ingestion = "@ingestionTime"
        case pointer = "@ptr"
    }

    func value(_ field: System) -> QueryValue {
        switch field {
        case .timestamp: .timestamp(event.timestamp)
        case .ingestion: .timestamp(event.ingestion)
        case .message: .text(message)
        case .stream: .text(event.stream)
        case .log: .text(event.log)
        case .pointer: .text(event.pointer)
        }
    }

    /// A field of the message by its path: `userIdentity.type`, `items.0.id`, `@duration`.
    func value(_ path: String) -> QueryValue {
        if let value = known[path] { return value }
        guard let json else { return .missing }
        // Those whose own names begin with @ have it twice.
        let path = path.hasPrefix("@") ? path.dropFirst() : path[...]
        guard path.startIndex == path.base.startIndex || path.hasPrefix("@") else { return .missing }
        guard let found = EmbeddedJSON.value(path, in: json) else { return .missing }
        switch QueryValue(found) {
        // Only what is at the ends of the branches is a field.
        case .structure: return .missing
        case let value: return isLarge == true && !firstFields.contains(String(path)) ? .missing : value
        }
    }

    /// The fields of the message, in the order in which they stand there, at most 200.
    public var discovered: [(name: String, value: String)] {
        if let json {
            var found: [(name: String, value: JSONValue)] = []
            EmbeddedJSON.flatten(json, "", Self.mostDiscovered, &found)
            return found.compactMap { field in
                QueryValue(field.value).shown(isComputed: false).map { (field.name, $0) }
            }
        }
        return known.sorted { $0.key < $1.key }.compactMap { field in field.value.text.map { (field.key, $0) } }
    }

    /// All fields of an event with their values: those of CloudWatch Logs, and the discovered ones.
    public var all: [(name: String, value: String)] {
        let own = System.allCases.filter { $0 != .pointer }.compactMap { field in
            value(field).text.map { (name: field.rawValue, value: $0) }
        }
        let hasJSON = json != nil
        return own
            + discovered.map { field in
                (name: hasJSON && field.name.hasPrefix("@") ? "@" + field.name : field.name, value: field.value)
            }
    }
}

/// The first object of JSON in a message, and the ways in it.
enum EmbeddedJSON {
    /// nil: there is none.
    static func first(in message: [UInt8]) -> JSONValue? {
        guard let start = message.firstIndex(of: UInt8(ascii: "{")) else { return nil }
        if message[..<start].allSatisfy({ $0 == 0x20 || (0x09...0x0d).contains($0) }),
            let value = try? JSONValue(parsing: Array(message[start...]))
        {
            return value
        }
        // A line of text with an object in it: up to the brace that closes it.
        var (depth, isText, isEscaped) = (0, false, false)
        for place in start..<message.count {
            let byte = message[place]
            if isEscaped {
                isEscaped = false
            } else if isText {
                if byte == UInt8(ascii: "\\") { isEscaped = true } else if byte == UInt8(ascii: "\"") { isText = false }
            } else if byte == UInt8(ascii: "\"") {
                isText = true
            } else if byte == UInt8(ascii: "{") {
                depth += 1
            } else if byte == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 { return try? JSONValue(parsing: Array(message[start...place])) }
            }
        }
        return nil
    }

    /// What is at a path. Names may have points themselves; the longest that fits is taken first.
    static func value(_ path: Substring, in json: JSONValue) -> JSONValue? {
        switch json {
        case .object(let members):
            if let member = members.first(where: { $0.key == path }) { return member.value }
            let fitting = members.filter { path.hasPrefix($0.key) && path.dropFirst($0.key.count).first == "." }
            for member in fitting.sorted(by: { $0.key.utf8.count > $1.key.utf8.count }) {
                if let found = value(path.dropFirst(member.key.count + 1), in: member.value) { return found }
            }
            return nil
        case .array(let elements):
            let name = path.prefix { $0 != "." }
            guard let number = Int(name), elements.indices.contains(number) else { return nil }
            let rest = path.dropFirst(name.count)
            return rest.isEmpty ? elements[number] : value(rest.dropFirst(), in: elements[number])
        default: return nil
        }
    }

    /// How many values there are at the ends of the branches, counted up to a number.
    static func leaves(of json: JSONValue, most: Int) -> Int {
        var count = 0
        func add(_ json: JSONValue) {
            guard count < most else { return }
            switch json {
            case .object(let members): for member in members { add(member.value) }
            case .array(let elements): for element in elements { add(element) }
            default: count += 1
            }
        }
        add(json)
        return count
    }

    /// The values at the ends of the branches, by their paths.
    static func flatten(
        _ json: JSONValue, _ path: String, _ most: Int, _ found: inout [(name: String, value: JSONValue)]
    ) {
        guard found.count < most else { return }
        func below(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        switch json {
        case .object(let members): for member in members { flatten(member.value, below(member.key), most, &found) }
        case .array(let elements):
            for (number, element) in elements.enumerated() { flatten(element, below(String(number)), most, &found) }
        default: found.append((path, json))
        }
    }
}
