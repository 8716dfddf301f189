import Crypto

/// The one way of writing a request down that signer and verifier must agree on.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct CanonicalRequest {
    /// The text, as bytes.
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - signedHeaders: which of its header fields are signed.
    ///   - payloadHash: what the last line says of the body.
    ///   - leavesTokenOut: without the query's `X-Amz-Security-Token`, for those who add it after signing.
    /// - Returns: nil when one of the signed headers is not in the request.
    init?(
        of request: SignableRequest, signedHeaders: SignedHeaders, payloadHash: some Sequence<UInt8>,
        rules: SigningRules,
        leavesTokenOut: Bool = false
    ) {
        bytes.reserveCapacity(1_024)
        bytes.append(contentsOf: request.method.utf8)
        endLine()
        if rules.normalizesPath {
            CanonicalPath.appendNormalized(request.path, to: &bytes)
        } else {
            CanonicalPath.appendOnceEncoded(request.path, to: &bytes)
        }
        endLine()
        if !request.query.isEmpty {
            CanonicalQuery.append(request.query, leavesTokenOut: leavesTokenOut, to: &bytes)
        }
        endLine()
        guard signedHeaders.forEach({ appendHeader($0, of: request.headers) }) else { return nil }
        endLine()
        bytes.append(contentsOf: signedHeaders.line)
        endLine()
        bytes.append(contentsOf: payloadHash)
    }

    /// The text that is signed: when it was signed and for what, and the hash of the canonical request.
    func stringToSign(timestamp: [UInt8], scope: SigningScope) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(192)
        output.append(contentsOf: scope.algorithm.rawValue.utf8)
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: timestamp)
        output.append(UInt8(ascii: "\n"))
        scope.append(to: &output)
        output.append(UInt8(ascii: "\n"))
        ASCII.appendHex(SHA256.hash(data: bytes), to: &output)
        return output
    }

    private mutating func endLine() {
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Appends `name:value`, with the values of repeated fields joined by commas.
    private mutating func appendHeader(
        _ name: UnsafeBufferPointer<UInt8>, of headers: [(name: String, value: String)]
    ) -> Bool {
        var isFirst = true
        // By index, for a loop over the elements would copy both texts of each.
        for index in headers.indices where ASCII.isSame(headers[index].name, lowercased: name) {
            if isFirst {
                bytes.append(contentsOf: name)
                bytes.append(UInt8(ascii: ":"))
            } else {
                bytes.append(UInt8(ascii: ","))
            }
            isFirst = false
            appendFolded(headers[index].value)
        }
        if !isFirst { endLine() }
        return !isFirst
    }

    /// Without white space at the ends, and with one space for each run of it inside.
    private mutating func appendFolded(_ value: String) {
        let isAppended: Void? = value.utf8.withContiguousStorageIfAvailable { value in
            appendFolded(value)
        }
        if isAppended == nil { Array(value.utf8).withUnsafeBufferPointer { appendFolded($0) } }
    }

    private mutating func appendFolded(_ value: UnsafeBufferPointer<UInt8>) {
        if value.allSatisfy({ !ASCII.isSpace($0) }) {
            bytes.append(contentsOf: value)
            return
        }
        bytes.append(addingCapacity: value.count) { output in
            var previousIsSpace = true
            for byte in value {
                let isSpace = ASCII.isSpace(byte)
                if !(isSpace && previousIsSpace) { output.append(isSpace ? UInt8(ascii: " ") : byte) }
                previousIsSpace = isSpace
            }
            if previousIsSpace, !output.isEmpty { _ = output.removeLast() }
        }
    }
}
