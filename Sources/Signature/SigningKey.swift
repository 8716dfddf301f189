import Crypto

/// What a signing key is good for: one day, one region, one service.
struct SigningScope: Hashable, Sendable {
    var date: String
    var region: String
    var service: String

    /// The last element of every credential scope.
    static let terminator = "aws4_request"

    /// `20150830/us-east-1/iam/aws4_request`
    func append(to output: inout [UInt8]) {
        for element in [date, region, service] {
            output.append(contentsOf: element.utf8)
            output.append(UInt8(ascii: "/"))
        }
        output.append(contentsOf: Self.terminator.utf8)
    }
}

/// The key that signs, derived from a secret access key for one scope. It does not give the secret away.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct SigningKey: Sendable {
    /// The only algorithm so far. Version 4A (`AWS4-ECDSA-P256-SHA256`) would be a second kind of key.
    static let algorithm = "AWS4-HMAC-SHA256"

    // Keyed already, so that each signature is spared two of its four blocks.
    private let authenticator: HMAC<SHA256>

    init(secretAccessKey: String, scope: SigningScope) {
        var key = SymmetricKey(data: Array("AWS4".utf8) + Array(secretAccessKey.utf8))
        for element in [scope.date, scope.region, scope.service, SigningScope.terminator] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(element.utf8), using: key))
        }
        authenticator = HMAC(key: key)
    }

    func signature(of stringToSign: [UInt8]) -> HMAC<SHA256>.MAC {
        var authenticator = authenticator
        authenticator.update(data: stringToSign)
        return authenticator.finalize()
    }

    /// Compares in constant time, as swift-crypto does with all authentication codes.
    func isSignature(_ signature: [UInt8], of stringToSign: [UInt8]) -> Bool {
        self.signature(of: stringToSign) == signature
    }
}
