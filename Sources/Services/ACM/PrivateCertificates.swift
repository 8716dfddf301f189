import ACMPCAAPI
import CertificateIssuing
import CertificateManagerAPI
import Directory
import FoundationEssentials
import KeyMaterial
import Ledger
import OIDC
import Platform
import Policy
import Wire
import X509

// Certificates of a private authority, which ACM keeps and renews.
// <https://docs.aws.amazon.com/acm/latest/userguide/gs-acm-request-private.html>

extension CertificateManager.RequestCertificate: PreparedWriteOperation {
    /// What has come of the request so far.
    public struct Preparation: Sendable {
        let outcome: Outcome
    }

    enum Outcome: Sendable {
        /// A request with the same token was answered with this ARN.
        case answered(String)
        /// The certificate, or why there is none.
        case made(ManagedCertificate, CertificateKey?)
    }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var context = ConditionKeys.requestTags([Tag](input.tags))
        context["acm:domainnames"] = .many(Self.names(input))
        context["acm:keyalgorithm"] = .one(input.keyAlgorithm ?? "RSA_2048")
        if let method = input.validationMethod { context["acm:validationmethod"] = .one(method) }
        if let arn = input.certificateAuthorityArn { context["acm:certificateauthority"] = .one(arn) }
        if let options = input.options {
            if let value = options.certificateTransparencyLoggingPreference {
                context["acm:certificatetransparencylogging"] = .one(value)
            }
            if let value = options.export { context["acm:export"] = .one(value) }
        }
        return .required(Access("acm:RequestCertificate", on: "*", context: context))
    }

    /// The domain name first, each once.
    private static func names(_ input: Input) -> [String] {
        var names: [String] = []
        for name in [input.domainName] + (input.subjectAlternativeNames ?? []) where !names.contains(name) {
            names.append(name)
        }
        return names
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        guard let authority = input.certificateAuthorityArn else {
            throw .notImplemented("Gatehouse does not issue public certificates yet: name a private CA.")
        }
        guard let algorithm = PrivateKeyAlgorithm(rawValue: input.keyAlgorithm ?? "RSA_2048") else {
            throw .acm(.invalidParameterException, "The key algorithm \(input.keyAlgorithm ?? "") is not supported.")
        }
        if let token = input.idempotencyToken {
            let earlier = try await call.read { (records) throws(ServiceError) in try records.answer(to: token, call) }
            if let earlier { return Preparation(outcome: .answered(earlier)) }
        }
        let names = names(input)
        let quota = call.quotas[.namesPerCertificate]
        guard names.count <= quota else {
            throw .acm(.limitExceededException, "A certificate can have at most \(quota) domain names.")
        }
        var certificate = ManagedCertificate(
            id: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region, type: .private,
            domainName: input.domainName, names: names, created: call.time, updated: call.time, status: .failed,
            keyAlgorithm: algorithm.rawValue, authority: authority)
        certificate.tags = try TagRules.ofCertificates.merge([Tag](input.tags), into: [])
        let secret = try await algorithm.makeKey()
        do throws(ServiceError) {
            let issuing = PrivateIssuing(
                services: call.services, identity: .forwarding(PrivateIssuing.service), authority: authority)
            certificate.content = try await issuing.issue(names, secret, try await issuing.signingAlgorithm())
            certificate.status = .issued
        } catch {
            guard error.code != "InternalFailure" else { throw error }
            certificate.failureReason = PrivateIssuing.reason(error)
        }
        let isIssued = certificate.status == .issued
        let key = isIssued ? CertificateKey(id: certificate.id, secret: Data(secret)) : nil
        return Preparation(outcome: .made(certificate, key))
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let certificate: ManagedCertificate
        let key: CertificateKey?
        switch preparation.outcome {
        case .answered(let arn): return Output(certificateArn: arn)
        case .made(let made, let secret): (certificate, key) = (made, secret)
        }
        if let token = input.idempotencyToken, let earlier = try records.answer(to: token, call) {
            return Output(certificateArn: earlier)
        }
        let quota = call.quotas[.certificates]
        guard try records.count(ManagedCertificate.self) < quota else {
            throw .acm(.limitExceededException, "Error: you have reached your limit of \(quota) certificates.")
        }
        if let key { try records.put(key) }
        try records.put(certificate)
        if let token = input.idempotencyToken {
            let until = call.time + RequestToken.lifetime
            try records.put(RequestToken(token: token, arn: certificate.arn, until: until))
            try records.schedule(ForgetToken(token: token), id: call.requestID, at: until)
        }
        return Output(certificateArn: certificate.arn)
    }
}

extension Quota {
    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>
    static let namesPerCertificate = Quota("ACMDomainNamesPerCertificate", 10)
}

/// What came of a request with an idempotency token, for an hour.
struct RequestToken: TableRow {
    static let kind = "AWS::CertificateManager::Request"
    /// In seconds.
    static let lifetime = 3600.0

