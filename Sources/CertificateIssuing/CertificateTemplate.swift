import X509

/// What a certificate may be used for, and what it takes over from whoever asks for it: a template of AWS Private CA.
///
/// AWS: https://docs.aws.amazon.com/privateca/latest/userguide/template-definitions.html
public struct CertificateTemplate: Sendable, Equatable {
    /// `EndEntityCertificate/V1`
    public let name: String
    /// What the certificate's owner is to its issuer.
    public let role: Role
    /// How many authorities may follow below one that has the certificate; nil: any number, or it is no authority.
    public let pathLength: Int?
    /// Whether extensions and subject may come with the request of the API.
    public let takesAPI: Bool
    /// Whether all extensions of the certificate signing request are taken over.
    public let takesRequest: Bool
    /// Whether the extension Basic Constraints has to be understood, even of a certificate that is of no authority.
    let hasCriticalConstraints: Bool
    let purpose: Purpose

    /// What the certificate's owner is to its issuer.
    public enum Role: Sendable, Equatable {
        case endEntity
        /// Itself.
        case root
        /// An authority below it.
        case subordinate
    }

    enum Purpose: Sendable {
        case blank
        case serverAndClient
        case server
        case client
        case codeSigning
        case ocspSigning
        case authority
    }

    /// Reads `EndEntityCertificate/V1`; nil where AWS has no such template.
    public init?(name: String) {
        guard let found = Self.all[name] else { return nil }
        self = found
    }

    /// The one that a request without any means.
    public static let standardName = "EndEntityCertificate/V1"

    /// Whether it makes its owner an authority.
    public var isAuthority: Bool { role != .endEntity }

    private init(
        _ base: String, _ purpose: Purpose, _ variant: Variant, _ role: Role = .endEntity, pathLength: Int? = nil,
        hasCriticalConstraints: Bool = false
    ) {
        name = "\(base)\(variant.rawValue)/V1"
        self.role = role
        self.pathLength = pathLength
        self.purpose = purpose
        self.hasCriticalConstraints = hasCriticalConstraints
        takesAPI = variant == .api || variant == .both
        takesRequest = variant == .request || variant == .both
    }

    /// What the name ends with.
    private enum Variant: String, CaseIterable {
        case base = ""
        case api = "_APIPassthrough"
        case request = "_CSRPassthrough"
        case both = "_APICSRPassthrough"

        /// Those of templates that say too little by themselves.
        static let blank: [Variant] = [.api, .request, .both]
    }

    private static let all: [String: CertificateTemplate] = {
        var all: [CertificateTemplate] = []
        for variant in Variant.allCases {
            all += [
                CertificateTemplate("EndEntityCertificate", .serverAndClient, variant),
                CertificateTemplate("EndEntityClientAuthCertificate", .client, variant),
                CertificateTemplate("EndEntityServerAuthCertificate", .server, variant),
                CertificateTemplate("CodeSigningCertificate", .codeSigning, variant),
                CertificateTemplate("OCSPSigningCertificate", .ocspSigning, variant),
            ]
            all += byPathLength("SubordinateCACertificate", .authority, variant, .subordinate)
        }
        for variant in Variant.blank {
            let critical = "BlankEndEntityCertificate_CriticalBasicConstraints"
            all += [
                CertificateTemplate("BlankEndEntityCertificate", .blank, variant),
                CertificateTemplate(critical, .blank, variant, hasCriticalConstraints: true),
            ]
            all += byPathLength("BlankSubordinateCACertificate", .blank, variant, .subordinate)
        }
        all += [
            CertificateTemplate("RootCACertificate", .authority, .base, .root),
            CertificateTemplate("RootCACertificate", .authority, .api, .root),
            CertificateTemplate("BlankRootCACertificate", .blank, .api, .root),
        ]
        all += byPathLength("BlankRootCACertificate", .blank, .api, .root)
        return Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
    }()

    private static func byPathLength(
        _ base: String, _ purpose: Purpose, _ variant: Variant, _ role: Role
    ) -> [CertificateTemplate] {
        (0...3).map { (length: Int) in
            CertificateTemplate("\(base)_PathLen\(length)", purpose, variant, role, pathLength: length)
        }
    }
}

extension CertificateTemplate {
    /// What it says of certificates by itself, in their order.
    func extensions() throws -> [Certificate.Extension] {
        var extensions = [try basicConstraints()]
        if let usage = keyUsage { extensions.append(try Certificate.Extension(usage, critical: true)) }
        if !purposes.isEmpty {
            // Whoever does not know what it is for is not to take it for anything.
            let isCritical = purpose == .codeSigning || purpose == .ocspSigning
            extensions.append(try Certificate.Extension(try ExtendedKeyUsage(purposes), critical: isCritical))
        }
        return extensions
    }

    private func basicConstraints() throws -> Certificate.Extension {
        isAuthority
            ? try Certificate.Extension(
                BasicConstraints.isCertificateAuthority(maxPathLength: pathLength), critical: true)
            : try Certificate.Extension(BasicConstraints.notCertificateAuthority, critical: hasCriticalConstraints)
    }

    private var keyUsage: KeyUsage? {
        switch purpose {
        case .blank: nil
        case .serverAndClient, .server, .client: KeyUsage(digitalSignature: true, keyEncipherment: true)
        case .codeSigning, .ocspSigning: KeyUsage(digitalSignature: true)
        case .authority: KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true)
        }
    }

    private var purposes: [ExtendedKeyUsage.Usage] {
        switch purpose {
        case .blank, .authority: []
        case .serverAndClient: [.serverAuth, .clientAuth]
        case .server: [.serverAuth]
        case .client: [.clientAuth]
        case .codeSigning: [.codeSigning]
        case .ocspSigning: [.ocspSigning]
        }
    }
}
