import Wire

/// What the API itself answers, and the command that asks for it, as the template `raw-answers` shows them.
struct RawAnswer: Sendable {
    /// `aws iam get-user --user-name ann`
    let command: String
    /// The answer as the AWS CLI prints it; nil: there was none.
    let rawJSON: String?
    let rawProblem: Problem?

    init(_ command: String, _ answer: Attempted<Structure>) {
        self.command = command
        rawJSON = answer.value.map { PrettyJSON.text(.structure($0)) }
        rawProblem = answer.problem
    }
}

extension Visit {
    /// Asks the API, and keeps its answer as it is.
    func raw<O: OperationModel>(_ command: String, _ operation: O.Type, _ input: O.Input) async -> RawAnswer {
        RawAnswer(command, await attempt { () throws(ServiceError) in try await call(operation, input).structure })
    }
}

/// JSON with a member on each line, for people.
enum PrettyJSON {
    /// A JSON text, laid out anew; anything else as it is.
    static func text(_ json: String) -> String {
        guard let value = try? JSONValue(parsing: Array(json.utf8)) else { return json }
        var text = ""
        write(value, indent: 0, &text)
        return text
    }

    static func text(_ value: Value) -> String {
        var text = ""
        write(json(value), indent: 0, &text)
        return text
    }

    /// Members have the names of the model, as the AWS CLI shows them.
    private static func json(_ value: Value) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .integer(let number): .integer(number)
        case .double(let number): .double(number)
        case .boolean(let flag): .boolean(flag)
        case .timestamp(let time): .string(time.iso8601)
        case .blob(let bytes): .string(String(decoding: Base64.encode(bytes), as: UTF8.self))
        case .stream, .null: .null
        case .list(let elements): .array(elements.map(json))
        case .lazyList(let elements): .array(elements.map(json))
        case .map(let entries): .object(entries.map { JSONMember(key: $0.key, value: json($0.value)) })
        case .document(let document): document
        case .structure(let structure): .object(members(structure))
        }
    }

    private static func members(_ structure: Structure) -> [JSONMember] {
        structure.shape.members.enumerated().compactMap { (index, member) in
            guard let value = structure[member: index] else { return nil }
            // Documents travel percent-encoded; the AWS CLI decodes them, too.
            if case .string(let text) = value, member.name.hasSuffix("PolicyDocument"),
                let decoded = text.percentDecoded, let document = try? JSONValue(parsing: Array(decoded.utf8))
            {
                return JSONMember(key: member.name, value: document)
            }
            return JSONMember(key: member.name, value: json(value))
        }
    }

    private static func write(_ value: JSONValue, indent: Int, _ text: inout String) {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            block("[", "]", elements, indent, &text) { element, text in write(element, indent: indent + 1, &text) }
        case .object(let members) where !members.isEmpty:
            block("{", "}", members, indent, &text) { member, text in
                text += compact(.string(member.key)) + ": "
                write(member.value, indent: indent + 1, &text)
            }
        default: text += compact(value)
        }
    }

    private static func block<Element>(
        _ open: String, _ close: String, _ elements: [Element], _ indent: Int, _ text: inout String,
        _ write: (Element, inout String) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            text += (index == 0 ? "\n" : ",\n") + String(repeating: "    ", count: indent + 1)
            write(element, &text)
        }
        text += "\n" + String(repeating: "    ", count: indent) + close
    }

    private static func compact(_ value: JSONValue) -> String {
        var writer = JSONWriter()
        writer.json(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
