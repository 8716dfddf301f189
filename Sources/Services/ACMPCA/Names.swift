import ACMPCAAPI
import CertificateIssuing
import Platform
import Wire
import X509

// Names and extensions, as the API has them and as certificates do.
// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_ApiPassthrough.html>

extension View<ACMPCA.ASN1SubjectFields> {
    private var attributes: [(NameAttribute, String?)] {
        [
            (.country, country), (.organization, organization), (.organizationalUnit, organizationalUnit),
            (.distinguishedNameQualifier, distinguishedNameQualifier), (.state, state), (.commonName, commonName),
            (.serialNumber, serialNumber), (.locality, locality), (.title, title), (.surname, surname),
            (.givenName, givenName), (.initials, initials), (.pseudonym, pseudonym),
            (.generationQualifier, generationQualifier),
        ]
    }

    /// The name in a certificate.
    /// - Throws: InvalidArgsException.
    func name() throws(ServiceError) -> DistinguishedName {
        let given = attributes.compactMap { attribute, value in value.map { (attribute.identifier, $0) } }
        let custom = (customAttributes ?? []).map { ($0.objectIdentifier, $0.value) }
        guard given.isEmpty || custom.isEmpty else {
            throw .invalidArgs("CustomAttributes can't be specified together with other attributes of a subject.")
        }
        do { return try DistinguishedName(attributes: given + custom) } catch {
            throw .unwritable(error, in: "The subject")
        }
    }
}

extension View<ACMPCA.GeneralNameFields> {
    /// - Throws: InvalidArgsException unless there is one name, which can be in a certificate.
    func name() throws(ServiceError) -> X509.GeneralName {
        var names: [X509.GeneralName] = []
        do {
            if let otherName { names.append(try .other(otherName.typeId, otherName.value)) }
            if let ediPartyName {
                names.append(try .ediParty(ediPartyName.partyName, assigner: ediPartyName.nameAssigner))
            }
            if let registeredId { names.append(try .registered(registeredId)) }
        } catch {
            throw .unwritable(error, in: "A general name")
        }
        if let rfc822Name { names.append(.rfc822Name(rfc822Name)) }
        if let dnsName { names.append(.dnsName(dnsName)) }
        if let uniformResourceIdentifier { names.append(.uniformResourceIdentifier(uniformResourceIdentifier)) }
        if let directoryName { names.append(.directoryName(try directoryName.name())) }
        if let ipAddress {
            guard let bytes = addressBytes(ipAddress) else {
                throw .invalidArgs("\(ipAddress) is not a valid IP address.")
            }
            names.append(.address(bytes))
        }
        guard let name = names.first, names.count == 1 else {
            throw .invalidArgs("A general name must have exactly one member.")
        }
        return name
    }
}

extension View<ACMPCA.KeyUsageFields> {
    var usage: X509.KeyUsage {
        X509.KeyUsage(
            digitalSignature: digitalSignature ?? false, nonRepudiation: nonRepudiation ?? false,
            keyEncipherment: keyEncipherment ?? false, dataEncipherment: dataEncipherment ?? false,
            keyAgreement: keyAgreement ?? false, keyCertSign: keyCertSign ?? false, cRLSign: crlSign ?? false,
            encipherOnly: encipherOnly ?? false, decipherOnly: decipherOnly ?? false)
    }
}

extension View<ACMPCA.ExtendedKeyUsageFields> {
    /// The purpose's identifier, dotted.
    /// - Throws: InvalidArgsException.
    func identifier() throws(ServiceError) -> String {
        switch (extendedKeyUsageType, extendedKeyUsageObjectIdentifier) {
        case (let type?, nil):
            guard let identifier = purposeIdentifiers[type] else { throw .invalidArgs("Unknown purpose \(type).") }
            return identifier
        case (nil, let identifier?): return identifier
        default: throw .invalidArgs("An extended key usage must have exactly one member.")
        }
    }
}

