import FoundationEssentials
package import Keyring
import Platform
package import Wire

/// Seals what a site gives to browsers to keep: nobody but Gatehouse can read it, or make it.
///
/// `Purpose` says what something is for. What was sealed for one purpose, or by another site, does not open for another.
package struct Sealer<Purpose: RawRepresentable<String> & Sendable>: Sendable {
    private let key: SealingKey
    private let site: String

    /// - Parameter site: names the site among all.
    package init(_ keyring: any Keyring, for site: String) throws(KeyringError) {
        key = try keyring.sealingKey(for: site)
        self.site = site
    }

    /// - Throws: InternalFailure when it can't be sealed.
    package func seal<Value: Encodable>(_ value: Value, for purpose: Purpose) throws(ServiceError) -> String {
        do {
            let bytes = Array(try JSONEncoder().encode(value))
            return Base64URL.encode(try key.seal(bytes, authenticating: context(purpose)))
        } catch {
            throw .internalFailure
        }
    }

    /// nil for anything but what ``seal(_:for:)`` made for the same purpose. Whether it is still valid is for the caller to
    /// check.
    package func open<Value: Decodable>(
        _ text: String, for purpose: Purpose, as type: Value.Type = Value.self
    ) -> Value? {
        guard let sealed = Base64URL.decode(text),
            let bytes = try? key.open(sealed, authenticating: context(purpose))
        else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }

    private func context(_ purpose: Purpose) -> [UInt8] { Array("gatehouse \(site) \(purpose.rawValue)".utf8) }
}
