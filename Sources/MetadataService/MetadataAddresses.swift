import Keyring
import Platform
import Wire

/// Addresses that nobody can guess: whoever has one is taken for the instance that is sealed in it.
struct MetadataAddresses: Sendable {
    /// Below this path lies the metadata of all instances that are reached by Gatehouse's own address. No bucket has such a name.
    static let root = "/_gatehouse/instances/"
    /// Where containers get credentials, with ``Purpose/container`` in the header `Authorization`.
    static let container = "/_gatehouse/instance-credentials"
    /// Where containers get them by 169.254.170.2, with the same behind it.
    static let relative = "/v2/credentials/"

    /// What an address is for: one is not good for the other.
    enum Purpose: String, Sendable {
        case metadata
        case container
    }

    private let key: SealingKey

    /// - Throws: InternalFailure when the keyring can't provide the key.
    init(_ environment: Environment) throws(ServiceError) {
        key = try environment.sessionTokens.key(for: "instance-metadata-address")
    }

    /// The secret part.
    func seal(_ instance: InstanceName, for purpose: Purpose) throws(ServiceError) -> String {
        let text = "\(instance.account) \(instance.region) \(instance.id)"
        do { return Base64URL.encode(try key.seal(Array(text.utf8), authenticating: Self.context(purpose))) } catch {
            throw .internalFailure
        }
    }

    /// The instance that a secret part is for; nil for anything else.
    func open(_ secret: some StringProtocol, for purpose: Purpose) -> InstanceName? {
        guard secret.utf8.count <= 512, let sealed = Base64URL.decode(String(secret)),
            let bytes = try? key.open(sealed, authenticating: Self.context(purpose)),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let parts = text.split(separator: " ")
        guard parts.count == 3 else { return nil }
        return InstanceName(account: String(parts[0]), region: String(parts[1]), id: String(parts[2]))
    }

    private static func context(_ purpose: Purpose) -> [UInt8] {
        Array("gatehouse instance \(purpose.rawValue)".utf8)
    }
}
