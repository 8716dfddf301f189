public import Wire

/// What a rule's target gets instead of the event: a text in which parts of the event have been put.
///
/// ```swift
/// let transformer = try InputTransformer(
///     paths: ["key": "$.detail.keyId"], template: #"{"key": <key>, "rule": <aws.events.rule-name>}"#)
/// let text = transformer.text(of: event, variables, limit: 1 << 20)
/// ```
///
/// Within a string of the template, a text is put in as its characters; outside of one, as JSON.
///
/// AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
public struct InputTransformer: Sendable {
    /// What the template may name besides the paths.
    public struct Variables: Sendable {
        /// `<aws.events.rule-arn>`
        public var ruleARN: String
        /// `<aws.events.rule-name>`
        public var ruleName: String
        /// `<aws.events.event.ingestion-time>`, as in ISO 8601.
        public var ingestionTime: String

        /// The variables of one rule and one event.
        public init(ruleARN: String, ruleName: String, ingestionTime: String) {
            self.ruleARN = ruleARN
            self.ruleName = ruleName
            self.ingestionTime = ingestionTime
        }
    }

    /// Why there can be no such transformer.
    public enum Fault: Error, Sendable, Equatable {
        /// A path can't be read: the variable's name, and the path.
        case invalidPath(String, String)
        /// A variable has a name that is EventBridge's, or none that it may have.
        case invalidName(String)
        /// The template names what is neither a path's nor EventBridge's.
        case undefined(String)
        /// The template looks like an object, and is no JSON.
        case invalidTemplate
    }

    private enum Part: Sendable, Equatable {
        case text(String)
        /// Whether it is within a string.
        case variable(String, inString: Bool)
    }

    private let paths: [String: JSONPath]
    private let parts: [Part]

    private static let predefined: Set<String> = [
        "aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event",
        "aws.events.event.json",
    ]

    /// Reads a transformer.
    /// - Parameters:
    ///   - paths: where each variable's value is.
    ///   - template: with `<name>` where a variable's value is to be.
    /// - Throws: ``Fault``.
    public init(paths: [String: String], template: String) throws(Fault) {
        var parsed: [String: JSONPath] = [:]
        for (name, path) in paths.sorted(by: { $0.key < $1.key }) {
            guard !name.lowercased().hasPrefix("aws"), name.utf8.allSatisfy(Self.isOfName), !name.isEmpty else {
                throw .invalidName(name)
            }
            guard let path = JSONPath(path) else { throw .invalidPath(name, path) }
            parsed[name] = path
        }
        self.paths = parsed
        parts = Self.parts(template)
        for case .variable(let name, _) in parts where parsed[name] == nil && !Self.predefined.contains(name) {
            throw .undefined(name)
        }
        if template.first(where: { !$0.isWhitespace }) == "{" {
            // With a number for each variable that stands for a value, it has to be JSON.
            let sample = parts.map { part in
                switch part {
                case .text(let text): text
                case .variable(_, let inString): inString ? "" : "0"
                }
            }.joined()
            guard (try? JSONValue(parsing: Array(sample.utf8))) != nil else { throw .invalidTemplate }
        }
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }

    private static func parts(_ template: String) -> [Part] {
        var parts: [Part] = []
        var text: [UInt8] = []
        var inString = false
        let bytes = Array(template.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "<"), let end = bytes[index...].firstIndex(of: UInt8(ascii: ">")) {
                let name = bytes[(index + 1)..<end]
                if !name.isEmpty, name.allSatisfy(isOfName) {
                    parts.append(.text(String(decoding: text, as: UTF8.self)))
                    text = []
                    parts.append(.variable(String(decoding: name, as: UTF8.self), inString: inString))
                    index = end + 1
                    continue
                }
            }
            text.append(byte)
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                text.append(bytes[index + 1])
                index += 1
            } else if byte == UInt8(ascii: "\"") {
                inString.toggle()
            }
            index += 1
        }
        parts.append(.text(String(decoding: text, as: UTF8.self)))
        return parts
    }

    /// What the target gets of an event.
    /// - Parameter limit: how long it may be, in bytes: a template can name the whole event as often as it likes.
    /// - Returns: nil: it would be longer.
    /// - Complexity: linear in the sizes of the template and, for each name in it, of the event.
    public func text(of event: JSONValue, _ variables: Variables, limit: Int) -> String? {
        var text = ""
        // The values of variables, outside of strings and within.
        var known: (plain: [String: String], inString: [String: String]) = ([:], [:])
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .variable(let name, let inString):
                if let value = inString ? known.inString[name] : known.plain[name] {
                    text += value
                } else {
                    let value = value(of: name, event, variables, inString)
                    if inString { known.inString[name] = value } else { known.plain[name] = value }
                    text += value
                }
            }
            if text.utf8.count > limit { return nil }
        }
        return text
    }

    private func value(
        of name: String, _ event: JSONValue, _ variables: Variables, _ inString: Bool
    ) -> String {
        let value: JSONValue?
        switch name {
        case "aws.events.rule-arn": value = .string(variables.ruleARN)
        case "aws.events.rule-name": value = .string(variables.ruleName)
        case "aws.events.event.ingestion-time": value = .string(variables.ingestionTime)
        // AWS escapes nothing in these, wherever they stand.
        case "aws.events.event.json": return Self.json(event)
        case "aws.events.event":
            guard case .object(let members) = event else { return Self.json(event) }
            return Self.json(.object(members.filter { $0.key != "detail" }))
        default: value = paths[name]?.value(in: event)
        }
        guard let value else { return inString ? "" : "\"\"" }
        guard inString else { return Self.json(value) }
        if case .string = value { return String(Self.json(value).dropFirst().dropLast()) }
        return String(Self.json(.string(Self.json(value))).dropFirst().dropLast())
    }

    private static func json(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        writer.json(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
