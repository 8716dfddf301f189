/// A document made ready for answering: compiled once, immutable, shared by all who have it.
public final class CompiledPolicy: Sendable {
    public let source: PolicySource
    public let document: PolicyDocument
    private let list: ObjectList<CompiledStatement>
    /// The services that the policy speaks of.
    let services: ServiceMask
    private let index: ActionIndex

    /// Linear in the size of the document.
    public init(_ document: PolicyDocument, source: PolicySource) {
        self.document = document
        self.source = source
        list = ObjectList(
            retaining: document.statements.map { CompiledStatement($0, version: document.version, source: source) })
        index = ActionIndex(document.statements.map(\.actions))
        services = index.services
    }

    deinit { list.release() }

    var statements: [CompiledStatement] { list.elements }

    /// A policy that denies everything to everybody: for the place of one that should be there but cannot be read.
    public static func denyingEverything(_ source: PolicySource) -> CompiledPolicy {
        CompiledPolicy(PolicyDocument(denyingEverythingAs: source.type), source: source)
    }

    /// Takes into `verdict` what the policy says to a request. Looks only at the statements that its action could
    /// match, and stops at the first deny.
    func answer(_ query: Query, _ context: some RequestContext, into verdict: inout Verdict) {
        guard list.count > 1 else {
            if list.count == 1 { list.with(0) { $0.answer(query, context, into: &verdict) } }
            return
        }
        var candidates = index.candidates(query.actionKey)
        while let number = index.next(&candidates) {
            list.with(number) { $0.answer(query, context, into: &verdict) }
            if verdict.deny != nil { return }
        }
    }
}

/// What the policies of one type say together to a request. Valid as long as they live.
struct Verdict {
    /// The first statement that denies.
    var deny: Unmanaged<CompiledStatement>?
    /// The first of the statements that allow with the greatest reach.
    var allow: Unmanaged<CompiledStatement>?
    var reach = Reach.none
    /// Whether this type stands in no allow's way: it does not apply, or it allows.
    var allows = true
}

/// A request with what every policy would otherwise work out again. Valid while `with` runs.
struct Query {
    let request: UnsafePointer<AuthorizationRequest>
    let caller: Principal.Kind
    let action: UnsafeBufferPointer<UInt8>
    let actionKey: ActionKey
    /// The service of the action.
    let services: ServiceMask
    let resource: UnsafeBufferPointer<UInt8>
    /// The action has no resource types: the resource is "*".
    let hasNoResource: Bool
    let hasBoundary: Bool

    /// Makes the query of a request, for as long as `body` runs.
    static func with<Result>(
        _ request: AuthorizationRequest, hasBoundary: Bool, _ body: (Query) -> Result
    ) -> Result {
        withUnsafePointer(to: request) { pointer in
            request.action.withBytes { action in
                request.resource.withBytes { resource in
                    let key = ActionKey(action.span)
                    return body(
                        Query(
                            request: pointer, caller: request.principal.kind, action: action, actionKey: key,
                            services: ServiceMask(key),
                            resource: resource,
                            hasNoResource: resource.count == 1 && resource[0] == UInt8(ascii: "*"),
                            hasBoundary: hasBoundary))
                }
            }
        }
    }
}

extension String {
    /// Calls `body` with the bytes of the text, which are not copied but where they do not lie in one piece.
    fileprivate func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }
}
