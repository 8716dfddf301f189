import CertificateIssuing
import CertificateManagerAPI
import Platform
import Wire
import X509

// What answers say of certificates.

extension ManagedCertificate {
    /// What the certificate's key is for.
    struct Facts {
        var usages: [String] = []
        var purposes: [(name: String, identifier: String)] = []

        /// - Parameter certificate: nil: it says nothing.
        init(_ certificate: Certificate?) {
            guard let certificate else { return }
            (usages, purposes) = (certificate.usages, certificate.purposes)
        }
    }

    var facts: Facts { Facts(content.flatMap { try? Certificate(issuing: $0.body) }) }

    /// AWS's name: whose the key is.
    var keyPairOrigin: String {
        guard acme == nil else { return CertificateOrigin.acme }
        return type == .imported ? CertificateOrigin.customer : CertificateOrigin.ours
    }

    /// AWS's name: whether the key can be exported.
    var exportOption: String {
        switch type {
        case .imported: "DISABLED"
        case .private: "ENABLED"
        case .amazonIssued: options?.isExportable == true ? "ENABLED" : "DISABLED"
        }
    }
}

extension Certificate {
    /// AWS's names.
    fileprivate var usages: [String] {
        guard let usage = (try? extensions.keyUsage).flatMap({ $0 }) else { return [] }
        let all: [(Bool, String)] = [
            (usage.digitalSignature, "DIGITAL_SIGNATURE"), (usage.nonRepudiation, "NON_REPUDIATION"),
            (usage.keyEncipherment, "KEY_ENCIPHERMENT"), (usage.dataEncipherment, "DATA_ENCIPHERMENT"),
            (usage.keyAgreement, "KEY_AGREEMENT"), (usage.keyCertSign, "CERTIFICATE_SIGNING"),
            (usage.cRLSign, "CRL_SIGNING"), (usage.encipherOnly, "ENCIPHER_ONLY"),
            (usage.decipherOnly, "DECIPHER_ONLY"),
        ]
        return all.filter(\.0).map(\.1)
    }

    /// AWS's names, and dotted identifiers.
    fileprivate var purposes: [(name: String, identifier: String)] {
        guard let purposes = (try? extensions.extendedKeyUsage).flatMap({ $0 }) else { return [] }
        return purposes.map { purpose in
            let identifier = purpose.identifier
            return (purposeNames[identifier] ?? "CUSTOM", identifier)
        }
    }
}

private let purposeNames = [
    "1.3.6.1.5.5.7.3.1": "TLS_WEB_SERVER_AUTHENTICATION", "1.3.6.1.5.5.7.3.2": "TLS_WEB_CLIENT_AUTHENTICATION",
    "1.3.6.1.5.5.7.3.3": "CODE_SIGNING", "1.3.6.1.5.5.7.3.4": "EMAIL_PROTECTION",
    "1.3.6.1.5.5.7.3.5": "IPSEC_END_SYSTEM", "1.3.6.1.5.5.7.3.6": "IPSEC_TUNNEL",
    "1.3.6.1.5.5.7.3.7": "IPSEC_USER", "1.3.6.1.5.5.7.3.8": "TIME_STAMPING", "1.3.6.1.5.5.7.3.9": "OCSP_SIGNING",
    "2.5.29.37.0": "ANY",
]

