import EventBridgeAPI
import EventPatterns
import Platform
import Wire

/// What a target gets of an event.
enum TargetInput: Sendable {
    /// As it is.
    case event
    case constant(String)
    case part(JSONPath)
    case transformed(InputTransformer)

    /// - Throws: ValidationException for a path or a template that can't be read.
    init(_ target: EventBridge.Target) throws(ServiceError) {
        if let input = target.input {
            guard (try? JSONValue(parsing: Array(input.utf8))) != nil else {
                throw .invalidEvents("JSON text for target \(target.id) is not valid: Input must be JSON.")
            }
            self = .constant(input)
        } else if let text = target.inputPath {
            guard let path = JSONPath(text) else {
                throw .invalidEvents("InputPath for target \(target.id) is invalid.")
            }
            self = .part(path)
        } else if let transformer = target.inputTransformer {
            do throws(InputTransformer.Fault) {
                self = .transformed(
                    try InputTransformer(
                        paths: transformer.inputPathsMap ?? [:], template: transformer.inputTemplate))
            } catch {
                throw .invalidEvents(Self.text(error, target.id))
            }
        } else {
            self = .event
        }
    }

    private static func text(_ fault: InputTransformer.Fault, _ id: String) -> String {
        switch fault {
        case .invalidPath(let name, let path):
            "InputPathsMap for target \(id) is invalid: \(path) of \(name) is no path."
        case .invalidName(let name): "InputPathsMap for target \(id) is invalid: \(name) can't be a variable's name."
        case .undefined(let name):
            "InputTemplate for target \(id) contains placeholders that InputPathsMap does not define: <\(name)>."
        case .invalidTemplate: "Invalid InputTemplate for target \(id): it is not valid JSON."
        }
    }

    /// What is sent is no longer, in bytes: no target takes more.
    private static let longest = 1 << 20

    /// What is sent.
    /// - Parameter rule: whose target it is.
    /// - Throws: for what a transformer makes too long.
    func text(of event: BusEvent, _ rule: StoredRule) throws(ServiceError) -> String {
        func value() -> JSONValue { (try? JSONValue(parsing: Array(event.json.utf8), depthLimit: 1_000)) ?? .null }
        switch self {
        case .event: return event.json
        case .constant(let text): return text
        case .part(let path):
            var writer = JSONWriter()
            writer.json(path.value(in: value()) ?? .null)
            return String(decoding: writer.bytes, as: UTF8.self)
        case .transformed(let transformer):
            let variables = InputTransformer.Variables(
                ruleARN: rule.arn, ruleName: rule.name,
                ingestionTime: Timestamp(secondsSinceEpoch: event.ingested).iso8601WithMilliseconds)
            guard let text = transformer.text(of: value(), variables, limit: Self.longest) else {
                throw ServiceError(
                    "INPUT_TOO_LONG",
                    "What the input transformer makes of the event is longer than \(Self.longest) bytes.",
                    status: 400)
            }
            return text
        }
    }
}
