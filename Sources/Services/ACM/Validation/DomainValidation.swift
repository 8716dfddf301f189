import Crypto
import FoundationEssentials
import Ledger
import Platform
import Wire

/// How it is shown that a name is its requester's.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_DomainValidation.html>
struct DomainValidation: Sendable, Codable, Equatable {
    /// AWS's names.
    enum Method: String, Sendable, Codable {
        case dns = "DNS"
        case email = "EMAIL"
    }

    /// AWS's names.
    enum Status: String, Sendable, Codable {
        case pending = "PENDING_VALIDATION"
        case success = "SUCCESS"
        case failed = "FAILED"
    }

    let domainName: String
    let method: Method
    /// What mail is sent to; for DNS the name itself.
    var validationDomain: String
    var status = Status.pending
    /// The record that has to be there; nil unless it is for DNS.
    var record: ValidationRecord?
    /// When mail was last sent anew, in seconds since 1970; nil: it was not.
    var resent: [Double]?

    /// Whom mail is sent to.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/email-validation.html>
    var recipients: [String] {
        guard method == .email else { return [] }
        return ["admin", "administrator", "hostmaster", "postmaster", "webmaster"].map { "\($0)@\(validationDomain)" }
    }

    /// A name without the asterisk of a wildcard.
    static func base(_ name: String) -> String { name.hasPrefix("*.") ? String(name.dropFirst(2)) : name }

    /// The domain that mail for a name is sent to where nobody says otherwise.
    static func usualDomain(_ name: String) -> String {
        let name = base(name)
        return name.hasPrefix("www.") ? String(name.dropFirst(4)) : name
    }
}

/// A CNAME record which shows that whoever put it there has the domain.
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
struct ValidationRecord: Sendable, Codable, Hashable {
    /// `_a79865eb4cd1a6ab990a45779b4e0b96.example.com.`
    let name: String
    /// `_424c7224e9b0146f9a8808af955727d0.hkmpvcwbzw.acm-validations.aws.`
    let value: String
}

/// What validation records are made of, so that nobody can guess one and a domain has the same one in an account for good.
struct ValidationSecret: Record {
    static let kind = "AWS::CertificateManager::ValidationSecret"
    static let onlyID = "dns"

    var id: String { Self.onlyID }
    let bytes: Data

    /// - Parameter name: may be a wildcard, which has the record of the name below it.
    func record(for name: String, accountID: String) -> ValidationRecord {
        let domain = DomainValidation.base(name)
        let digits = Array("0123456789abcdef".utf8)
        func hash(_ purpose: String) -> [UInt8] {
            let text = Array("\(purpose) \(accountID) \(domain)".utf8)
            return Array(HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: bytes)))
        }
        func label(_ purpose: String) -> String {
            let text = hash(purpose).prefix(16).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            return "_" + String(decoding: text, as: UTF8.self)
        }
        let letters = hash("zone").prefix(10).map { UInt8(ascii: "a") + $0 % 26 }
        let zone = String(decoding: letters, as: UTF8.self)
        return ValidationRecord(
            name: "\(label("name")).\(domain).", value: "\(label("value")).\(zone).acm-validations.aws.")
    }
}

extension MutableRecords {
    /// The secret of validation records, which is made when it is first needed. The records may be those of any account.
    func validationSecret() throws(ServiceError) -> ValidationSecret {
        let own = of(PublicAuthority.scope)
        if let secret = try own.get(ValidationSecret.self, ValidationSecret.onlyID) { return secret }
        let secret = ValidationSecret(bytes: Data(Identifiers.randomBytes(32)))
        try own.put(secret)
        return secret
    }
}
