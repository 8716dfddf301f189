import CertificateManagerAPI
import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// An endpoint, or something below it, as a request names it. It need not exist.
struct ACMEName: Sendable, Hashable {
    static let endpointPrefix = "acme-endpoint/"

    /// What is below an endpoint, as ARNs have it.
    enum Kind: String, Sendable {
        case binding = "acme-external-account-binding"
        case validation = "acme-domain-validation"
    }

    let arn: String
    let account: String
    let region: String
    let endpointID: String
    /// nil: the endpoint itself is named.
    let part: Part?

    struct Part: Sendable, Hashable {
        let kind: Kind
        let id: String
    }

    /// - Throws: ValidationException.
    init(_ text: String) throws(ServiceError) {
        let invalid = ServiceError.invalidCertificate("The ARN \(text) is not valid.")
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "acm",
            arn.account.utf8.count == 12, !arn.region.isEmpty, arn.resource.hasPrefix(Self.endpointPrefix)
        else { throw invalid }
        let parts = arn.resource.dropFirst(Self.endpointPrefix.count)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let id = parts.first, !parts.contains("") else { throw invalid }
        (self.arn, account, region, endpointID) = (text, arn.account, arn.region, id)
        switch parts.count {
        case 1: part = nil
        case 3:
            guard let kind = Kind(rawValue: parts[1]) else { throw invalid }
            part = Part(kind: kind, id: parts[2])
        default: throw invalid
        }
    }

    /// What is new below an endpoint, as policies know it.
    func new(_ kind: Kind) -> String { "\(arn)/\(kind.rawValue)/*" }

    /// Whether it is in the caller's account and Region.
    func isWithinReach(of call: Call) -> Bool { account == call.accountID && region == call.region }

    var notFound: ServiceError { .acm(.resourceNotFoundException, "Could not find \(arn).") }
}

/// All endpoints, for what must not read the ledger: policies that ask for tags, and paths that name an endpoint alone.
final class ACMEIndex: Projection {
    static let kinds: Set<String> = [ACMEEndpoint.kind, ACMEBinding.kind, ACMEDomainValidation.kind]

    private struct State {
        var endpoints: [String: ACMEEndpoint] = [:]
        /// By their ids, which are unique among all kinds.
        var arns: [String: String] = [:]
        /// By their ARNs.
        var tags: [String: [Tag]] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            var entry: (arn: String, tags: [Tag])?
            switch change.kind {
            case ACMEEndpoint.kind:
                let endpoint = try change.decodeAfter(ACMEEndpoint.self)
                state.withLock { $0.endpoints[change.id] = endpoint }
                entry = endpoint.map { ($0.arn, $0.tags) }
            case ACMEBinding.kind: entry = try change.decodeAfter(ACMEBinding.self).map { ($0.arn, $0.tags) }
            default: entry = try change.decodeAfter(ACMEDomainValidation.self).map { ($0.arn, $0.tags) }
            }
            let now = entry
            state.withLock { state in
                if let arn = state.arns[change.id] { state.tags[arn] = nil }
                state.arns[change.id] = now?.arn
                if let now { state.tags[now.arn] = now.tags }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    func endpoint(_ id: String) -> ACMEEndpoint? { state.withLock { $0.endpoints[id] } }
    func tags(_ arn: String) -> [Tag]? { state.withLock { $0.tags[arn] } }
}

extension ResourceType {
    /// An endpoint, and what is below it.
    static let acmeEndpoint = ResourceType("acm", ACMEName.endpointPrefix, hasOwnTagKey: false) { access, arn, call in
        call.environment.projection(ACMEIndex.self).tags(access.resource).map { Resource(owner: arn.account, tags: $0) }
    }
}

extension RecordReading {
    /// An endpoint of the caller's account and Region.
    /// - Throws: ValidationException, ResourceNotFoundException.
    func acmeEndpoint(_ arn: String, _ call: Call) throws(ServiceError) -> ACMEEndpoint {
        let name = try ACMEName(arn)
        guard name.part == nil, name.isWithinReach(of: call), let endpoint = try get(ACMEEndpoint.self, name.endpointID)
        else { throw name.notFound }
        return endpoint
    }

    /// - Throws: ValidationException, ResourceNotFoundException.
    func acmeBinding(_ arn: String, _ call: Call) throws(ServiceError) -> ACMEBinding {
        let name = try ACMEName(arn)
        guard let part = name.part, part.kind == .binding, name.isWithinReach(of: call),
            let binding = try get(ACMEBinding.self, part.id), binding.endpointID == name.endpointID
        else { throw name.notFound }
        return binding
    }

    /// - Throws: ValidationException, ResourceNotFoundException.
    func acmeValidation(_ arn: String, _ call: Call) throws(ServiceError) -> ACMEDomainValidation {
        let name = try ACMEName(arn)
        guard let part = name.part, part.kind == .validation, name.isWithinReach(of: call),
            let validation = try get(ACMEDomainValidation.self, part.id), validation.endpointID == name.endpointID
        else { throw name.notFound }
        return validation
    }
}
