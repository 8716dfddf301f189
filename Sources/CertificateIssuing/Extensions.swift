import SwiftASN1
public import X509

// Extensions as they are asked for.

extension Certificate.Extension {
    /// An extension whose value is given as it is.
    /// - Throws: ``IssuingError/malformedExtension`` for an identifier that is none, or a value that is no DER.
    public init(custom identifier: String, critical: Bool, value: [UInt8]) throws(IssuingError) {
        let oid = try ASN1ObjectIdentifier(issuing: identifier)
        self.init(oid: oid, critical: critical, value: value[...])
    }

    static func distributionPoint(_ address: String) throws(IssuingError) -> Certificate.Extension {
        try made([2, 5, 29, 31], of: DistributionPoint(address: address))
    }

    /// RFC 5280, section 4.2.2.1: where to ask whether a certificate is revoked, and where its issuer's own is.
    static func access(responder: String?, issuer: String?) throws(IssuingError) -> Certificate.Extension {
        typealias Access = AuthorityInformationAccess.AccessDescription
        var all: [Access] = []
        if let responder { all.append(Access(method: .ocspServer, location: .uniformResourceIdentifier(responder))) }
        if let issuer { all.append(Access(method: .issuingCA, location: .uniformResourceIdentifier(issuer))) }
        do { return try Certificate.Extension(AuthorityInformationAccess(all), critical: false) } catch {
            throw .malformedExtension
        }
    }

    static func made(
        _ oid: ASN1ObjectIdentifier, of value: some DERSerializable
    ) throws(IssuingError) -> Certificate.Extension {
        var serializer = DER.Serializer()
        do { try serializer.serialize(value) } catch { throw .malformedExtension }
        return Certificate.Extension(oid: oid, critical: false, value: serializer.serializedBytes[...])
    }
}

extension Certificate.Extension {
    /// What a key is for: dotted identifiers (RFC 5280, section 4.2.1.12).
    /// - Throws: ``IssuingError/malformedExtension``.
    public static func purposes(_ identifiers: [String]) throws(IssuingError) -> Certificate.Extension {
        var usages: [ExtendedKeyUsage.Usage] = []
        for identifier in identifiers { usages.append(.init(oid: try ASN1ObjectIdentifier(issuing: identifier))) }
        do { return try Certificate.Extension(try ExtendedKeyUsage(usages), critical: false) } catch {
            throw .malformedExtension
        }
    }

    /// Other names of whom the certificate is about (RFC 5280, section 4.2.1.6).
    /// - Throws: ``IssuingError/malformedExtension``.
    public static func alternativeNames(_ names: [GeneralName]) throws(IssuingError) -> Certificate.Extension {
        do { return try Certificate.Extension(SubjectAlternativeNames(names), critical: false) } catch {
            throw .malformedExtension
        }
    }
}

extension ASN1ObjectIdentifier {
    /// - Parameter text: dotted.
    init(issuing text: String) throws(IssuingError) {
        do { self = try ASN1ObjectIdentifier(dotRepresentation: text[...]) } catch { throw .malformedExtension }
    }
}
