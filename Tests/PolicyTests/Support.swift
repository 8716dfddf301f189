import Policy

/// A compiled policy from statements written as JSON objects, separated by commas.
func policy(
    _ type: PolicyType = .identity, _ statements: String, version: String? = "2012-10-17", name: String = "P",
    arn: String? = nil
) throws -> CompiledPolicy {
    let head = version.map { "\"Version\":\"\($0)\"," } ?? ""
    let document = try PolicyDocument(parsing: "{\(head)\"Statement\":[\(statements)]}", as: type)
    return CompiledPolicy(document, source: PolicySource(type: type, name: name, arn: arn))
}

/// One statement as JSON. Action, resource and principal are JSON; a bare word is taken as a string.
func statement(
    _ effect: String = "Allow", _ action: String = "*", on resource: String? = "*", principal: String? = nil,
    condition: String? = nil, notAction: Bool = false, notResource: Bool = false, notPrincipal: Bool = false
) -> String {
    func json(_ text: String) -> String {
        text.hasPrefix("[") || text.hasPrefix("{") ? text : "\"\(text)\""
    }
    var members = ["\"Effect\":\"\(effect)\"", "\"\(notAction ? "NotAction" : "Action")\":\(json(action))"]
    if let resource { members.append("\"\(notResource ? "NotResource" : "Resource")\":\(json(resource))") }
    if let principal { members.append("\"\(notPrincipal ? "NotPrincipal" : "Principal")\":\(json(principal))") }
    if let condition { members.append("\"Condition\":\(condition)") }
    return "{\(members.joined(separator: ","))}"
}

func aws(_ names: String...) -> String {
    "{\"AWS\":[\(names.map { "\"\($0)\"" }.joined(separator: ","))]}"
}

let account = "111122223333"
let otherAccount = "444455556666"
let userARN = "arn:aws:iam::111122223333:user/alice"
let readerARN = "arn:aws:iam::111122223333:role/app/Reader"
let sessionARN = "arn:aws:sts::111122223333:assumed-role/Reader/s1"
let rootARN = "arn:aws:iam::111122223333:root"
let federatedARN = "arn:aws:sts::111122223333:federated-user/bob"
let object = "arn:aws:s3:::bucket/key"
let keyARN = "arn:aws:kms:us-east-1:111122223333:key/k"

extension Principal {
    static let user = Principal(kind: .user, arn: userARN, accountID: account, uniqueID: "AIDAAAAAAAAAAAAAAAAA1")
    static let session = Principal(
        kind: .roleSession, arn: sessionARN, accountID: account, roleARN: readerARN, uniqueID: "AROAAAAAAAAAAAAAAAAA2")
    static let root = Principal(kind: .root, arn: rootARN, accountID: account, uniqueID: account)
    static let federated = Principal(
        kind: .federatedUser, arn: federatedARN, accountID: account, parentUserARN: userARN)
    static let service = Principal(kind: .service, service: "cloudtrail.amazonaws.com")
    static let anonymous = Principal(kind: .anonymous)
}

func ask(_ inputs: PolicyInputs, _ context: [String: ContextValue] = [:]) -> Decision {
    ask(.user, inputs, context)
}

func ask(
    _ principal: Principal, in resourceAccount: String? = nil, _ inputs: PolicyInputs,
    _ context: [String: ContextValue] = [:]
) -> Decision {
    ask(principal, "s3:GetObject", object, in: resourceAccount, inputs, context)
}

func ask(
    _ principal: Principal, _ action: String, _ resource: String, in resourceAccount: String? = nil,
    _ inputs: PolicyInputs, _ context: [String: ContextValue] = [:]
) -> Decision {
    let request = AuthorizationRequest(
        principal: principal, action: action, resource: resource, resourceAccount: resourceAccount)
    return PolicyEvaluator.evaluate(request, inputs, DictionaryContext(context))
}

/// Whether an identity-based policy with this condition on its one statement allows.
func holds(
    _ condition: String, _ context: [String: ContextValue], effect: String = "Allow", version: String? = "2012-10-17"
) throws -> Bool {
    let inputs = PolicyInputs(
        identity: effect == "Allow"
            ? [try policy(.identity, statement(condition: condition), version: version)]
            : [try policy(.identity, statement() + "," + statement("Deny", condition: condition), version: version)])
    return ask(inputs, context).outcome == (effect == "Allow" ? .allowed : .explicitlyDenied)
}

/// Whether an identity-based policy with this `Resource` (or `NotResource`) allows.
func covers(
    _ pattern: String, _ resource: String, type: PolicyType = .identity, negated: Bool = false,
    _ context: [String: ContextValue] = [:], version: String? = "2012-10-17"
) throws -> Bool {
    let written = statement(
        on: pattern, principal: type == .resource || type == .endpoint ? "*" : nil, notResource: negated)
    let compiled = try policy(type, written, version: version)
    let everything = try policy(.identity, statement())
    let inputs: PolicyInputs =
        switch type {
        case .identity: PolicyInputs(identity: [compiled])
        case .resource: PolicyInputs(resource: compiled)
        case .serviceControl: PolicyInputs(identity: [everything], serviceControl: [[compiled]])
        case .session: PolicyInputs(identity: [everything], session: [compiled])
        case .permissionsBoundary: PolicyInputs(identity: [everything], boundaries: [compiled])
        case .endpoint: PolicyInputs(identity: [everything], endpoint: [compiled])
        default: PolicyInputs()
        }
    return ask(.user, "s3:GetObject", resource, inputs, context).isAllowed
}
