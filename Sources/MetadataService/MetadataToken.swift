import Keyring
import Platform
import Wire

/// The tokens of version 2. A token is the time at which it ends, sealed for one instance: nobody has to remember any, and none is
/// worth anything to another instance.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html#instance-metadata-v2-how-it-works>
struct MetadataTokens: Sendable {
    /// For how long a token can be asked for, in seconds: up to six hours.
    static let lifetimes = 1...21_600

    private let key: SealingKey

    /// - Throws: InternalFailure when the keyring can't provide the key.
    init(_ environment: Environment) throws(ServiceError) {
        key = try environment.sessionTokens.key(for: "instance-metadata-token")
    }

    /// - Parameters:
    ///   - end: in seconds since 1970.
    func make(for instance: InstanceName, until end: Double) throws(ServiceError) -> String {
        let time = end.bitPattern
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: time >> (8 * UInt64($0))) }
        do { return Base64URL.encode(try key.seal(bytes, authenticating: Self.context(instance))) } catch {
            throw .internalFailure
        }
    }

    /// When a token ends; nil for what is no token of the instance's.
    func end(of token: String, for instance: InstanceName) -> Double? {
        guard token.utf8.count <= 128, let sealed = Base64URL.decode(token),
            let bytes = try? key.open(sealed, authenticating: Self.context(instance)), bytes.count == 8
        else { return nil }
        return Double(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func context(_ instance: InstanceName) -> [UInt8] {
        Array("gatehouse instance metadata token \(instance.arn)".utf8)
    }
}
