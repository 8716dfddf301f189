import Directory
import Ledger
import Platform
import Policy
import Synchronization
import VaultAPI
import Wire

/// A box and what is in it.
struct Box: Record {
    static let kind = "AWS::Vault::Box"
    /// Bytes.
    static let size = 1000

    let arn: String
    var contents = ""
    /// nil: nobody has one, and so nobody may open it.
    var policy: String?

    var id: String { arn }

    static func arn(named name: String, _ call: Call) -> String {
        "arn:aws:vault:\(call.region):\(call.accountID):box/\(name)"
    }
}

/// The policies of all boxes, compiled.
final class BoxIndex: Projection {
    static let kinds: Set<String> = [Box.kind]

    /// By ARN; nil in it: a box without a policy.
    private let policies = Mutex<[String: CompiledPolicy?]>([:])

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let box = try change.decodeAfter(Box.self)
            let compiled = box?.policy.map { text in
                let source = PolicySource(type: .resource, name: "box policy", attachedTo: change.id)
                return (try? PolicyDocument(parsing: text, as: .resource)).map { CompiledPolicy($0, source: source) }
                    ?? .denyingEverything(source)
            }
            policies.withLock { $0[change.id] = box == nil ? nil : .some(compiled) }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        policies.withLock { $0 = [:] }
        try apply(changes)
    }

    /// How many boxes have a policy, and how many have none.
    var counts: (closed: Int, open: Int) {
        policies.withLock { policies in
            let closed = policies.values.count { $0 != nil }
            return (closed, policies.count - closed)
        }
    }

    /// nil: there is no such box.
    func policy(ofBox arn: String) -> CompiledPolicy?? { policies.withLock { $0[arn] } }
}

extension ResourceType {
    static let box = ResourceType("vault", "box/", policy: .required) { access, _, call in
        call.environment.projection(BoxIndex.self).policy(ofBox: access.resource).map { Resource(policy: $0) }
    }
}

extension Metric {
    static let openings = Metric("vault_openings_total", "Boxes that were looked into.")
    static let boxes = gauge("vault_boxes", "Boxes that there are.", label: "policy") { environment in
        let counts = environment.projection(BoxIndex.self).counts
        return [("yes", counts.closed), ("no", counts.open)]
    }
}

extension Call {
    fileprivate func access(onBox arn: String) -> Authorization {
        .required(Access("vault:\(operation)", on: arn))
    }
}

extension RecordReading {
    fileprivate func box(_ arn: String) throws(ServiceError) -> (box: Box, records: Self) {
        // A box may be another account's.
        guard let name = ARN(parsing: arn) else { throw .noSuchBox }
        let records = of(Scope(account: name.account, region: name.region))
        guard let box = try records.get(Box.self, arn) else { throw .noSuchBox }
        return (box, records)
    }
}

extension ServiceError {
    fileprivate static var noSuchBox: ServiceError { Vault.Failure.notFoundException("There is no such box.") }
}

extension Vault.CreateBox: WriteOperation {
    static public func access(_ input: Input, _ call: Call) -> Authorization {
        var access = Access("vault:CreateBox", on: "*")
        access.isOfNewResource = true
        return .required(access)
    }

    static public func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let arn = Box.arn(named: input.name, call)
        guard try records.get(Box.self, arn) == nil else {
            throw Vault.Failure.conflictException("There is a box of that name.")
        }
        try records.put(Box(arn: arn, policy: input.policy))
        return Output { $0.arn = arn }
    }
}

extension Vault.PutBox: WriteOperation {
    static public func access(_ input: Input, _ call: Call) -> Authorization { call.access(onBox: input.arn) }

    static public func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (box, own) = try records.box(input.arn)
        guard input.contents.utf8.count <= Box.size else {
            throw Vault.Failure.conflictException("It does not fit into the box.")
        }
        box.contents = input.contents
        try own.put(box)
        return Output { $0.arn = box.arn }
    }
}

extension Vault.GetBox: ReadOperation {
    static public func access(_ input: Input, _ call: Call) -> Authorization { call.access(onBox: input.arn) }

    static public func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (box, _) = try records.box(input.arn)
        call.environment.metrics.add(1, to: .openings)
        return Output {
            $0.arn = box.arn
            $0.contents = box.contents
        }
    }
}
