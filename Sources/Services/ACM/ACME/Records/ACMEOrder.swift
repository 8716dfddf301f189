import ACME
import CertificateIssuing
import FoundationEssentials
import Ledger
import Platform
import Wire

/// What an account has asked for: a certificate for some names, and how far that has come (RFC 8555, section 7.1.6).
struct ACMEOrder: TableRow {
    static let kind = "AWS::CertificateManager::AcmeOrder"
    /// Seconds for which it waits to be finalized.
    static let lifetime = 7 * 86_400.0

    /// RFC 8555's names.
    enum Status: String, Sendable, Codable {
        case pending, ready, processing, valid, invalid
    }

    let endpointID: String
    /// 32 hexadecimal digits.
    let id: String
    let accountID: String
    let names: [OrderedName]
    /// One for each name, in the same order.
    var authorizations: [ACMEAuthorization]
    /// As it was last changed; see ``status(at:)``.
    var state: Status
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    let expires: Double
    /// The request that it was finalized with, in DER.
    var request: Data?
    /// The serial number of the certificate that it is to replace; nil: none.
    var replaces: String?
    /// Of ACM, once it is issued.
    var certificateID: String?
    var problem: Problem?

    var partition: String { endpointID }
    var key: RowKey { Self.key(id) }
    var indexes: [RowIndex] { [RowIndex(Self.byAccount, place.value(of: accountID))] }

    /// Where an order is among those of its account.
    struct Place: Sendable, Hashable {
        /// Whole seconds since 1970.
        let created: Int64
        /// The order's.
        let id: String

        func value(of accountID: String) -> RowKey { RowKey(.text(accountID), .descending(created)) }
    }

    var place: Place { Place(created: Int64(exactly: created.rounded()) ?? 0, id: id) }

    static let byAccount = "account"
    static func key(_ id: String) -> RowKey { RowKey(.text(id)) }

    /// - Parameter time: seconds since 1970.
    func status(at time: Double) -> Status {
        (state == .pending || state == .ready) && time >= expires ? .invalid : state
    }

    /// Becomes what its authorizations make of it.
    mutating func settle() {
        guard state == .pending else { return }
        if authorizations.allSatisfy({ $0.status == .valid }) {
            state = .ready
        } else if let failed = authorizations.first(where: { $0.status != .valid && $0.status != .pending }) {
            state = .invalid
            problem =
                failed.problem ?? Problem(.unauthorized, "The authorization for \(failed.name.text) is not valid.")
        }
    }
}

/// Whether an account may have certificates for a name.
struct ACMEAuthorization: Sendable, Codable {
    /// RFC 8555's names.
    enum Status: String, Sendable, Codable {
        case pending, valid, invalid, deactivated
    }

    let name: OrderedName
    var status: Status
    var challenges: [ACMEChallenge]
    /// Whether a domain validation of the endpoint allows it, for as long as it is there, and not the account's own proof.
    let isPreapproved: Bool

    /// Why it is not valid.
    var problem: Problem? { challenges.lazy.compactMap(\.problem).first }
}

/// A way to prove that a name is the account's.
struct ACMEChallenge: Sendable, Codable {
    /// RFC 8555, sections 8.3 and 8.4.
    enum Method: String, Sendable, Codable, CaseIterable {
        case http = "http-01"
        case dns = "dns-01"
    }

    /// RFC 8555's names.
    enum Status: String, Sendable, Codable {
        case pending, processing, valid, invalid
    }

    let method: Method
    /// In base64url.
    let token: String
    var status: Status
    /// Seconds since 1970.
    var validated: Double?
    var problem: Problem?
}

/// A certificate that was issued at an endpoint, by its serial number.
struct ACMECertificate: TableRow {
    static let kind = "AWS::CertificateManager::AcmeCertificate"

    let endpointID: String
    /// See ``serial(_:)``.
    let serial: String
    /// Of ACM.
    let certificateID: String
    let accountID: String
    /// The order that replaces it; nil: none does.
    var replacedBy: String?

    var partition: String { endpointID }
    var key: RowKey { Self.key(serial) }

    static func key(_ serial: String) -> RowKey { RowKey(.text(serial)) }

    /// A serial number in hexadecimal digits, without colons and without zeros at the beginning.
    static func serial(_ text: String) -> String {
        let digits = SerialNumber.kept(text).drop { $0 == "0" }
        return digits.isEmpty ? "0" : String(digits)
    }
}

/// A nonce that was used: it can't be used again.
struct UsedNonce: TableRow {
    static let kind = "AWS::CertificateManager::AcmeNonce"

    /// When it was issued, in milliseconds since 1970.
    let issued: Int64
    let random: Data

    var key: RowKey { RowKey(.number(issued), .bytes(Array(random))) }
}

/// Forgets an order some time after it is over.
struct ForgetACMEOrder: Job {
    static let kind = "ACM::ForgetAcmeOrder"

    let endpointID: String
    let orderID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (endpointID, orderID) = (endpointID, orderID)
        try await context.finish { (records) throws(ServiceError) in
            try records.delete(ACMEOrder.self, ACMEOrder.key(orderID), of: endpointID)
        }
    }
}
