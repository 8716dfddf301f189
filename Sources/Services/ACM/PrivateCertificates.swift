import ACMPCAAPI
import CertificateIssuing
import KeyMaterial
import OIDC
import Platform
import Wire
import X509

// Certificates of a private authority, which ACM keeps and renews.
// <https://docs.aws.amazon.com/acm/latest/userguide/gs-acm-request-private.html>

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
