import CognitoIDPAPI
import Crypto
import FoundationEssentials
import Ledger
import Platform
import Wire

/// A code that was sent to a user, and not used yet: its hash.
///
/// A new one takes the place of the one before, so that the latest alone is of use.
struct UserCode: TableRow, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPoolUser::Code"

    /// What a code is good for.
    enum Purpose: Sendable, Equatable {
        case signUp
        case forgotPassword
        /// To prove an address: `email` or `phone_number`.
        case verify(String)

        var name: String {
            switch self {
            case .signUp: "signUp"
            case .forgotPassword: "forgotPassword"
            case .verify(let attribute): "verify:\(attribute)"
            }
        }

        /// For how many seconds it holds.
        /// <https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html>
        var validity: Double {
            switch self {
            case .signUp, .verify: 24 * 3600
            case .forgotPassword: 3600
            }
        }
    }

    let poolID: String
    /// ``PoolUser/name``
    let user: String
    /// ``Purpose/name``
    let purpose: String
    /// In base64.
    let salt: String
    /// HMAC-SHA256 of the code by the salt, in base64.
    let hash: String
    /// Seconds since 1970.
    let expires: Double
    /// The attribute whose address it was sent to.
    let attribute: String
    /// The address. The code proves no other that has taken its place meanwhile.
    let recipient: String
    /// The address that is the attribute's once it is proved, where the pool keeps the old one until then.
    var newValue: String?
    /// How many others were tried in its place; nil: none.
    private(set) var wrongTries: Int?

    /// After so many it is of no use any more.
    static let mostWrongTries = 10

    var partition: String { poolID }
    var key: RowKey { Self.key(user, purpose) }
    var indexes: [RowIndex] { [RowIndex("expires", RowKey(.number(Int64(clamping: Int(expires)))))] }

    static func key(_ user: String, _ purpose: String) -> RowKey { RowKey(.text(user), .text(purpose)) }

    var description: String { "UserCode for \(purpose)" }

    /// Six digits.
    static func make() -> String {
        var source = SystemRandomNumberGenerator()
        let number = String(Int.random(in: 0..<1_000_000, using: &source))
        return String(repeating: "0", count: 6 - number.count) + number
    }

    init(
        _ code: String, _ purpose: Purpose, of user: PoolUser, to delivery: CodeDelivery, newValue: String? = nil,
        at time: Double
    ) {
        poolID = user.poolID
        self.user = user.name
        self.purpose = purpose.name
        let salt = Identifiers.randomBytes(16)
        self.salt = Data(salt).base64EncodedString()
        hash = Self.hash(code, salt)
        expires = time + purpose.validity
        attribute = delivery.medium.attribute
        recipient = delivery.recipient
        self.newValue = newValue
    }

    private static func hash(_ code: String, _ salt: [UInt8]) -> String {
        Data(HMAC<SHA256>.authenticationCode(for: Array(code.utf8), using: SymmetricKey(data: salt)))
            .base64EncodedString()
    }

    func matches(_ code: String) -> Bool {
        guard let salt = Data(base64Encoded: salt) else { return false }
        return !isSpent && isSameSecret(hash, Self.hash(code, Array(salt)))
    }

    /// Whether too many others were tried.
    var isSpent: Bool { (wrongTries ?? 0) >= Self.mostWrongTries }

    fileprivate mutating func countWrongTry() { wrongTries = (wrongTries ?? 0) + 1 }
}

extension RecordReading {
    /// The code that a user was sent for a purpose, if this is it.
    /// - Throws: ExpiredCodeException where there is none that holds, CodeMismatchException where it is another.
    func provenCode(
        _ code: String, _ purpose: UserCode.Purpose, of user: PoolUser, at time: Double
    ) throws(ServiceError) -> UserCode {
        let stored = try get(UserCode.self, UserCode.key(user.name, purpose.name), of: user.poolID)
        guard let stored, stored.expires > time,
            stored.newValue != nil || user[attribute: stored.attribute] == stored.recipient
        else { throw .expiredCode }
        guard stored.matches(code) else { throw .codeMismatch }
        return stored
    }
}

extension Call {
    /// Counts a try of a user's code, if it is wrong. It has a transaction of its own: that of the operation, which refuses the
    /// code, is undone.
    /// - Parameter name: as the request has it.
    func countTry(
        _ code: String, _ purpose: UserCode.Purpose, ofUserNamed name: String, _ pool: PoolEntry
    ) async throws(ServiceError) {
        recordDurably()
        try await environment.write(pool.scope, requestID: requestID) { (records) throws(ServiceError) in
            guard let user = try records.user(named: name, of: pool),
                var stored = try records.get(UserCode.self, UserCode.key(user.name, purpose.name), of: pool.id),
                !stored.isSpent, !stored.matches(code)
            else { return }
            // It stays where it is, and matches nothing: that looks the same as a code which nobody was sent.
            stored.countWrongTry()
            try records.put(stored)
        }
    }
}

extension MutableRecords {
    /// Deletes all codes of a user.
    func forgetCodes(of user: PoolUser) throws(ServiceError) {
        let range = RowRange(RowPrefix(.text(user.name)))
        for code in try list(UserCode.self, of: user.poolID, range, limit: .max) {
            try delete(UserCode.self, code.key, of: user.poolID)
        }
    }
}

extension ServiceError {
    static var expiredCode: ServiceError {
        .cognito(.expiredCodeException, "Invalid code provided, please request a code again.")
    }

    static var codeMismatch: ServiceError {
        .cognito(.codeMismatchException, "Invalid verification code provided, please try again.")
    }

    static var attemptLimitExceeded: ServiceError {
        .cognito(.limitExceededException, "Attempt limit exceeded, please try after some time.")
    }
}
