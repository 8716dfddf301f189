import CCertificates
import SwiftASN1
public import X509

// What holds for a certificate because of those above it: RFC 5280, section 6.

extension Certificate {
    /// Whether it makes its owner an authority, in a way that nobody can read over.
    /// <https://docs.aws.amazon.com/privateca/latest/userguide/RFC-compliance.html>
    public var isOfAuthority: Bool {
        guard extensions[oid: .X509ExtensionID.basicConstraints]?.critical == true,
            case .isCertificateAuthority? = try? extensions.basicConstraints
        else { return false }
        guard extensions[oid: .X509ExtensionID.keyUsage] != nil else { return true }
        return (try? extensions.keyUsage)?.keyCertSign == true
    }

    /// Whether its own key has signed it.
    public var isSelfSigned: Bool { subject == issuer && publicKey.isValidSignature(signature, for: self) }

    /// Whether the owner of one certificate has signed another, by name and key. Nothing else of either is looked at.
    /// - Parameters:
    ///   - der: the certificate's that is signed.
    ///   - authority: the other one's.
    public static func isSigned(_ der: [UInt8], by authority: [UInt8]) -> Bool {
        certificate_is_signed_by(der, der.count, authority, authority.count)
    }

    /// Whether the last of a chain vouches for this certificate by way of the others, at a time in seconds since 1970.
    ///
    /// That more authorities follow than one permits is found only of those in between: see ``pathLength(below:)``.
    /// - Parameter chain: whoever signed this certificate first.
    public func isVouchedFor(by chain: [Certificate], at time: Double) -> Bool {
        guard !chain.isEmpty, let time = Int64(exactly: time.rounded(.down)) else { return false }
        var issued = self
        for issuer in chain {
            guard issued.issuer == issuer.subject, issuer.publicKey.isValidSignature(issued.signature, for: issued)
            else { return false }
            issued = issuer
        }
        guard let path = try? ([self] + chain).flatMap({ try $0.der() }) else { return false }
        return certificate_path_is_valid(path, path.count, time)
    }

    /// How many authorities may follow below the first of a path; nil: any number. It is negative where not even the first may
    /// be there.
    /// - Parameter path: each signed by the next one.
    public static func pathLength(below path: [Certificate]) -> Int? {
        var most: Int?
        for (index, certificate) in path.reversed().enumerated() {
            if index > 0, certificate.subject != certificate.issuer { most = most.map { max(-1, $0 - 1) } }
            let constraints = try? certificate.extensions.basicConstraints
            guard case .isCertificateAuthority(let own?)? = constraints else { continue }
            most = max(-1, min(most ?? own, own))
        }
        return most
    }

    /// Whether all its names lie within the name constraints of the authorities above it.
    public func isPermitted(by authorities: [Certificate]) -> Bool {
        guard let own = try? der() else { return false }
        return authorities.allSatisfy { authority in
            guard authority.extensions[oid: .X509ExtensionID.nameConstraints] != nil else { return true }
            guard let der = try? authority.der() else { return false }
            return certificate_is_permitted(own, own.count, der, der.count)
        }
    }

    /// Whether its name constraints, if it has any, can be applied to what is issued below it.
    public var hasKnownNameConstraints: Bool {
        guard extensions[oid: .X509ExtensionID.nameConstraints] != nil else { return true }
        guard let own = try? der() else { return false }
        return certificate_has_known_constraints(own, own.count)
    }
}
