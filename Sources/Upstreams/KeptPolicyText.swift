import Wire

/// A policy document that Gatehouse writes as a service would: for the calls that add a statement and remove it by its name.
struct KeptPolicyText {
    private var version = "2012-10-17"
    private var id: String?
    private(set) var statements: [JSONValue] = []

    /// A document without statements.
    init(version: String = "2012-10-17", id: String? = nil) {
        self.version = version
        self.id = id
    }

    /// Reads a document; nil for one that has no list of statements, as no service writes it.
    init?(_ text: String) {
        guard let json = try? JSONValue(parsing: Array(text.utf8)), case .object(let members) = json else { return nil }
        if case .string(let text)? = json["Version"] { version = text }
        if case .string(let text)? = json["Id"] { id = text }
        switch members.first(where: { $0.key == "Statement" })?.value {
        case .array(let statements)?: self.statements = statements
        case .object(let statement)?: statements = [.object(statement)]
        default: return nil
        }
    }

    /// A policy as the engine reads it, where its service or a stand-in for that leaves something out: the policy of a repository
    /// need not say that it is about the repository, and moto answers with the principals of Lambda as they were given. A text
    /// that can't be read stays as it is.
    /// - Parameter id: of the record: `lambda:function:f`.
    static func plain(_ text: String, of id: String) -> String {
        let isOfLambda = id.hasPrefix("lambda:")
        guard isOfLambda || id.hasPrefix("ecr:"), var document = KeptPolicyText(text) else { return text }
        document.statements = document.statements.map { statement in
            guard case .object(var members) = statement else { return statement }
            if statement["Resource"] == nil, statement["NotResource"] == nil, !isOfLambda {
                members.append(JSONMember(key: "Resource", value: .string("*")))
            }
            if isOfLambda, let index = members.firstIndex(where: { $0.key == "Principal" }),
                case .string(let principal) = members[index].value
            {
                members[index].value = KeptStatement.principal(principal)
            }
            return .object(members)
        }
        return document.text ?? text
    }

    /// Adds a statement, in the place of one of the same name.
    mutating func add(_ statement: KeptStatement) {
        remove(statement.sid)
        statements.append(statement.json)
    }

    mutating func remove(_ sid: String) {
        statements.removeAll { $0["Sid"] == .string(sid) }
    }

    /// The document; nil when nothing is left of it.
    var text: String? {
        guard !statements.isEmpty else { return nil }
        var members = [JSONMember(key: "Version", value: .string(version))]
        if let id { members.append(JSONMember(key: "Id", value: .string(id))) }
        members.append(JSONMember(key: "Statement", value: .array(statements)))
        var writer = JSONWriter()
        writer.json(.object(members))
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// A statement that allows something, as services write it.
struct KeptStatement {
    var sid: String
    var principal: JSONValue
    var actions: [String]
    var resource: String
    /// Operator, key and value.
    var conditions: [(test: String, key: String, value: String)] = []

    /// The account's root for twelve digits, a service for what looks like a host name, everybody for an asterisk; else an ARN.
    static func principal(_ text: String) -> JSONValue {
        if text == "*" { return .string("*") }
        if text.utf8.count == 12, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return .object([JSONMember(key: "AWS", value: .string(root(text)))])
        }
        let isService = !text.hasPrefix("arn:") && text.contains(".")
        return .object([JSONMember(key: isService ? "Service" : "AWS", value: .string(text))])
    }

    /// The roots of accounts.
    static func accounts(_ ids: [String]) -> JSONValue {
        .object([JSONMember(key: "AWS", value: one(ids.map(root)))])
    }

    private static func root(_ account: String) -> String { "arn:aws:iam::\(account):root" }

    private static func one(_ texts: [String]) -> JSONValue {
        texts.count == 1 ? .string(texts[0]) : .array(texts.map { .string($0) })
    }

    var json: JSONValue {
        var members = [
            JSONMember(key: "Sid", value: .string(sid)), JSONMember(key: "Effect", value: .string("Allow")),
            JSONMember(key: "Principal", value: principal), JSONMember(key: "Action", value: Self.one(actions)),
            JSONMember(key: "Resource", value: .string(resource)),
        ]
        if !conditions.isEmpty {
            var tests: [JSONMember] = []
            for test in conditions {
                let key = JSONMember(key: test.key, value: .string(test.value))
                if let index = tests.firstIndex(where: { $0.key == test.test }),
                    case .object(let keys) = tests[index].value
                {
                    tests[index].value = .object(keys + [key])
                } else {
                    tests.append(JSONMember(key: test.test, value: .object([key])))
                }
            }
            members.append(JSONMember(key: "Condition", value: .object(tests)))
        }
        return .object(members)
    }
}

extension KeptResource {
    /// Adds a statement to the policy, and makes one where there is none. To a policy that can't be read nothing is added.
    mutating func permit(_ statement: KeptStatement, orIn new: KeptPolicyText) {
        guard var document = policy.map(KeptPolicyText.init) ?? new else { return }
        document.add(statement)
        setPolicy(document.text)
    }

    /// Removes a statement from the policy, and with the last one the policy.
    mutating func revoke(_ sid: String) {
        guard var document = policy.flatMap(KeptPolicyText.init) else { return }
        document.remove(sid)
        setPolicy(document.text)
    }
}
