import ACMPCAAPI
import CertificateIssuing
import Directory
import FoundationEssentials
import KeyMaterial
import Ledger
import OIDC
import Platform
import Policy
import Wire
import X509

// Authorities: making, showing and changing them.
// <https://docs.aws.amazon.com/privateca/latest/userguide/create-CA.html>

extension ACMPCA.CreateCertificateAuthority: PreparedWriteOperation {
    /// A new authority, with its key.
    public struct Preparation: Sendable {
        let authority: CertificateAuthority
        let key: AuthorityKey
    }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let context = ConditionKeys.requestTags([Tag](input.tags))
        var accesses = [Access("acm-pca:CreateCertificateAuthority", on: "*", context: context)]
        if input.tags?.isEmpty == false {
            let new = ARN.text("acm-pca", call.region, call.accountID, AuthorityName.prefix, "*")
            var tag = Access("acm-pca:TagCertificateAuthority", on: new, context: context)
            tag.isOfNewResource = true
            accesses.append(tag)
        }
        return .required(accesses)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let configuration = input.certificateAuthorityConfiguration
        let algorithm = try AuthorityKeyAlgorithm(pca: configuration.keyAlgorithm)
        let signing = try AuthoritySigningAlgorithm(pca: configuration.signingAlgorithm)
        guard algorithm.isRSA == signing.isRSA else { throw .otherFamily }
        guard let type = CertificateAuthority.AuthorityType(rawValue: input.certificateAuthorityType) else {
            throw .invalidArgs("Unknown type of certificate authority.")
        }
        let name = try configuration.subject.name()
        let extensions = try configuration.csrExtensions?.certificateExtensions() ?? []
        let id = UUID().uuidString.lowercased()
        let secret: [UInt8]
        let request: String
        do {
            (secret, request) = try await KeyMaking.run {
                let secret = try KeyMaterial.generate(algorithm.spec).stored()
                let request = try CertificateSigningRequest.ofAuthority(
                    name, key: try Certificate.PrivateKey(derBytes: secret), algorithm: signing.x509,
                    extensions: extensions)
                return (secret, try request.pem())
            }
        } catch {
            throw .internalFailure
        }
        var authority = CertificateAuthority(
            id: id, accountID: call.accountID, region: call.region, type: type,
            usageMode: input.usageMode.flatMap { .init(rawValue: $0) } ?? .generalPurpose,
            keyStorage: input.keyStorageSecurityStandard ?? "FIPS_140_2_LEVEL_3_OR_HIGHER", keyAlgorithm: algorithm,
            signingAlgorithm: signing, configuration: configuration.structure.json, request: request,
            created: call.time, stateChanged: call.time)
        authority.tags = try TagRules.ofAuthorities.merge([Tag](input.tags), into: [])
        if let revocation = input.revocationConfiguration {
            authority.revocation = try RevocationSettings().changed(by: revocation)
        }
        if let list = authority.revocation.list { try await call.environment.crlBucket(list, authority).check() }
        let key = try await call.environment.authorityKey(secret, of: id)
        return Preparation(authority: authority, key: key)
    }

    public static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let partition = RememberedRequest.partition(call.accountID)
        if let arn = try records.remembered(input.idempotencyToken, partition, call) {
            return Output(certificateAuthorityArn: arn)
        }
        let quota = call.quotas[.certificateAuthorities]
        guard try records.count(CertificateAuthority.self) < quota else {
            throw .pca(
                .limitExceededException, "You have reached the limit of \(quota) private certificate authorities.")
        }
        try records.put(made.key)
        try records.put(made.authority)
        try records.remember(input.idempotencyToken, partition, made.authority.arn, call)
        return Output(certificateAuthorityArn: made.authority.arn)
    }
}

extension Quota {
    /// In a Region.
    /// <https://docs.aws.amazon.com/general/latest/gr/pca.html#limits_pca>
    static let certificateAuthorities = Quota("PrivateCertificateAuthorities", 200)
}

extension ACMPCA.DescribeCertificateAuthority: AuthorityRead {
    static func answer(
        _ authority: CertificateAuthority, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        Output(certificateAuthority: try ACMPCA.CertificateAuthority(authority, at: call.time))
    }
}

