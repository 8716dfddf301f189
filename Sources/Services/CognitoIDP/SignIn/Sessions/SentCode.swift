import Crypto
import FoundationEssentials
import Platform

/// A code that was sent to a user who signs in: its hash, which the session carries.
struct SentCode: Codable, Sendable, Equatable {
    /// `SMS_MFA`, `EMAIL_OTP`, `SMS_OTP`
    let challenge: String
    /// The attribute whose address it went to.
    let attribute: String
    /// Whether it is all that proves who the user is.
    let isFirstFactor: Bool
    /// The address, where it becomes the user's once the code is right.
    let newAddress: String?
    private let salt: String
    private let hash: String
    /// The hash of the address: as long for all, as the session has to be.
    private let recipientHash: String

    init(_ code: String, challenge: String, to delivery: CodeDelivery, isFirstFactor: Bool, isNew: Bool = false) {
        self.challenge = challenge
        attribute = delivery.medium.attribute
        self.isFirstFactor = isFirstFactor
        newAddress = isNew ? delivery.recipient : nil
        let salt = Data(Identifiers.randomBytes(16)).base64EncodedString()
        self.salt = salt
        hash = Self.hash(code, salt)
        recipientHash = Self.hash(delivery.recipient, salt)
    }

    func matches(_ code: String) -> Bool { isSameSecret(hash, Self.hash(code, salt)) }

    /// Whether it went to an address: it proves no other that has taken its place meanwhile.
    func wasSent(to address: String?) -> Bool {
        address.map { isSameSecret(recipientHash, Self.hash($0, salt)) } ?? false
    }

    private static func hash(_ code: String, _ salt: String) -> String {
        let key = SymmetricKey(data: Array(salt.utf8))
        return Data(HMAC<SHA256>.authenticationCode(for: Array(code.utf8), using: key)).base64EncodedString()
    }
}
