/// A document made ready for answering: compiled once, immutable, shared by all who have it.
///
/// Compiling turns patterns into byte patterns and condition values into numbers, dates and address ranges, and files
/// the statements by service and action, so that a decision looks only at those that could match. It does not check the
/// document again, and cannot fail.
///
/// ```swift
/// let policy = CompiledPolicy(document, source: PolicySource(type: .identity, name: "ReadHome"))
/// ```
///
/// The compiled form takes a small multiple of the document's size in memory and may be used from any number of
/// threads.
public final class CompiledPolicy: @unchecked Sendable {
    /// Where the policy comes from, as it was given to `init`. Decisions and traces name the policy by it.
    public var source: PolicySource { origin.source }
    /// The ``source`` in words, of a policy that is used as this type; made once for the policy's own type.
    public func summary(as type: PolicyType) -> String {
        type == origin.source.type ? origin.summary : origin.source.summary(as: type)
    }
    /// The document that was compiled, for explanations.
    public let document: PolicyDocument
    /// What decisions name its statements by.
    private let origin: PolicyOrigin
    /// The services that the policy speaks of.
    let services: ServiceMask
    /// They lie in `memory`, as all that they consist of does.
    let statements: UnsafeBufferPointer<CompiledStatement>
    private let index: ActionIndex
    private let memory: PolicyMemory

    /// Compiles a document.
    ///
    /// The source names the policy in decisions, and its type decides how the document is read: what a principal means
    /// in a trust policy, for one.
    ///
    /// - Complexity: linear in the size of the document; a few microseconds for each statement.
    public init(_ document: PolicyDocument, source: PolicySource) {
        let memory = PolicyMemory()
        let origin = PolicyOrigin(source: source, sids: document.statements.map { $0.sid?.value })
        self.document = document
        self.origin = origin
        self.memory = memory
        statements = memory.table(
            document.statements.map {
                CompiledStatement(
                    $0, of: Unmanaged.passUnretained(origin), version: document.version, type: source.type, in: memory)
            })
        index = ActionIndex(document.statements.map(\.actions), in: memory)
        services = index.services
    }

    /// Each statement's place, which is good as long as the policy lives.
    var statementPointers: [UnsafePointer<CompiledStatement>] {
        statements.baseAddress.map { base in statements.indices.map { base + $0 } } ?? []
    }

    /// The statement of a policy that has no other.
    var onlyStatement: UnsafePointer<CompiledStatement>? { statements.count == 1 ? statements.baseAddress : nil }

    /// What decisions name a statement by, for making a ``Decision`` by hand.
    /// - Parameter index: counted from 0. It isn't checked; a reference to a statement that is not there has no Sid.
    public func reference(ofStatement index: Int) -> StatementReference { StatementReference(origin, index: index) }

    /// A policy that denies everything to everybody: for the place of one that should be there but cannot be read.
    ///
    /// Leaving the policy out instead would lift whatever it denied.
    public static func denyingEverything(_ source: PolicySource) -> CompiledPolicy {
        CompiledPolicy(PolicyDocument(denyingEverythingAs: source.type), source: source)
    }

    /// Takes into `verdict` what the policy says to a request. Looks only at the statements that its action could
    /// match, and stops at the first deny.
    func answer(_ query: Query, _ context: Lookup, into verdict: inout Tally) {
        if let onlyStatement { return verdict.take(onlyStatement, query, context) }
        var candidates = index.candidates(query.actionKey)
        while let number = index.next(&candidates) {
            if let base = statements.baseAddress, number < statements.count {
                verdict.take(base + number, query, context)
            }
            if verdict.deny != nil { return }
        }
    }
}

/// What decisions name a policy's statements by; apart from the policy, so that its statements can hold it.
final class PolicyOrigin: Sendable {
    let source: PolicySource
    let sids: [String?]
    /// What the statements are called.
    let names: [String]
    /// The source in words, which each recorded decision has.
    let summary: String

    init(source: PolicySource, sids: [String?]) {
        self.source = source
        self.sids = sids
        names = sids.enumerated().map(statementName)
        summary = source.summary
    }
}

/// What the policies of one type say together to a request. Valid as long as they live.
struct Tally {
    /// The first statement that denies.
    var deny: UnsafePointer<CompiledStatement>?
    /// The first of the statements that allow with the greatest reach.
    var allow: UnsafePointer<CompiledStatement>?
    var reach = Reach.none
    /// Whether this type stands in no allow's way: it does not apply, or it allows.
    var allows = true

    /// Takes in what one statement says to a request.
    @inline(__always)
    mutating func take(
        _ statement: UnsafePointer<CompiledStatement>, _ query: Query, _ context: Lookup
    ) {
        if statement.pointee.isDeny {
            if statement.pointee.applies(query, context) != .none { deny = statement }
        } else if reach < .full {
            let new = statement.pointee.applies(query, context)
            if new > reach {
                reach = new
                allow = statement
            }
        }
    }
}

/// A request with what every policy would otherwise work out again. Valid while `with` runs.
struct Query {
    let request: UnsafePointer<AuthorizationRequest>
    let caller: Principal.Kind
    let action: Bytes
    let actionKey: ActionKey
    /// The service of the action.
    let services: ServiceMask
    let resource: Bytes
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
    func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }
}