    let token: String
    let arn: String
    /// Seconds since 1970.
    let until: Double

    var key: RowKey { RowKey(.text(token)) }
}

extension RecordReading {
    /// The ARN that a request with a token was answered with, within the last hour.
    fileprivate func answer(to token: String, _ call: Call) throws(ServiceError) -> String? {
        guard let row = try get(RequestToken.self, RowKey(.text(token))), row.until > call.time else { return nil }
        return row.arn
    }
}

/// Forgets a token.
struct ForgetToken: Job {
    static let kind = "ACM::ForgetToken"
    let token: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (key, now) = (RowKey(.text(token)), context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            guard let row = try records.get(RequestToken.self, key), row.until <= now + 1 else { return }
            try records.delete(RequestToken.self, key)
        }
    }
}

/// The kinds of keys that ACM makes. The names are AWS's.
enum PrivateKeyAlgorithm: String {
    case rsa2048 = "RSA_2048"
    case p256 = "EC_prime256v1"
    case p384 = "EC_secp384r1"

    /// As PKCS #8 in DER.
    func makeKey() async throws(ServiceError) -> [UInt8] {
        let spec: KeySpec =
            switch self {
            case .rsa2048: .rsa2048
            case .p256: .eccNISTP256
            case .p384: .eccNISTP384
            }
        do { return try await KeyMaking.run { try KeyMaterial.generate(spec).stored() } } catch {
            throw .internalFailure
        }
    }
}

/// How ACM has a private authority issue a certificate.
struct PrivateIssuing: Sendable {
    static let service = "acm.amazonaws.com"
    /// Thirteen months.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-concepts.html>
    private static let days = 395
    private static let template = "arn:aws:acm-pca:::template/EndEntityCertificate/V1"

    let services: ServiceCalls
    let identity: ServiceIdentity
    /// The authority's ARN.
    let authority: String

    /// How the authority signs.
    /// - Throws: what the authority says.
    func signingAlgorithm() async throws(ServiceError) -> String {
        let described = try await services.call(
            ACMPCA.DescribeCertificateAuthority.self,
            ACMPCA.DescribeCertificateAuthority.Input { $0.certificateAuthorityArn = authority }, as: identity)
        guard let configuration = described.certificateAuthority?.certificateAuthorityConfiguration else {
            throw .internalFailure
        }
        return configuration.signingAlgorithm
    }

    /// Has a certificate issued.
    /// - Parameters:
    ///   - secret: its private key, as PKCS #8 in DER.
    ///   - algorithm: how the authority signs.
    /// - Throws: what the authority says.
    func issue(
        _ names: [String], _ secret: [UInt8], _ algorithm: String
    ) async throws(ServiceError) -> ManagedCertificate.Content {
        let request: String
        do {
            let key = try Certificate.PrivateKey(derBytes: secret)
            request = try CertificateSigningRequest.ofHost(names, key: key, algorithm: key.usualAlgorithm).pem()
        } catch {
            throw .internalFailure
        }
        let issued = try await services.call(
            ACMPCA.IssueCertificate.self,
            ACMPCA.IssueCertificate.Input {
                $0.certificateAuthorityArn = authority
                $0.csr = Blob(Array(request.utf8))
                $0.signingAlgorithm = algorithm
                $0.templateArn = Self.template
                $0.validity = ACMPCA.Validity {
                    $0.value = Self.days
                    $0.type = "DAYS"
                }
            }, as: identity)
        return try await content(of: issued.certificateArn ?? "")
    }

    /// A certificate that was issued, with its chain.
    /// - Throws: what the authority says.
    func content(of certificate: String) async throws(ServiceError) -> ManagedCertificate.Content {
        let got = try await services.call(
            ACMPCA.GetCertificate.self,
            ACMPCA.GetCertificate.Input {
                $0.certificateAuthorityArn = authority
                $0.certificateArn = certificate
            }, as: identity)
        do {
            let certificate = try Certificate(issuing: got.certificate ?? "")
            let chain = try Certificate.chain(got.certificateChain ?? "")
            return try ParsedCertificate(certificate, chain: chain).content
        } catch {
            throw .internalFailure
        }
    }

    /// AWS's name for why a certificate could not be issued.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html>
    static func reason(_ error: ServiceError) -> String {
        switch error.code {
        case "AccessDenied", "AccessDeniedException": "PCA_ACCESS_DENIED"
        case "InvalidStateException": "PCA_INVALID_STATE"
        case "ResourceNotFoundException": "PCA_RESOURCE_NOT_FOUND"
        case "InvalidArnException": "PCA_INVALID_ARN"
        case "InvalidArgsException": "PCA_INVALID_ARGS"
        case "LimitExceededException": "PCA_LIMIT_EXCEEDED"
        case "ValidationException": "PCA_INVALID_DURATION"
        default: "PCA_REQUEST_FAILED"
        }
    }
}
