import Directory
public import Ledger
public import Platform
import Policy
import Synchronization

/// What is known of the resources that lie behind Gatehouse: their policies and tags, found by ARN.
///
/// Calls that pass teach it (see ``learn(from:_:_:allowed:in:)``); decisions read it, by ``resourceTypes``. It holds everything
/// in memory: a few hundred bytes for each resource that has a policy or tags, and a policy's compiled form from its first use
/// on.
public final class KeptResources: Projection {
    public static let kinds: Set<String> = [KeptResource.kind]

    private struct State {
        /// By ARN.
        var entries: [String: KeptEntry] = [:]
        /// The ARNs that resources have here, by their full ones.
        var names: [String: String] = [:]

        mutating func set(_ record: KeptResource?, _ arn: String) {
            if let full = entries[arn]?.fullARN { names[full] = nil }
            let entry = record.map(KeptEntry.init)
            entries[arn] = entry
            if let full = entry?.fullARN { names[full] = arn }
        }
    }

    private let state = Mutex(State())

    public init() {}

    public func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if let record = try change.decodeAfter(KeptResource.self) {
                state.withLock { $0.set(record, record.arn) }
            } else {
                // The partition is in no key.
                let place = ":\(change.id.prefix { $0 != ":" }):\(change.scope.region):\(change.scope.account):"
                let resource = change.id.drop { $0 != ":" }.dropFirst()
                state.withLock { state in
                    for partition in ["aws", "aws-cn", "aws-us-gov"] {
                        state.set(nil, "arn:\(partition)\(place)\(resource)")
                    }
                }
            }
        }
    }

    public func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// How many resources are known.
    public var count: Int { state.withLock { $0.entries.count } }

    /// What is kept of a resource; nil: nothing.
    public func record(_ arn: String) -> KeptResource? {
        ARN(parsing: arn).flatMap { entry(canonical($0)) }?.record
    }

    /// Whether a resource has a policy that the engine can't read. It allows nobody anything.
    public func hasUnreadablePolicy(_ arn: String) -> Bool {
        guard let entry = ARN(parsing: arn).flatMap({ entry(canonical($0)) }), entry.record.policy != nil else {
            return false
        }
        return entry.policy == nil
    }

    /// What is kept under an ARN.
    func kept(_ canonical: ARN) -> KeptResource? { entry(canonical)?.record }

    private func entry(_ canonical: ARN) -> KeptEntry? {
        let arn = canonical.description
        return state.withLock { $0.entries[arn] }
    }

    /// The ARN under which a resource is kept.
    ///
    /// A secret may be named by its full ARN, by its name and six question marks, or by its name alone. A name may look like the
    /// full ARN of another secret, so that no six characters are taken off unless the endpoint has said that they are no part of
    /// the name.
    func canonical(_ arn: ARN) -> ARN {
        guard arn.service == "secretsmanager" else { return arn }
        if arn.resource.hasSuffix(Self.anySuffix) {
            var named = arn
            named.resource.removeLast(Self.anySuffix.count)
            return named
        }
        let full = arn.description
        return state.withLock { $0.names[full] }.flatMap { ARN(parsing: $0) } ?? arn
    }

    /// What stands for the characters that Secrets Manager appends to names.
    static let anySuffix = "-??????"

    /// The full ARN of a resource whose name says less, such as a secret's, by which policies name it; the same ARN where
    /// nothing else is known.
    /// - Parameter arn: as a request names it.
    /// - Complexity: two look-ups in memory, for Secrets Manager alone.
    public func fullARN(_ arn: String) -> String {
        guard arn.utf8.count < 2048, let parsed = ARN(parsing: arn), parsed.service == "secretsmanager" else {
            return arn
        }
        return entry(canonical(parsed))?.fullARN ?? arn
    }

    // MARK: The resource's side of decisions

    /// The types of the resources of which something is kept: one for each service, found in memory.
    public static let resourceTypes: [ResourceType] = [
        "dynamodb", "ecr", "events", "kinesis", "lambda", "s3", "secretsmanager", "sns", "sqs", "ssm", "states",
    ].map { service in
        ResourceType(
            service, "", hasOwnTagKey: ["ecr", "secretsmanager", "ssm"].contains(service), hasFreeNames: service == "s3"
        ) { _, arn, call in
            call.environment.projection(KeptResources.self).resource(arn)
        }
    }

    /// What decisions have to know of a resource; nil: nothing is kept.
    func resource(_ arn: ARN) -> Resource? {
        switch arn.service {
        case "dynamodb": table(arn)
        case "ecr": repository(arn)
        case "lambda": function(arn)
        case "s3": arn.bucket.flatMap { entry($0)?.resource }
        default: entry(canonical(arn))?.resource
        }
    }

    /// An index is bound by its table's policy, and has its tags.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html>
    private func table(_ arn: ARN) -> Resource? {
        let parts = arn.resource.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].elementsEqual("table".utf8), parts[2].elementsEqual("index".utf8) else {
            return entry(arn)?.resource
        }
        var table = arn
        table.resource = "table/\(Substring(parts[1]))"
        return entry(table)?.resource
    }

    /// The registry's policy is asked beside the repository's own.
    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html>
    private func repository(_ arn: ARN) -> Resource? {
        let registry = entry(Self.registry(arn))?.policy
        guard let registry else { return entry(arn)?.resource }
        var resource = entry(arn)?.resource ?? Resource()
        resource.accessControlList = registry
        return resource
    }

    /// What stands for the registry of an account and region, which has no ARN.
    static func registry(_ arn: ARN) -> ARN {
        var registry = arn
        registry.resource = "registry"
        return registry
    }

    /// A version or alias has a policy of its own, and the function's tags. What names the latest version means the function.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>
    private func function(_ arn: ARN) -> Resource? {
        let parts = arn.resource.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "function" else { return entry(arn)?.resource }
        var function = arn
        function.resource = "function:\(parts[1])"
        let own = entry(function)?.resource
        if parts[2] == "$LATEST" { return own }
        let qualified = entry(arn)?.resource
        guard own != nil || qualified != nil else { return nil }
        return Resource(tags: own?.tags ?? [], policy: qualified?.policy)
    }
}

/// A resource as decisions see it. It is never changed: a change of the record makes another.
private final class KeptEntry: Sendable {
    let record: KeptResource
    /// nil: there is none but the record's own.
    let fullARN: String?
    private let compiled = Mutex<CompiledPolicy??>(nil)

    init(_ record: KeptResource) {
        self.record = record
        var full = record.fullResource == nil ? nil : ARN(parsing: record.arn)
        if let resource = record.fullResource { full?.resource = resource }
        fullARN = full?.description
    }

    /// The policy, compiled at first use; nil also for one that can't be read. Then nobody is allowed by it, so that only the
    /// account that owns the resource has access.
    var policy: CompiledPolicy? {
        guard let text = record.policy else { return nil }
        return compiled.withLock { compiled in
            if let compiled { return compiled }
            let document = try? PolicyDocument(
                parsing: KeptPolicyText.plain(text, of: record.id), as: .resource, strictness: .evaluable)
            let policy = document.map {
                CompiledPolicy($0, source: PolicySource(type: .resource, name: record.arn, arn: nil))
            }
            compiled = .some(policy)
            return policy
        }
    }

    var resource: Resource {
        var resource = Resource(owner: record.owner, tags: record.tags, policy: policy)
        resource.restrictsPublicBuckets = record.restrictsPublicBuckets ?? false
        return resource
    }
}
