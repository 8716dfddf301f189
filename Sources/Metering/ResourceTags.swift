import Directory
import Ledger
import Platform
import Wire

/// The tags that resources have now, each looked up once: as the gate finds them, or else as AWS Config would.
struct ResourceTags {
    private let environment: Environment
    private var known: [String: [String: String]] = [:]
    private var calls: [String: Call] = [:]

    /// The tags of a resource, by their keys.
    subscript(resource: String) -> [String: String] { known[resource] ?? [:] }

    init(of metered: [RecordedCall], _ environment: Environment) async throws(ServiceError) {
        self.environment = environment
        var unknown: [String] = []
        for one in metered where !one.resource.isEmpty && known[one.resource] == nil {
            known[one.resource] = [:]
            if let tags = find(one.resource, one.account) {
                known[one.resource] = Self.dictionary(tags)
            } else {
                unknown.append(one.resource)
            }
        }
        guard !unknown.isEmpty else { return }
        // `AWS::KMS::Key` is of what ARNs call `kms`.
        let types = Dictionary(grouping: environment.configuredResources.values) { type in
            type.name.split(separator: ":").dropFirst().first?.lowercased() ?? ""
        }
        let wanted = unknown
        let found = try await environment.read(Scope(account: "")) { (records) throws(ServiceError) in
            let state = RecordedState(records, environment)
            return wanted.map { arn -> [Tag] in
                let service = arn.split(separator: ":", maxSplits: 3).dropFirst(2).first.map(String.init) ?? ""
                for type in types[service] ?? [] {
                    guard let resource = type.named(arn, environment) else { continue }
                    // One that can't be read has no tags here: its call is counted all the same.
                    if let item = try? type.item(resource, state) { return item.tags }
                }
                return []
            }
        }
        for (arn, tags) in zip(unknown, found) { known[arn] = Self.dictionary(tags) }
    }

    private static func dictionary(_ tags: [Tag]) -> [String: String] {
        Dictionary(tags.map { ($0.key, $0.value) }) { _, last in last }
    }

    /// nil: the gate finds no such resource by its ARN alone.
    private mutating func find(_ resource: String, _ account: String) -> [Tag]? {
        guard let call = call(of: account) else { return nil }
        return Access("ce:GetTags", on: resource).resolved(call).resource?.tags
    }

    private mutating func call(of account: String) -> Call? {
        if let call = calls[account] { return call }
        guard let module = environment.modules.first else { return nil }
        let time = environment.now()
        let service = ServicePrincipal("ce.amazonaws.com", sourceARN: nil, sourceAccount: account)
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time,
            caller: Caller(accountID: account, identity: .service(service)), module: module, operation: "",
            region: environment.region, source: Call.Source(service: "ce.amazonaws.com", calledVia: []))
        calls[account] = call
        return call
    }
}
