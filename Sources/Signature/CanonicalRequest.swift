import Crypto

/// The one way of writing a request down that signer and verifier must agree on.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct CanonicalRequest {
    /// The text, as bytes.
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - signedHeaders: lower-case, sorted, each once.
    ///   - payloadHash: what the last line says of the body.
    ///   - leavesTokenOut: without the query's `X-Amz-Security-Token`, for those who add it after signing.
    /// - Returns: nil when one of the signed headers is not in the request.
    init?(
        of request: SignableRequest, signedHeaders: [String], payloadHash: some Sequence<UInt8>, rules: SigningRules,
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
        for name in signedHeaders {
            guard appendHeader(name, of: request) else { return nil }
        }
        endLine()
        append(signedHeaders, separator: UInt8(ascii: ";"))
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

    private mutating func append(_ names: [String], separator: UInt8) {
        var isFirst = true
        for name in names {
            if !isFirst { bytes.append(separator) }
            isFirst = false
            bytes.append(contentsOf: name.utf8)
        }
    }

    /// Appends `name:value`, with the values of repeated fields joined by commas.
    private mutating func appendHeader(_ name: String, of request: SignableRequest) -> Bool {
        var isFirst = true
        for header in request.headers where ASCII.isSame(header.name, lowercased: name) {
            if isFirst {
                bytes.append(contentsOf: name.utf8)
                bytes.append(UInt8(ascii: ":"))
            } else {
                bytes.append(UInt8(ascii: ","))
            }
            isFirst = false
            appendFolded(header.value)
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
