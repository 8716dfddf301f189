import Crypto
import FoundationEssentials

/// The server's side of Cognito's variant of SRP-6a: what is sent to a client that has sent its A, and what proves that it knows
/// the secret. Between the two, ``secret`` and the rest are kept where nobody reads them.
///
/// - Complexity: two exponentiations to begin with, and two for the key; call it from ``SRPWork``.
struct SRPExchange: Sendable, Codable, Equatable, CustomStringConvertible {
    /// A, as few bytes as hold it.
    let clientPublic: [UInt8]
    /// b
    let secret: [UInt8]
    /// u = H(pad(A) || pad(B))
    let scrambler: [UInt8]

    /// k = H(pad(N) || pad(g))
    static let multiplier = Array(SHA256.hash(data: SRPNumber.padded(SRPGroup.modulus) + SRPGroup.generator))

    /// A as a client sends it: nil for what is no number between 0 and N. Whoever sent a multiple of N could prove any secret.
    static func clientPublic(hex: String) -> [UInt8]? {
        guard hex.utf8.count <= 2 * SRPGroup.size + 2, let number = SRPNumber.bytes(hex: hex) else { return nil }
        let shortest = Array(number.drop { $0 == 0 })
        guard !shortest.isEmpty, shortest.count <= SRPGroup.size else { return nil }
        let isBelow = shortest.count < SRPGroup.size || shortest.lexicographicallyPrecedes(SRPGroup.modulus)
        return isBelow ? shortest : nil
    }

    /// Begins an exchange.
    /// - Parameters:
    ///   - clientPublic: what ``clientPublic(hex:)`` has read.
    ///   - secret: 32 random bytes.
    /// - Returns: the exchange with B, of ``SRPGroup/size`` bytes; nil for a B or u of 0, with which nothing could be proved, and
    ///   which nobody ever sees.
    static func begin(
        clientPublic: [UInt8], _ verifier: SRPVerifier, secret: [UInt8]
    ) -> (exchange: SRPExchange, serverPublic: [UInt8])? {
        guard let raised = SRPGroup.power(SRPGroup.generator, secret),
            let masked = SRPGroup.product(multiplier, verifier.verifier), let b = SRPGroup.sum(masked, raised),
            !SRPNumber.isZero(b)
        else { return nil }
        let u = Array(SHA256.hash(data: SRPNumber.padded(clientPublic) + SRPNumber.padded(b)))
        guard !SRPNumber.isZero(u) else { return nil }
        return (SRPExchange(clientPublic: clientPublic, secret: secret, scrambler: u), b)
    }

    /// The key that only somebody who knows the secret, or its verifier, has besides: S = (A v^u)^b, hashed to 16 bytes.
    func key(_ verifier: SRPVerifier) -> SymmetricKey? {
        guard let scrambled = SRPGroup.power(verifier.verifier, scrambler),
            let base = SRPGroup.product(clientPublic, scrambled), let shared = SRPGroup.power(base, secret)
        else { return nil }
        return HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: SRPNumber.padded(shared)), salt: SRPNumber.padded(scrambler),
            info: Array("Caldera Derived Key".utf8), outputByteCount: 16)
    }

    /// Whether a client has proved the secret: by an HMAC over who it is, the block that came with B, and the time.
    func isProved(
        by signature: [UInt8], _ verifier: SRPVerifier, of identity: SRPVerifier.Identity, block: [UInt8],
        timestamp: String
    ) -> Bool? {
        guard let key = key(verifier) else { return nil }
        let message = Array(identity.realm.utf8) + Array(identity.name.utf8) + block + Array(timestamp.utf8)
        return HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: message, using: key)
    }

    /// Without its secret.
    var description: String { "SRPExchange" }
}

extension SRPExchange {
    private enum CodingKeys: String, CodingKey {
        case clientPublic = "A"
        case secret = "b"
        case scrambler = "u"
    }

    // In base64, a third of the length of a list of numbers.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        for (key, bytes) in [(CodingKeys.clientPublic, clientPublic), (.secret, secret), (.scrambler, scrambler)] {
            try values.encode(Data(bytes).base64EncodedString(), forKey: key)
        }
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func bytes(_ key: CodingKeys) throws -> [UInt8] {
            guard let bytes = Data(base64Encoded: try values.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "no base64")
            }
            return Array(bytes)
        }
        clientPublic = try bytes(.clientPublic)
        secret = try bytes(.secret)
        scrambler = try bytes(.scrambler)
    }
}
