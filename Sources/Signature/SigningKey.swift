import Crypto

/// The two algorithms of Signature Version 4. The raw value is how a request names it.
///
/// Both derive their keys from the same secret access key, so that the same credentials work with both.
public enum SigningAlgorithm: String, Sendable, CaseIterable {
    /// Version 4: an HMAC, valid for one region.
    case v4 = "AWS4-HMAC-SHA256"
    /// Version 4A: an ECDSA signature, valid for any number of regions, which the signed field `X-Amz-Region-Set`
    /// lists.
    case v4A = "AWS4-ECDSA-P256-SHA256"
}

/// What a signing key is good for: one day, one region, one service.
struct SigningScope: Hashable, Sendable {
    var algorithm: SigningAlgorithm = .v4
    var date: String
    /// Not part of a scope of version 4A.
    var region: String
    var service: String

    /// The last element of every credential scope.
    static let terminator = "aws4_request"

    /// `20150830/us-east-1/iam/aws4_request`
    func append(to output: inout [UInt8]) {
        func append(_ element: String) {
            output.append(contentsOf: element.utf8)
            output.append(UInt8(ascii: "/"))
        }
        append(date)
        if algorithm == .v4 { append(region) }
        append(service)
        output.append(contentsOf: Self.terminator.utf8)
    }

    /// What of a scope the key is derived from: a pair of keys is the same for all.
    var ofKey: SigningScope {
        algorithm == .v4 ? self : SigningScope(algorithm: algorithm, date: "", region: "", service: "")
    }
}

/// The key that signs, derived from a secret access key for one scope. It does not give the secret away.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct SigningKey: Sendable {
    private enum Kind: Sendable {
        // Keyed already, so that each signature is spared two of its four blocks.
        case shared(HMAC<SHA256>)
        case pair(P256.Signing.PrivateKey, P256.Signing.PublicKey)
    }

    private let kind: Kind

    init(accessKeyID: String, secretAccessKey: String, scope: SigningScope) {
        switch scope.algorithm {
        case .v4:
            var key = SymmetricKey(data: Array("AWS4".utf8) + Array(secretAccessKey.utf8))
            for element in [scope.date, scope.region, scope.service, SigningScope.terminator] {
                key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(element.utf8), using: key))
            }
            kind = .shared(HMAC(key: key))
        case .v4A:
            let key = KeyPairDerivation.key(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey)
            kind = .pair(key, key.publicKey)
        }
    }

    /// The signature's bytes: a code of 32, or the DER form of an elliptic curve's.
    func signature(of stringToSign: [UInt8]) -> [UInt8] {
        switch kind {
        case .shared(var authenticator):
            authenticator.update(data: stringToSign)
            return Array(authenticator.finalize())
        case .pair(let key, _):
            // It fails on no input: a key that was made is one that signs.
            return (try? key.signature(for: stringToSign)).map { Array($0.derRepresentation) } ?? []
        }
    }

    /// Codes are compared in constant time, as swift-crypto does with all authentication codes.
    func isSignature(_ signature: [UInt8], of stringToSign: [UInt8]) -> Bool {
        switch kind {
        case .shared(var authenticator):
            authenticator.update(data: stringToSign)
            return authenticator.finalize() == signature
        case .pair(_, let key):
            guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: stringToSign)
        }
    }
}

/// How version 4A makes a pair of keys of an access key: the counter mode of NIST SP 800-108 with HMAC-SHA-256, until
/// what comes out is a private key of P-256.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
enum KeyPairDerivation {
    static func key(accessKeyID: String, secretAccessKey: String) -> P256.Signing.PrivateKey {
        let secret = SymmetricKey(data: Array("AWS4A".utf8) + Array(secretAccessKey.utf8))
        for counter in UInt8(1)...254 {
            let context = Array(accessKeyID.utf8) + [counter]
            let input =
                [0, 0, 0, 1] + Array(SigningAlgorithm.v4A.rawValue.utf8) + [0] + context + [0, 0, 1, 0]
            let candidate = Array(HMAC<SHA256>.authenticationCode(for: input, using: secret))
            if isAtMostOrderMinusTwo(candidate),
                let key = try? P256.Signing.PrivateKey(
                    rawRepresentation: plusOne(candidate))
            {
                return key
            }
        }
        // Each try fails with a probability of 2^-32.
        return P256.Signing.PrivateKey()
    }

    /// The order of P-256's group, less two.
    private static let orderMinusTwo: [UInt8] = [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6,
        0xFA,
        0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x4F,
    ]

    /// Takes the same time for all numbers of 32 bytes.
    private static func isAtMostOrderMinusTwo(_ number: [UInt8]) -> Bool {
        var borrow: UInt16 = 0
        for (limit, byte) in zip(orderMinusTwo, number).reversed() {
            borrow = (UInt16(limit) &- UInt16(byte) &- borrow) >> 15
        }
        return borrow == 0
    }

    private static func plusOne(_ number: [UInt8]) -> [UInt8] {
        var sum = number
        var carry: UInt16 = 1
        for index in sum.indices.reversed() {
            carry += UInt16(sum[index])
            sum[index] = UInt8(truncatingIfNeeded: carry)
            carry >>= 8
        }
        return sum
    }
}
