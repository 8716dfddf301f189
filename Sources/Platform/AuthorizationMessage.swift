import FoundationEssentials
public import Keyring
public import Policy
import Wire

/// What stands in an encoded authorization message: why a request was denied, with more than its caller may know.
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
public struct AuthorizationMessage: Sendable {
    private let caller: Caller
    private let request: AuthorizationRequest
    private let decision: Decision
    private let statement: Statement?
    private let conditions: [(key: String, value: ContextValue)]

    /// Makes a message.
    /// - Parameters:
    ///   - request: what was asked of the policy engine.
    ///   - caller: who asked.
    ///   - decision: what it answered.
    ///   - statement: the one that denied; nil for an implicit deny.
    ///   - conditions: the condition keys of the request.
    public init(
        _ request: AuthorizationRequest, by caller: Caller, _ decision: Decision, statement: Statement?,
        conditions: [(key: String, value: ContextValue)]
    ) {
        self.caller = caller
        self.request = request
        self.decision = decision
        self.statement = statement
        self.conditions = conditions
    }

    /// The message as DecodeAuthorizationMessage returns it.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("allowed")
        writer.boolean(decision.isAllowed)
        writer.key("explicitDeny")
        writer.boolean(decision.outcome == .explicitlyDenied)
        writer.items(of: "matchedStatements", statement.map { [$0] } ?? []) { $0.statement($1) }
        writer.items(of: "failures", [String]()) { $0.string($1) }
        writer.key("context")
        writer.beginObject()
        writer.key("principal")
        writer.beginObject()
        writer.member("id", caller.userID)
        writer.member("name", caller.userName)
        writer.member("arn", caller.arn)
        writer.endObject()
        writer.member("action", request.action)
        writer.member("resource", request.resource)
        writer.items(of: "conditions", conditions) { writer, condition in
            writer.beginObject()
            writer.member("key", condition.key)
            switch condition.value {
            case .one(let value): writer.values("values", [value])
            case .many(let values): writer.values("values", values)
            }
            writer.endObject()
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

/// Seals authorization messages, so that the denied caller can pass them on but not read them.
public struct AuthorizationMessages: Sendable {
    private let key: SealingKey

    /// - Throws: `KeyringError` when the keyring can't give the key.
    public init(keyring: any Keyring) throws(KeyringError) {
        key = try keyring.sealingKey(for: "authorization-message")
    }

    /// Encodes a message, so that only callers of `account` may decode it.
    /// - Throws: `KeyringError` when it can't be sealed.
    public func encode(_ json: [UInt8], account: String) throws(KeyringError) -> String {
        Data(try key.seal(json, authenticating: Self.context(account))).base64EncodedString()
    }

    /// The message's JSON; nil when it is none that was encoded here for this account.
    public func decode(_ encoded: String, account: String) -> String? {
        guard let sealed = Data(base64Encoded: encoded),
            let json = try? key.open(Array(sealed), authenticating: Self.context(account))
        else { return nil }
        return String(validating: json, as: UTF8.self)
    }

    private static func context(_ account: String) -> [UInt8] {
        Array("gatehouse authorization message of \(account)".utf8)
    }
}

extension JSONWriter {
    /// AWS wraps each list into an object of its own.
    fileprivate mutating func items<Item>(
        of name: String, _ items: [Item], _ write: (inout JSONWriter, Item) -> Void
    ) {
        key(name)
        beginObject()
        key("items")
        beginArray()
        for item in items { write(&self, item) }
        endArray()
        endObject()
    }

    fileprivate mutating func values(_ name: String, _ values: [String]) {
        items(of: name, values) { writer, value in
            writer.beginObject()
            writer.member("value", value)
            writer.endObject()
        }
    }

    fileprivate mutating func statement(_ statement: Statement) {
        beginObject()
        member("statementId", statement.sid?.value ?? "")
        member("effect", statement.effect.rawValue.uppercased())
        values("principals", statement.principals?.entries.map(\.value) ?? [])
        items(of: "principalGroups", [String]()) { $0.string($1) }
        values("actions", statement.actions.values.map(\.value))
        values("resources", statement.resources?.values.map(\.value) ?? [])
        items(of: "conditions", statement.conditions) { writer, condition in
            writer.beginObject()
            writer.member("key", condition.key.value)
            writer.values("values", condition.values.map(\.value))
            writer.endObject()
        }
        endObject()
    }
}
