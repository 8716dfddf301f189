import FoundationEssentials
import Keyring
import Wire

/// Seals what the console gives to browsers to keep: nobody but Gatehouse can read it, or make it.
struct Sealer: Sendable {
    /// What something is for. What was sealed for one purpose does not open for another.
    enum Purpose: String {
        /// Who is signed in.
        case session
        /// How far a sign-in has come.
        case signIn
        /// A browser in which somebody has signed in before.
        case device
        /// The roles that were switched to lately.
        case roles
        /// What the next page is to tell.
        case notice
        /// The link in a mail for a forgotten password.
        case recovery
        /// What a new passkey is to sign.
        case passkey
        /// Somebody who is on the way in.
        case entry
        /// A token of the federation endpoint's.
        case federation
        /// What a program asks to be allowed, while its page is shown.
        case authorization
    }

    private let key: SealingKey

    init(_ keyring: any Keyring) throws(KeyringError) {
        key = try keyring.sealingKey(for: "console")
    }

    /// - Throws: InternalFailure when it can't be sealed.
    func seal<Value: Encodable>(_ value: Value, for purpose: Purpose) throws(ServiceError) -> String {
        do {
            let bytes = Array(try JSONEncoder().encode(value))
            return Base64URL.encode(try key.seal(bytes, authenticating: Self.context(purpose)))
        } catch {
            throw .internalFailure
        }
    }

    /// nil for anything but what ``seal(_:for:)`` made for the same purpose. Whether it is still valid is for the caller to
    /// check.
    func open<Value: Decodable>(_ text: String, for purpose: Purpose, as type: Value.Type = Value.self) -> Value? {
        guard let sealed = Base64URL.decode(text),
            let bytes = try? key.open(sealed, authenticating: Self.context(purpose))
        else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }

    private static func context(_ purpose: Purpose) -> [UInt8] { Array("gatehouse console \(purpose.rawValue)".utf8) }
}
