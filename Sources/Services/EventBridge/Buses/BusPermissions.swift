import Directory
import EventBridgeAPI
import Ledger
import Platform
import Policy
import Wire

// Who else may put events on a bus, and make rules there.
// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html>

/// The longest policy, in bytes.
private let longestPolicy = 10_240

/// A policy with a statement more or less.
private struct PolicyText {
    private var members: [Wire.JSONMember]
    private(set) var statements: [Wire.JSONValue]

    /// nil: of a policy that is not JSON.
    init?(_ text: String?) {
        guard let text else {
            (members, statements) = ([Wire.JSONMember(key: "Version", value: .string("2012-10-17"))], [])
            return
        }
        guard let value = try? Wire.JSONValue(parsing: Array(text.utf8)), case .object(let all) = value else {
            return nil
        }
        members = all.filter { $0.key != "Statement" }
        switch value["Statement"] {
        case .array(let several)?: statements = several
        case let one?: statements = [one]
        case nil: statements = []
        }
    }

    var text: String {
        var writer = JSONWriter()
        writer.json(.object(members + [Wire.JSONMember(key: "Statement", value: .array(statements))]))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// - Returns: whether one was there.
    mutating func remove(_ sid: String) -> Bool {
        let count = statements.count
        statements.removeAll { $0["Sid"] == .string(sid) }
        return statements.count < count
    }

    mutating func add(_ statement: [Wire.JSONMember]) { statements.append(.object(statement)) }
}

extension EventBridge.PutPermission: WriteOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var bus = try records.bus(try BusReference(input.eventBusName, call))
        let text: String
        if let policy = input.policy { text = policy } else { text = try statement(input, bus, call) }
        guard text.utf8.count <= longestPolicy else {
            throw EventBridge.Failure.policyLengthExceededException(
                "The event bus policy is too long: it can have \(longestPolicy) bytes at most.")
        }
        bus.policy = try check(text, of: bus, call)
        bus.modified = call.time
        try records.put(bus)
        return Output()
    }

    /// The bus's policy with the statement that the request describes.
    private static func statement(
        _ input: Input, _ bus: StoredEventBus, _ call: Call
    ) throws(ServiceError) -> String {
        guard let sid = input.statementId, let action = input.action, let principal = input.principal else {
            throw .invalidEvents("StatementId, Action and Principal, or Policy, must be specified.")
        }
        guard action == "events:PutEvents" else {
            throw .invalidEvents("Provided value in parameter 'action' is not supported.")
        }
        let shown = bus.policy.map { PolicyDocument.shown($0, as: .resource, call.directory) }
        guard var policy = PolicyText(shown) else { throw .internalFailure }
        _ = policy.remove(sid)
        func string(_ key: String, _ value: String) -> Wire.JSONMember {
            Wire.JSONMember(key: key, value: .string(value))
        }
        let who: Wire.JSONValue =
            principal == "*" ? .string("*") : .object([string("AWS", "arn:aws:iam::\(principal):root")])
        var statement = [
            string("Sid", sid), string("Effect", "Allow"), Wire.JSONMember(key: "Principal", value: who),
            string("Action", action), string("Resource", bus.reference.arn),
        ]
        if let condition = input.condition {
            guard condition.type == "StringEquals", condition.key == "aws:PrincipalOrgID" else {
                throw .invalidEvents("The condition has to be StringEquals of aws:PrincipalOrgID.")
            }
            statement.append(
                Wire.JSONMember(
                    key: "Condition",
                    value: .object([
                        Wire.JSONMember(key: condition.type, value: .object([string(condition.key, condition.value)]))
                    ])))
        }
        policy.add(statement)
        return policy.text
    }

    /// - Returns: the policy as it is to be kept.
    private static func check(_ text: String, of bus: StoredEventBus, _ call: Call) throws(ServiceError) -> String {
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .invalidEvents("Policy is not valid: \(error.message)")
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .invalidEvents("Policy is not valid: it contains a principal that does not exist.")
        }
        for action in document.statements.flatMap(\.actions.values)
        where !action.value.lowercased().hasPrefix("events:") {
            throw .invalidEvents("Policy is not valid: the action \(action.value) is not EventBridge's.")
        }
        return document.kept(call.directory)
    }
}

extension EventBridge.RemovePermission: WriteOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var bus = try records.bus(try BusReference(input.eventBusName, call))
        if input.removeAllPermissions == true {
            bus.policy = nil
        } else {
            guard let sid = input.statementId else {
                throw .invalidEvents("Parameter StatementId or RemoveAllPermissions must be specified.")
            }
            guard let text = bus.policy, var policy = PolicyText(text) else {
                throw .notFound("EventBus does not have a policy.")
            }
            guard policy.remove(sid) else { throw .notFound("Statement with the provided id does not exist.") }
            bus.policy = policy.statements.isEmpty ? nil : policy.text
        }
        bus.modified = call.time
        try records.put(bus)
        return Output()
    }
}