extension ACMPCA.ListCertificateAuthorities: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("acm-pca:ListCertificateAuthorities", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try Paging(pca: input)
        let time = call.time
        guard input.resourceOwner == "OTHER_ACCOUNTS" else {
            let page = try records.page(CertificateAuthority.self, paging)
            return Output(
                try page.map { (one) throws(ServiceError) in try ACMPCA.CertificateAuthority(one, at: time) })
        }
        // Those that the caller may look at.
        var shared: [CertificateAuthority] = []
        let index = call.environment.projection(AuthorityIndex.self)
        for entry in index.entries(in: call.region, except: call.accountID) {
            let access = Access("acm-pca:DescribeCertificateAuthority", on: entry.authority.arn)
            if try call.decision(access).isAllowed { shared.append(entry.authority) }
        }
        let page = page(shared, by: \.arn, paging)
        return Output(try page.map { (one) throws(ServiceError) in try ACMPCA.CertificateAuthority(one, at: time) })
    }
}

extension ACMPCA.UpdateCertificateAuthority: PreparedWriteOperation, OnAuthority {
    /// - Returns: the new settings for revocation; nil: they stay.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedSettings {
        guard let revocation = input.revocationConfiguration else { return PreparedSettings(settings: nil) }
        let name = try AuthorityName(input.certificateAuthorityArn)
        let authority = try await call.read { (records) throws(ServiceError) in
            try records.authority(name, call).authority
        }
        let settings = try authority.revocation.changed(by: revocation)
        if let list = settings.list, list != authority.revocation.list {
            try await call.environment.crlBucket(list, authority).check()
        }
        return PreparedSettings(settings: settings)
    }

    /// What ``prepare(_:_:)`` has made of the request.
    public struct PreparedSettings: Sendable {
        let settings: RevocationSettings?
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedSettings, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (authority, own) = try records.authority(try AuthorityName(input.certificateAuthorityArn), call)
        guard authority.state == .active || authority.state == .disabled else {
            throw .wrongState(authority.arn, to: "be updated")
        }
        if let text = input.status {
            guard let state = CertificateAuthority.State(rawValue: text), state == .active || state == .disabled else {
                throw .invalidArgs("The status can be set to ACTIVE or DISABLED.")
            }
            guard !authority.isExpired(at: call.time) else { throw .wrongState(authority.arn, to: "be updated") }
            if state != authority.state {
                authority.state = state
                authority.stateChanged = call.time
            }
        }
        if let settings = prepared.settings { authority.revocation = settings }
        try own.put(authority)
        try own.publishList(of: authority, at: call.time)
        return Output()
    }
}

// MARK: - What requests say

extension ServiceError {
    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html>
    static var otherFamily: ServiceError {
        .invalidArgs(
            "The specified signing algorithm family must match the algorithm family of the CA's secret key.")
    }
}

extension AuthorityKeyAlgorithm {
    /// - Throws: InvalidArgsException; NotImplemented for kinds that the cryptographic libraries here lack.
    init(pca text: String) throws(ServiceError) {
        if ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "SM2"].contains(text) {
            throw .notImplemented("Gatehouse has no certificate authorities with keys of \(text) yet.")
        }
        guard let algorithm = Self(rawValue: text) else { throw .invalidArgs("Unknown key algorithm \(text).") }
        self = algorithm
    }
}

extension AuthoritySigningAlgorithm {
    /// - Throws: InvalidArgsException; NotImplemented as ``AuthorityKeyAlgorithm/init(pca:)``.
    init(pca text: String) throws(ServiceError) {
        if ["ML_DSA_44", "ML_DSA_65", "ML_DSA_87", "SM3WITHSM2"].contains(text) {
            throw .notImplemented("Gatehouse does not sign certificates by \(text) yet.")
        }
        guard let algorithm = Self(rawValue: text) else { throw .invalidArgs("Unknown signing algorithm \(text).") }
        self = algorithm
    }

