/// A document made ready for answering: compiled once, immutable, shared by all who have it.
public final class CompiledPolicy: Sendable {
    public let source: PolicySource
    public let document: PolicyDocument
    let statements: [CompiledStatement]
    let index: ActionIndex

    /// Linear in the size of the document.
    public init(_ document: PolicyDocument, source: PolicySource) {
        self.document = document
        self.source = source
        statements = document.statements.map {
            CompiledStatement($0, version: document.version, type: source.type)
        }
        index = ActionIndex(document.statements.map(\.actions))
    }

    /// A policy that denies everything to everybody: for the place of one that should be there but cannot be read.
    public static func denyingEverything(_ source: PolicySource) -> CompiledPolicy {
        CompiledPolicy(PolicyDocument(denyingEverythingAs: source.type), source: source)
    }

    /// What the policy says to a request. Looks only at the statements that its action could match, and stops at the
    /// first deny.
    func answer(_ query: borrowing Query, _ context: some RequestContext) -> PolicyAnswer {
        var answer = PolicyAnswer()
        var candidates = index.candidates(query.actionKey)
        while let number = index.next(&candidates) {
            let statement = statements[number]
            if statement.isDeny {
                if statement.applies(query, context) != .none {
                    answer.deny = number
                    return answer
                }
            } else if answer.reach < .full {
                let reach = statement.applies(query, context)
                if reach > answer.reach {
                    answer.reach = reach
                    answer.allow = number
                }
            }
        }
        return answer
    }

    func reference(_ statement: Int) -> StatementReference {
        let sid = statement < document.statements.count ? document.statements[statement].sid?.value : nil
        return StatementReference(policy: source, index: statement, sid: sid)
    }
}

/// What one policy says to a request.
struct PolicyAnswer {
    /// The first statement that denies.
    var deny: Int?
    /// The first of the statements that allow with the greatest reach.
    var allow: Int?
    var reach = Reach.none
}

/// A request with what every policy would otherwise work out again.
struct Query: ~Copyable {
    let principal: Principal
    let action: String
    let actionKey: ActionKey
    let resource: String
    /// The action has no resource types: the resource is "*".
    let hasNoResource: Bool
    let hasBoundary: Bool

    init(_ request: AuthorizationRequest, hasBoundary: Bool) {
        principal = request.principal
        action = request.action
        actionKey = ActionKey(request.action.utf8.span)
        resource = request.resource
        hasNoResource = request.resource == "*"
        self.hasBoundary = hasBoundary
    }
}
