import ACMPCAAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// The authority that a request names. It need not exist.
struct AuthorityName: Sendable, Hashable {
    static let prefix = "certificate-authority/"

    let id: String
    let account: String
    let region: String

    var arn: String { ARN.text("acm-pca", region, account, Self.prefix, id) }
    var scope: Scope { Scope(account: account, region: region) }

    /// - Throws: InvalidArnException.
    init(_ text: String) throws(ServiceError) {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "acm-pca",
            arn.account.utf8.count == 12, !arn.region.isEmpty, arn.resource.hasPrefix(Self.prefix)
        else { throw .invalidARN(text) }
        let rest = arn.resource.dropFirst(Self.prefix.count)
        guard !rest.isEmpty, !rest.contains("/") else { throw .invalidARN(text) }
        (id, account, region) = (String(rest), arn.account, arn.region)
    }
}

/// An operation on an authority that its input names, which needs permission for its own action on it.
protocol OnAuthority: Platform.Operation where InputFields: ACMPCA.WithCertificateAuthorityArn {
    /// The condition keys that the request brings.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnAuthority {
    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "acm-pca:\(call.operation)", on: try AuthorityName(input.certificateAuthorityArn).arn,
                context: keys(input)))
    }
}

/// Tells something of an authority.
protocol AuthorityRead: OnAuthority, ReadOperation {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output
}

extension AuthorityRead {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let (authority, own) = try records.authority(try AuthorityName(input.certificateAuthorityArn), call)
        return try answer(authority, input, call, own)
    }
}

/// Changes an authority, and answers nothing.
protocol AuthorityChange: OnAuthority, WriteOperation where OutputFields == EmptyFields {
    static func change(
        _ authority: inout CertificateAuthority, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError)
}

extension AuthorityChange {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var (authority, own) = try records.authority(try AuthorityName(input.certificateAuthorityArn), call)
        try change(&authority, input, call, own)
        try own.put(authority)
        return Output()
    }
}

extension RecordReading {
    /// An authority, with the records of its account and Region.
    /// - Throws: ResourceNotFoundException.
    func authority(
        _ name: AuthorityName, _ call: Call
    ) throws(ServiceError) -> (authority: CertificateAuthority, own: Self) {
        let own = of(name.scope)
        guard name.region == call.region, let authority = try own.get(CertificateAuthority.self, name.id) else {
            throw .noSuchAuthority(name.arn)
        }
        return (authority, own)
    }

    /// What came of a request with the same token, if that was less than five minutes ago.
    func remembered(_ token: String?, _ partition: String, _ call: Call) throws(ServiceError) -> String? {
        guard let token, let request = try get(RememberedRequest.self, RowKey(.text(token)), of: partition),
            request.time + RememberedRequest.lifetime > call.time
        else { return nil }
        return request.result
    }
}

extension MutableRecords {
    /// Keeps what came of a request with a token, for five minutes.
    func remember(_ token: String?, _ partition: String, _ result: String, _ call: Call) throws(ServiceError) {
        guard let token else { return }
        try put(RememberedRequest(partition: partition, token: token, result: result, time: call.time))
        try schedule(
            ForgetRequest(partition: partition, token: token), id: call.requestID,
            at: call.time + RememberedRequest.lifetime)
    }
}

/// Forgets what came of a request.
struct ForgetRequest: Job {
    static let kind = "ACMPCA::ForgetRequest"
    let partition: String
    let token: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (partition, token, now) = (partition, token, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            let key = RowKey(.text(token))
            guard let request = try records.get(RememberedRequest.self, key, of: partition),
                request.time + RememberedRequest.lifetime <= now + 1
            else { return }
            try records.delete(RememberedRequest.self, key, of: partition)
        }
    }
}

extension Paging {
    /// - Throws: InvalidNextTokenException for a token that is not one of ours.
    init<F: PageRequestFields>(pca input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(input) } catch {
            throw .pca(.invalidNextTokenException, "The token specified in the NextToken argument is not valid.")
        }
    }
}