    var x509: Certificate.SignatureAlgorithm {
        switch self {
        case .sha256RSA: .sha256WithRSAEncryption
        case .sha384RSA: .sha384WithRSAEncryption
        case .sha512RSA: .sha512WithRSAEncryption
        case .sha256ECDSA: .ecdsaWithSHA256
        case .sha384ECDSA: .ecdsaWithSHA384
        case .sha512ECDSA: .ecdsaWithSHA512
        }
    }
}

extension RevocationSettings {
    /// The settings with what a request says of them; what it leaves out stays.
    /// - Throws: InvalidArgsException; NotImplemented for lists in parts.
    func changed(by input: ACMPCA.RevocationConfiguration) throws(ServiceError) -> RevocationSettings {
        var settings = self
        if let list = input.crlConfiguration { settings.list = try RevocationSettings.list(list) }
        if let responder = input.ocspConfiguration {
            settings.responder = responder.enabled ? Responder(name: try Self.name(responder.ocspCustomCname)) : nil
        }
        return settings
    }

    private static func list(_ input: ACMPCA.CrlConfiguration) throws(ServiceError) -> List? {
        guard input.enabled else { return nil }
        guard let bucket = input.s3BucketName, let expiration = input.expirationInDays else {
            throw .invalidArgs("S3BucketName and ExpirationInDays are required when the CRL is enabled.")
        }
        guard input.crlType != "PARTITIONED" else {
            throw .notImplemented("Gatehouse does not partition lists of revoked certificates yet.")
        }
        return List(
            expiration: expiration, bucket: bucket, accessControl: input.s3ObjectAcl ?? "PUBLIC_READ",
            name: try name(input.customCname), path: input.customPath,
            isOmitted: input.crlDistributionPointExtensionConfiguration?.omitExtension ?? false)
    }

    /// - Throws: InvalidArgsException: names come without a scheme.
    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_CrlConfiguration.html>
    private static func name(_ text: String?) throws(ServiceError) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard !text.contains("://") else {
            throw .invalidArgs("A CNAME must not include a protocol prefix such as \"http://\" or \"https://\".")
        }
        return text
    }
}

// MARK: - What answers say

extension ACMPCA.CertificateAuthority {
    init(_ authority: CertificateAuthority, at time: Double) throws(ServiceError) {
        self.init()
        arn = authority.arn
        ownerAccount = authority.accountID
        createdAt = Timestamp(secondsSinceEpoch: authority.created)
        let end = authority.isExpired(at: time) ? authority.certificate?.notAfter : nil
        lastStateChangeAt = Timestamp(secondsSinceEpoch: end ?? authority.stateChanged)
        type = authority.type.rawValue
        status = authority.status(at: time)
        if let certificate = authority.certificate {
            serial = SerialNumber.shown(certificate.serial)
            notBefore = Timestamp(secondsSinceEpoch: certificate.notBefore)
            notAfter = Timestamp(secondsSinceEpoch: certificate.notAfter)
        }
        certificateAuthorityConfiguration = ACMPCA.CertificateAuthorityConfiguration(
            try Structure(json: authority.configuration, of: ACMPCA.CertificateAuthorityConfiguration.shape))
        revocationConfiguration = ACMPCA.RevocationConfiguration(authority.revocation)
        restorableUntil = authority.restorableUntil.map { Timestamp(secondsSinceEpoch: $0) }
        keyStorageSecurityStandard = authority.keyStorage
        usageMode = authority.usageMode.rawValue
    }
}

extension ACMPCA.RevocationConfiguration {
    init(_ settings: RevocationSettings) {
        self.init()
        crlConfiguration = ACMPCA.CrlConfiguration {
            $0.enabled = settings.list != nil
            guard let list = settings.list else { return }
            $0.expirationInDays = list.expiration
            $0.customCname = list.name
            $0.s3BucketName = list.bucket
            $0.s3ObjectAcl = list.accessControl
            $0.crlDistributionPointExtensionConfiguration = ACMPCA.CrlDistributionPointExtensionConfiguration {
                $0.omitExtension = list.isOmitted
            }
            $0.crlType = "COMPLETE"
            $0.customPath = list.path
        }
        ocspConfiguration = ACMPCA.OcspConfiguration {
            $0.enabled = settings.responder != nil
            $0.ocspCustomCname = settings.responder?.name
        }
    }
}