extension CertificateManager.CertificateDetail {
    init(_ certificate: ManagedCertificate, _ call: Call) {
        self.init()
        let facts = certificate.facts
        certificateArn = certificate.arn
        domainName = certificate.domainName
        subjectAlternativeNames = certificate.names
        type = certificate.type.rawValue
        status = certificate.status(at: call.time)
        createdAt = Timestamp(secondsSinceEpoch: certificate.created)
        // AWS has hyphens here.
        keyAlgorithm = certificate.keyAlgorithm.replacing("_", with: "-", maxReplacements: 1)
        failureReason = certificate.failureReason
        certificateAuthorityArn = certificate.authority
        certificateKeyPairOrigin = certificate.keyPairOrigin
        acmeEndpointArn = certificate.acme?.endpointARN
        acmeAccountId = certificate.acme?.accountID
        renewalEligibility =
            certificate.isEligibleForRenewal(call.environment, at: call.time) ? "ELIGIBLE" : "INELIGIBLE"
        inUseBy = certificate.users(call.environment)
        domainValidationOptions = certificate.validations.map { $0.map { CertificateManager.DomainValidation($0) } }
        revokedAt = certificate.revocation.map { Timestamp(secondsSinceEpoch: $0.time) }
        revocationReason = certificate.revocation?.reason
        updateSummary = certificate.migration.map { CertificateManager.UpdateSummary($0) }
        options = CertificateManager.CertificateOptions {
            let isTransparent = certificate.options?.isTransparent == true
            $0.certificateTransparencyLoggingPreference = isTransparent ? "ENABLED" : "DISABLED"
            $0.export = certificate.exportOption
        }
        if certificate.type == .imported { importedAt = Timestamp(secondsSinceEpoch: certificate.updated) }
        guard let content = certificate.content else { return }
        if certificate.type != .imported { issuedAt = Timestamp(secondsSinceEpoch: certificate.updated) }
        serial = content.serial
        subject = content.subject
        issuer = content.issuer
        signatureAlgorithm = content.signatureAlgorithm
        notBefore = Timestamp(secondsSinceEpoch: content.notBefore)
        notAfter = Timestamp(secondsSinceEpoch: content.notAfter)
        keyUsages = facts.usages.map { name in CertificateManager.KeyUsage { $0.name = name } }
        extendedKeyUsages = facts.purposes.map { purpose in
            CertificateManager.ExtendedKeyUsage {
                $0.name = purpose.name
                $0.oid = purpose.identifier
            }
        }
        renewalSummary = certificate.renewal.map { renewal in
            CertificateManager.RenewalSummary {
                $0.renewalStatus = renewal.status.rawValue
                $0.domainValidationOptions =
                    renewal.validations.map { $0.map { CertificateManager.DomainValidation($0) } }
                    ?? [CertificateManager.DomainValidation { $0.domainName = certificate.domainName }]
                $0.renewalStatusReason = renewal.reason
                $0.updatedAt = Timestamp(secondsSinceEpoch: renewal.updated)
            }
        }
    }
}

extension CertificateManager.DomainValidation {
    init(_ validation: DomainValidation) {
        self.init()
        domainName = validation.domainName
        validationDomain = validation.validationDomain
        validationStatus = validation.status.rawValue
        validationMethod = validation.method.rawValue
        if validation.method == .email { validationEmails = validation.recipients }
        resourceRecord = validation.record.map { CertificateManager.ResourceRecord($0) }
    }
}

extension CertificateManager.ResourceRecord {
    init(_ record: ValidationRecord) {
        self.init()
        name = record.name
        type = "CNAME"
        value = record.value
    }
}

extension CertificateManager.CertificateSummary {
    /// - Parameter time: seconds since 1970.
    init(_ certificate: ManagedCertificate, _ environment: Environment, at time: Double) {
        self.init()
        let facts = certificate.facts
        certificateArn = certificate.arn
        domainName = certificate.domainName
        subjectAlternativeNameSummaries = certificate.names
        hasAdditionalSubjectAlternativeNames = false
        status = certificate.status(at: time)
        type = certificate.type.rawValue
        keyAlgorithm = certificate.keyAlgorithm.replacing("_", with: "-", maxReplacements: 1)
        keyUsages = facts.usages
        extendedKeyUsages = facts.purposes.map(\.name)
        exportOption = certificate.exportOption
        inUse = !certificate.users(environment).isEmpty
        exported = certificate.isExported
        certificateKeyPairOrigin = certificate.keyPairOrigin
        renewalEligibility = certificate.isEligibleForRenewal(environment, at: time) ? "ELIGIBLE" : "INELIGIBLE"
        createdAt = Timestamp(secondsSinceEpoch: certificate.created)
        revokedAt = certificate.revocation.map { Timestamp(secondsSinceEpoch: $0.time) }
        let updated = Timestamp(secondsSinceEpoch: certificate.updated)
        if certificate.type == .imported { importedAt = updated }
        guard let content = certificate.content else { return }
        if certificate.type != .imported { issuedAt = updated }
        notBefore = Timestamp(secondsSinceEpoch: content.notBefore)
        notAfter = Timestamp(secondsSinceEpoch: content.notAfter)
    }
}