/// Those of SMART_CARD_LOGIN and DOCUMENT_SIGNING are Microsoft's.
private let purposeIdentifiers = [
    "SERVER_AUTH": "1.3.6.1.5.5.7.3.1", "CLIENT_AUTH": "1.3.6.1.5.5.7.3.2", "CODE_SIGNING": "1.3.6.1.5.5.7.3.3",
    "EMAIL_PROTECTION": "1.3.6.1.5.5.7.3.4", "TIME_STAMPING": "1.3.6.1.5.5.7.3.8",
    "OCSP_SIGNING": "1.3.6.1.5.5.7.3.9", "SMART_CARD_LOGIN": "1.3.6.1.4.1.311.20.2.2",
    "DOCUMENT_SIGNING": "1.3.6.1.4.1.311.10.3.12", "CERTIFICATE_TRANSPARENCY": "1.3.6.1.4.1.11129.2.4.4",
]

/// <https://datatracker.ietf.org/doc/html/rfc5280#section-4.2.2.2>, and RFC 6487 and 8182 for the others.
private let accessMethods = [
    "CA_REPOSITORY": "1.3.6.1.5.5.7.48.5", "RESOURCE_PKI_MANIFEST": "1.3.6.1.5.5.7.48.10",
    "RESOURCE_PKI_NOTIFY": "1.3.6.1.5.5.7.48.13",
]

extension View<ACMPCA.CsrExtensionsFields> {
    /// - Throws: InvalidArgsException.
    func certificateExtensions() throws(ServiceError) -> [Certificate.Extension] {
        var extensions: [Certificate.Extension] = []
        if let keyUsage { extensions.append(try keyUsage.certificateExtension()) }
        if let subjectInformationAccess {
            var descriptions: [(method: String, location: X509.GeneralName)] = []
            for one in subjectInformationAccess {
                let method = one.accessMethod
                guard let identifier = method.customObjectIdentifier ?? accessMethods[method.accessMethodType ?? ""]
                else {
                    throw .invalidArgs("An access method must have exactly one member.")
                }
                descriptions.append((identifier, try one.accessLocation.name()))
            }
            do { extensions.append(try SubjectInformationAccess.extension(descriptions)) } catch {
                throw .unwritable(error, in: "The subject information access")
            }
        }
        return extensions
    }
}

extension View<ACMPCA.KeyUsageFields> {
    fileprivate func certificateExtension() throws(ServiceError) -> Certificate.Extension {
        do { return try Certificate.Extension(usage, critical: true) } catch { throw .internalFailure }
    }
}

extension View<ACMPCA.ExtensionsFields> {
    /// - Throws: InvalidArgsException.
    func certificateExtensions() throws(ServiceError) -> [Certificate.Extension] {
        var extensions: [Certificate.Extension] = []
        do {
            if let keyUsage { extensions.append(try keyUsage.certificateExtension()) }
            if let extendedKeyUsage {
                var usages: [String] = []
                for usage in extendedKeyUsage { usages.append(try usage.identifier()) }
                extensions.append(try .purposes(usages))
            }
            if let certificatePolicies {
                var policies: [CertificatePolicies.Policy] = []
                for one in certificatePolicies {
                    let statements = (one.policyQualifiers ?? []).map(\.qualifier.cpsUri)
                    policies.append(try CertificatePolicies.Policy(one.certPolicyId, statements: statements))
                }
                extensions.append(try CertificatePolicies.extension(policies))
            }
            if let subjectAlternativeNames {
                var names: [X509.GeneralName] = []
                for name in subjectAlternativeNames { names.append(try name.name()) }
                extensions.append(try .alternativeNames(names))
            }
            for one in customExtensions ?? [] {
                guard let value = Base64.decode(one.value.utf8) else {
                    throw ServiceError.invalidArgs("The value of a custom extension must be encoded in Base64.")
                }
                extensions.append(
                    try Certificate.Extension(
                        custom: one.objectIdentifier, critical: one.critical ?? false, value: value))
            }
        } catch let error as ServiceError {
            throw error
        } catch let error as IssuingError {
            throw .unwritable(error, in: "An extension")
        } catch {
            throw .internalFailure
        }
        guard Set(extensions.map(\.oid)).count == extensions.count else {
            throw .invalidArgs("An extension can be specified only once.")
        }
        return extensions
    }
}
