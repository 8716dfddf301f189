import Crypto
import FoundationEssentials
import KMSAPI
import Ledger
import Platform
import Policy
import Wire

/// A grant of a key. It lies with the key, not with its grantee.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>
///
/// There may be fifty thousand of them for each key, so they are never all in memory: a request finds the few that name
/// its caller by their references. Of those with an `EncryptionContextEquals`, it finds only those with its own
/// context, except for the operations that have none.
struct Grant: Record {
    static let kind = "AWS::KMS::Grant"

    /// 64 hexadecimal digits.
    let id: String
    let keyID: String
    /// A unique id of a user or role, the ARN of another principal, or a service's name.
    let grantee: String
    /// Who else may retire it, named as `grantee`.
    let retiring: String?
    /// The account of `retiring`; nil for a service.
    let retiringAccountID: String?
    let operations: [String]
    let equals: [String: String]?
    let subset: [String: String]?
    let sourceARN: String?
    let name: String?
    /// The account that made it, and may always retire it.
    let issuer: String
    /// Seconds since 1970.
    let creationDate: Double
    /// With what its tokens are proved: 32 random bytes.
    let tokenKey: Data

    var references: [Reference] {
        var references = [Reference(Self.ofKey, to: keyID)]
        if let equals {
            references.append(
                Reference(Self.toGranteeInContext, to: Self.target(keyID, grantee, Self.digest(of: equals))))
        }
        if equals == nil || !Self.operationsWithoutContext.isDisjoint(with: operations) {
            references.append(Reference(Self.toGrantee, to: Self.target(keyID, grantee)))
        }
        if let name { references.append(Reference(Self.named, to: Self.target(keyID, name))) }
        return references
    }
    var requirements: [Requirement] { [Requirement(Key.kind, keyID)] }

    static let ofKey = "grant-of-key"
    static let toGrantee = "grant-to"
    static let toGranteeInContext = "grant-to-in-context"
    static let named = "grant-named"

    /// The operations for which an encryption context of a grant doesn't count.
    static let operationsWithoutContext: Set<String> = ["CreateGrant", "DescribeKey", "RetireGrant"]

    static func target(_ parts: String...) -> String { parts.joined(separator: " ") }

    /// What stands for a whole encryption context.
    static func digest(of context: [String: String]) -> String {
        var hash = SHA256()
        for (key, value) in context.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            for text in [key, value] {
                withUnsafeBytes(of: UInt64(text.utf8.count).bigEndian) { hash.update(bufferPointer: $0) }
                hash.update(data: Array(text.utf8))
            }
        }
        return hash.finalize().map { hexadecimal($0) }.joined()
    }

    /// The grant as the policy engine knows it.
    var keyGrant: KeyGrant {
        KeyGrant(
            grantee: grantee, operations: operations,
            constraints: KeyGrant.Constraints(
                encryptionContextEquals: equals, encryptionContextSubset: subset, sourceARN: sourceARN), name: id)
    }
}

/// What the account of a grant's retiring principal has of it: the grant itself may be another account's.
struct RetirableGrant: Record {
    static let kind = "AWS::KMS::RetirableGrant"
    static let keepsHistory = false

    /// The grant's.
    let id: String
    /// The account whose key it is of.
    let keyAccountID: String
    /// As in the grant.
    let retiring: String

    var references: [Reference] { [Reference(Self.by, to: retiring)] }

    static let by = "grant-retirable-by"
}

enum GrantIDs {
    /// - Throws: InvalidGrantIdException.
    static func check(_ id: String) throws(ServiceError) {
        guard id.utf8.count == 64, id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw .kms(.invalidGrantIdException, "The grant ID \(id) is not valid.") }
    }
}

/// Two hexadecimal digits.
func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.utf8.count == 1 ? "0" + digits : digits
}
