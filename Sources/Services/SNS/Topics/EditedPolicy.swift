import Platform
import Wire

/// A policy whose statements come and go, all else of it as it was written.
struct EditedPolicy {
    private var members: [JSONMember]
    private var statements: [JSONValue]

    /// - Throws: InternalFailure for what is no policy: only such are kept.
    init(_ text: String) throws(ServiceError) {
        guard case .object(let members)? = try? JSONValue(parsing: Array(text.utf8)) else { throw .internalFailure }
        self.members = members
        switch members.first(where: { $0.key == "Statement" })?.value {
        case .array(let statements)?: self.statements = statements
        case let statement?: statements = [statement]
        case nil: throw .internalFailure
        }
    }

    func place(of label: String) -> Int? { statements.firstIndex { $0["Sid"] == .string(label) } }

    var isEmpty: Bool { statements.isEmpty }

    mutating func remove(_ place: Int) { statements.remove(at: place) }

    /// Adds a statement by which some accounts may do something.
    mutating func allow(_ actions: [String], on topic: String, to accounts: [String], label: String) {
        func one(_ texts: [String]) -> JSONValue {
            if texts.count == 1, let text = texts.first { return .string(text) }
            return .array(texts.map { .string($0) })
        }
        let principals = one(accounts.map { "arn:aws:iam::\($0):root" })
        statements.append(
            .object([
                JSONMember(key: "Sid", value: .string(label)), JSONMember(key: "Effect", value: .string("Allow")),
                JSONMember(key: "Principal", value: .object([JSONMember(key: "AWS", value: principals)])),
                JSONMember(key: "Action", value: one(actions.map { "SNS:\($0)" })),
                JSONMember(key: "Resource", value: .string(topic)),
            ]))
    }

    var text: String {
        var writer = JSONWriter()
        writer.json(
            .object(
                members.map { member in
                    member.key == "Statement" ? JSONMember(key: member.key, value: .array(statements)) : member
                }))
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
