import CertificateIssuing
import FoundationEssentials
import KeyMaterial
import Ledger
import OIDC
import Platform
import Wire
import X509

extension Environment {
    /// The authority that issues public certificates. It is made when it is first needed, with the root above it, and again when
    /// it has too little time left.
    /// - Throws: InternalFailure.
    func publicIssuer() async throws(ServiceError) -> PublicIssuer {
        let now = now()
        let needed = now + PublicAuthorityMaking.longestCertificate
        if let current = try await currentPublicIssuer(), current.authority.notAfter >= needed { return current }
        let old = try await currentPublicRoot()
        let made = try await PublicAuthorityMaking.make(
            below: old.flatMap { $0.authority.notAfter >= now + PublicAuthorityMaking.issuingLifetime ? $0 : nil },
            publicAddress.url, at: now)
        try await write(PublicAuthority.scope, requestID: "") { (records) throws(ServiceError) in
            // Somebody else may have been quicker.
            if let hierarchy = try records.get(PublicHierarchy.self, PublicHierarchy.onlyID),
                let current = try records.get(PublicAuthority.self, hierarchy.issuingID), current.notAfter >= needed
            {
                return
            }
            for one in [made.root, made.issuing] {
                try records.put(PublicAuthorityKey(id: one.authority.id, secret: Data(one.secret)))
                try records.put(one.authority)
                try records.publishPublicList(of: one.authority.id, at: now)
            }
            try records.put(PublicHierarchy(rootID: made.root.authority.id, issuingID: made.issuing.authority.id))
        }
        guard let current = try await currentPublicIssuer() else { throw .internalFailure }
        return current
    }

    private func currentPublicIssuer() async throws(ServiceError) -> PublicIssuer? {
        try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            guard let hierarchy = try records.get(PublicHierarchy.self, PublicHierarchy.onlyID) else { return nil }
            return try records.publicIssuer(hierarchy.issuingID)
        }
    }

    private func currentPublicRoot() async throws(ServiceError) -> PublicIssuer? {
        try await read(PublicAuthority.scope) { (records) throws(ServiceError) in
            guard let hierarchy = try records.get(PublicHierarchy.self, PublicHierarchy.onlyID) else { return nil }
            return try records.publicIssuer(hierarchy.rootID)
        }
    }
}

/// How the authorities are made.
enum PublicAuthorityMaking {
    /// Seconds for which a certificate can be valid.
    static let longestCertificate = 400 * 86_400.0
    private static let rootLifetime = 20 * 365 * 86_400.0
    static let issuingLifetime = 8 * 365 * 86_400.0
    /// The policy of certificates for which control of the names was shown (CA/Browser Forum, Baseline Requirements 7.1.6.1).
    static let domainValidated = "2.23.140.1.2.1"
    /// The purpose of proving to be a server.
    static let servers = "1.3.6.1.5.5.7.3.1"
    /// ISO 3166 leaves this to those that are in no country; the Baseline Requirements (7.1.4.2) want some.
    private static let country = "XX"
    /// Clients' clocks may be behind by so much.
    private static let skew = 3600.0

    /// Makes the issuing authority, and the root if there is none.
    /// - Parameters:
    ///   - root: that is there already.
    ///   - address: Gatehouse's own, below which the authorities tell what is revoked.
    /// - Throws: InternalFailure.
    static func make(
        below root: PublicIssuer?, _ address: String, at time: Double
    ) async throws(ServiceError) -> (root: PublicIssuer, issuing: PublicIssuer) {
        do {
            let root = if let root { root } else { try await newRoot(at: time) }
            let id = newID()
            let secret = try await newKey(.eccNISTP256)
            let key = try Certificate.PrivateKey(derBytes: secret)
            guard let template = CertificateTemplate(name: "SubordinateCACertificate_PathLen0_APIPassthrough/V1")
            else {
                throw ServiceError.internalFailure
            }
            var order = CertificateOrder(
                request: try .ofAuthority(
                    try name("Gatehouse Public Issuing CA", id), key: key, algorithm: .ecdsaWithSHA256, extensions: []),
                template: template, serial: SerialNumber.make(), notBefore: (time - skew).rounded(.down),
                notAfter: min(time + issuingLifetime, root.authority.notAfter).rounded(.down),
                signatureAlgorithm: .ecdsaWithSHA384)
            // Baseline Requirements, 7.1.2.6: what it may issue, and how.
            order.givenExtensions = [
                try .purposes([servers]),
                try CertificatePolicies.extension([try .init(domainValidated, statements: [])]),
            ]
            let paths = PublicPaths(root.authority.id)
            order.distributionPoint = address + paths.list
            order.responder = address + paths.responder
            order.issuerAddress = address + paths.certificate
            let certificate = try root.issuing().issue(order)
            let authority = PublicAuthority(
                id: id, issuerID: root.authority.id, certificate: try certificate.pem(), notAfter: order.notAfter)
            return (root, PublicIssuer(authority: authority, secret: secret))
        } catch {
            throw .internalFailure
        }
    }

    private static func newRoot(at time: Double) async throws -> PublicIssuer {
        let id = newID()
        let secret = try await newKey(.eccNISTP384)
        let key = try Certificate.PrivateKey(derBytes: secret)
        guard let template = CertificateTemplate(name: "RootCACertificate/V1") else {
            throw ServiceError.internalFailure
        }
        let name = try name("Gatehouse Public Root CA", id)
        let order = CertificateOrder(
            request: try .ofAuthority(name, key: key, algorithm: .ecdsaWithSHA384, extensions: []),
            template: template, serial: SerialNumber.make(), notBefore: (time - skew).rounded(.down),
            notAfter: (time + rootLifetime).rounded(.down), signatureAlgorithm: .ecdsaWithSHA384)
        let certificate = try IssuingAuthority(name: name, key: key).issue(order)
        let authority = PublicAuthority(
            id: id, issuerID: nil, certificate: try certificate.pem(), notAfter: order.notAfter)
        return PublicIssuer(authority: authority, secret: secret)
    }

    /// Two Gatehouses have authorities of different names: clients that trust both can tell them apart.
    private static func name(_ text: String, _ id: String) throws -> DistinguishedName {
        try DistinguishedName(attributes: [
            (NameAttribute.country.identifier, country), (NameAttribute.organization.identifier, "Gatehouse"),
            (NameAttribute.commonName.identifier, "\(text) \(id.prefix(8))"),
        ])
    }

    private static func newID() -> String { String(SerialNumber.text(SerialNumber.make()).suffix(16)) }

    private static func newKey(_ spec: KeySpec) async throws -> [UInt8] {
        try await KeyMaking.run { try KeyMaterial.generate(spec).stored() }
    }
}
