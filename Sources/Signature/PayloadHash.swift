import Crypto

/// What the last line of a canonical request says of the body.
///
/// A body that comes in signed chunks (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`) is one more case, whose seed is the
/// request's own signature; it is refused as unsupported until S3 is there.
enum PayloadHash {
    /// The literal that takes the hash's place where the body is not signed.
    static let unsigned = "UNSIGNED-PAYLOAD"

    /// Works out the line for a request, and checks `x-amz-content-sha256` where that counts.
    static func line(
        for request: SignableRequest, form: SignatureClaims.Form, rules: SigningRules
    ) throws(SignatureError) -> [UInt8] {
        guard rules.acceptsUnsignedPayload else { return hex(of: request.body) }
        guard let claimed = request.firstValue(ofHeader: "x-amz-content-sha256") else {
            if form == .presigned { return Array(unsigned.utf8) }
            if rules.requiresContentHash { throw .contentHashMissing }
            return hex(of: request.body)
        }
        if claimed == unsigned { return Array(unsigned.utf8) }
        guard claimed.utf8.count == 64, ASCII.bytes(fromLowercaseHex: claimed.utf8) != nil else {
            throw .unsupportedContentHash
        }
        let actual = hex(of: request.body)
        guard actual.elementsEqual(claimed.utf8) else { throw .contentHashMismatch }
        return actual
    }

    /// The SHA-256 of a body, in lower-case hexadecimal.
    static func hex(of body: [UInt8]) -> [UInt8] {
        if body.isEmpty { return emptyHex }
        var output: [UInt8] = []
        output.reserveCapacity(64)
        ASCII.appendHex(SHA256.hash(data: body), to: &output)
        return output
    }

    private static let emptyHex = Array("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".utf8)
}
