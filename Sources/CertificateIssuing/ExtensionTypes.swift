public import SwiftASN1
public import X509

// Extensions of RFC 5280 that swift-certificates has no types for.

/// RFC 5280, section 4.2.1.4: under what policies a certificate is issued.
public struct CertificatePolicies: DERSerializable, Sendable {
    /// A policy, and where it can be read.
    public struct Policy: Sendable {
        let identifier: ASN1ObjectIdentifier
        let statements: [String]

        /// - Parameters:
        ///   - identifier: dotted.
        ///   - statements: URIs of certification practice statements.
        /// - Throws: ``IssuingError/malformedExtension``.
        public init(_ identifier: String, statements: [String]) throws(IssuingError) {
            self.identifier = try ASN1ObjectIdentifier(issuing: identifier)
            self.statements = statements
        }
    }

    private let policies: [Policy]

    /// The extension, which need not be understood.
    /// - Throws: ``IssuingError/malformedExtension``.
    public static func `extension`(_ policies: [Policy]) throws(IssuingError) -> Certificate.Extension {
        try .made([2, 5, 29, 32], of: CertificatePolicies(policies: policies))
    }

    public func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            for policy in policies { try policy.serialize(into: &coder) }
        }
    }
}

extension CertificatePolicies.Policy {
    fileprivate static let practiceStatement: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 2, 1]

    fileprivate func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(identifier)
            guard !statements.isEmpty else { return }
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                for statement in statements {
                    try coder.appendConstructedNode(identifier: .sequence) { coder in
                        try coder.serialize(Self.practiceStatement)
                        try coder.serialize(try ASN1IA5String(statement))
                    }
                }
            }
        }
    }
}

/// RFC 5280, section 4.2.2.2: what an authority offers, and where.
public struct SubjectInformationAccess: DERSerializable, Sendable {
    private let descriptions: [(method: ASN1ObjectIdentifier, location: GeneralName)]

    /// The extension, which need not be understood.
    /// - Parameter descriptions: the methods are dotted identifiers.
    /// - Throws: ``IssuingError/malformedExtension``.
    public static func `extension`(
        _ descriptions: [(method: String, location: GeneralName)]
    ) throws(IssuingError) -> Certificate.Extension {
        let access = try descriptions.map { (method, location) throws(IssuingError) in
            (method: try ASN1ObjectIdentifier(issuing: method), location: location)
        }
        return try .made([1, 3, 6, 1, 5, 5, 7, 1, 11], of: SubjectInformationAccess(descriptions: access))
    }

    public func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            for (method, location) in descriptions {
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try coder.serialize(method)
                    try coder.serialize(location)
                }
            }
        }
    }
}

/// RFC 5280, section 4.2.1.13: where an authority's list of revoked certificates is.
struct DistributionPoint: DERSerializable {
    let address: String

    func serialize(into coder: inout DER.Serializer) throws {
        let first = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
        try coder.appendConstructedNode(identifier: .sequence) { points in
            try points.appendConstructedNode(identifier: .sequence) { point in
                // The name is one of two kinds, and so has a tag of its own; the first kind is by its full name.
                try point.appendConstructedNode(identifier: first) { name in
                    try name.appendConstructedNode(identifier: first) { names in
                        try names.serialize(GeneralName.uniformResourceIdentifier(address))
                    }
                }
            }
        }
    }
}

extension GeneralName {
    /// An EDI party's name.
    /// - Throws: ``IssuingError/malformedExtension``.
    public static func ediParty(_ name: String, assigner: String?) throws(IssuingError) -> GeneralName {
        do {
            let tag = ASN1Identifier(tagWithNumber: 5, tagClass: .contextSpecific)
            return .ediPartyName(try ASN1Any(erasing: PartyName(name: name, assigner: assigner), withIdentifier: tag))
        } catch {
            throw .malformedExtension
        }
    }

    /// A name of a kind of its own, with a text for a value.
    /// - Throws: ``IssuingError/malformedExtension``.
    public static func other(_ type: String, _ text: String) throws(IssuingError) -> GeneralName {
        let type = try ASN1ObjectIdentifier(issuing: type)
        do { return .otherName(OtherName(typeID: type, value: try ASN1Any(erasing: ASN1UTF8String(text)))) } catch {
            throw .malformedExtension
        }
    }

    /// - Throws: ``IssuingError/malformedExtension``.
    public static func registered(_ identifier: String) throws(IssuingError) -> GeneralName {
        .registeredID(try ASN1ObjectIdentifier(issuing: identifier))
    }

    /// An address of 4 or 16 bytes.
    public static func address(_ bytes: [UInt8]) -> GeneralName {
        .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
    }
}

private struct PartyName: DERImplicitlyTaggable {
    static let defaultIdentifier = ASN1Identifier.sequence
    let name: String
    let assigner: String?

    init(name: String, assigner: String?) {
        self.name = name
        self.assigner = assigner
    }

    init(derEncoded: ASN1Node, withIdentifier identifier: ASN1Identifier) throws {
        throw IssuingError.malformedExtension
    }

    func serialize(into coder: inout DER.Serializer, withIdentifier identifier: ASN1Identifier) throws {
        try coder.appendConstructedNode(identifier: identifier) { coder in
            if let assigner {
                try coder.serialize(
                    ASN1UTF8String(assigner), explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific)
            }
            try coder.serialize(ASN1UTF8String(name), explicitlyTaggedWithTagNumber: 1, tagClass: .contextSpecific)
        }
    }
}
