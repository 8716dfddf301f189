import CertificateManagerAPI
import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// The certificate that a request names. It need not exist.
struct CertificateName: Sendable, Hashable {
    static let prefix = "certificate/"

    let id: String
    let account: String
    let region: String

    var arn: String { ARN.text("acm", region, account, Self.prefix, id) }

    /// - Throws: InvalidArnException.
    init(_ text: String) throws(ServiceError) {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "acm",
            arn.account.utf8.count == 12, !arn.region.isEmpty, arn.resource.hasPrefix(Self.prefix)
        else { throw .acm(.invalidArnException, "Invalid ARN \(text)") }
        let rest = arn.resource.dropFirst(Self.prefix.count)
        guard !rest.isEmpty, !rest.contains("/") else { throw .acm(.invalidArnException, "Invalid ARN \(text)") }
        (id, account, region) = (String(rest), arn.account, arn.region)
    }
}

/// An operation on a certificate that its input names, which needs permission for its own action on it.
protocol OnCertificate: Platform.Operation where InputFields: CertificateManager.WithCertificateArn {
    /// The condition keys that the request brings.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnCertificate {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try CertificateName(input.certificateArn)
        return .required(Access("acm:\(call.operation)", on: name.arn, context: keys(input)))
    }
}

extension RecordReading {
    /// A certificate of the caller's account and Region.
    /// - Throws: InvalidArnException, ResourceNotFoundException.
    func certificate(_ arn: String, _ call: Call) throws(ServiceError) -> ManagedCertificate {
        let name = try CertificateName(arn)
        guard name.account == call.accountID, name.region == call.region,
            let certificate = try get(ManagedCertificate.self, name.id)
        else {
            throw .acm(
                .resourceNotFoundException,
                "Could not find certificate \(arn) in account \(call.accountID).")
        }
        return certificate
    }
}

extension ServiceError {
    static func acm(_ failure: CertificateManager.Failure, _ message: String) -> ServiceError { failure(message) }

    /// The model has it for some operations only; AWS's service answers all invalid certificates with it.
    static func invalidCertificate(_ message: String) -> ServiceError {
        ServiceError("ValidationException", message, status: 400)
    }
}

/// The tags and names of all certificates, for policies that ask for them.
final class CertificateIndex: Projection {
    static let kinds: Set<String> = [ManagedCertificate.kind]

    private let entries = Mutex<[String: Entry]>([:])

    struct Entry: Sendable {
        let tags: [Tag]
        let names: [String]
        /// When it ends, in seconds since 1970; nil: it is not issued.
        let end: Double?
        /// Whether its names have not been shown yet to be its requester's.
        let isPending: Bool
        /// Whether it waits for records that are to count in the place of mail.
        let isMigrating: Bool
    }

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let certificate = try change.decodeAfter(ManagedCertificate.self)
            let arn = ARN.text("acm", change.scope.region, change.scope.account, CertificateName.prefix, change.id)
            entries.withLock { $0[arn] = certificate.map { Entry($0) } }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        entries.withLock { $0 = [:] }
        try apply(changes)
    }

    /// When the certificates that are issued end, by their ARNs, in the ARNs' order.
    var ends: [(arn: String, end: Double)] {
        entries.withLock { entries in entries.compactMap { arn, entry in entry.end.map { (arn, $0) } } }
            .sorted { $0.arn < $1.arn }
    }

    /// Those that wait for their names to be shown to be their requester's: before they are issued, or for other ways to show it.
    var pending: [(name: CertificateName, isMigrating: Bool)] {
        entries.withLock { entries in entries.filter { $0.value.isPending || $0.value.isMigrating } }
            .compactMap { arn, entry in (try? CertificateName(arn)).map { ($0, entry.isMigrating) } }
    }

    /// nil: there is no such certificate.
    func entry(_ arn: String) -> Entry? { entries.withLock { $0[arn] } }
}

extension CertificateIndex.Entry {
    fileprivate init(_ certificate: ManagedCertificate) {
        let end = certificate.status == .issued ? certificate.content?.notAfter : nil
        self.init(
            tags: certificate.tags, names: certificate.names, end: end,
            isPending: certificate.status == .pendingValidation, isMigrating: certificate.migration?.status == .pending)
    }
}

extension ResourceType {
    static let certificate = ResourceType("acm", CertificateName.prefix, hasOwnTagKey: false) { access, arn, call in
        guard let entry = call.environment.projection(CertificateIndex.self).entry(access.resource) else { return nil }
        var resource = Resource(owner: arn.account, tags: entry.tags)
        // Of the operations on a certificate, these alone have the key.
        if ["acm:ExportCertificate", "acm:RevokeCertificate"].contains(access.action) {
            resource.context["acm:domainnames"] = .many(entry.names)
        }
        return resource
    }
}
