/// The parameters of an `Authorization` header of Signature Version 4:
/// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
struct AuthorizationHeader {
    var credential: String?
    var signedHeaders: String?
    var signature: String?

    /// - Throws: `unsupportedAlgorithm` for another kind of AWS signature, `malformedHeader` where a parameter has no
    ///   equal sign. A header of another scheme (`Basic`, `Bearer`) gives no parameters at all.
    init(_ text: String) throws(SignatureError) {
        let bytes = Array(text.utf8).drop(while: ASCII.isSpace)
        let algorithm = bytes.prefix { !ASCII.isSpace($0) }
        guard algorithm.elementsEqual(SigningKey.algorithm.utf8) else {
            if algorithm.starts(with: "AWS4-".utf8) { throw .unsupportedAlgorithm(ASCII.text(algorithm)) }
            return
        }
        for part in ASCII.split(bytes[algorithm.endIndex...], at: ",") {
            let part = ASCII.trimmed(part)
            if part.isEmpty { continue }
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                throw .malformedHeader(headerHash: SignatureError.hash(text))
            }
            // An empty parameter counts as a missing one, and the first of two counts.
            let value = part[(equals + 1)...]
            guard !value.isEmpty else { continue }
            let name = part[..<equals]
            if name.elementsEqual("Credential".utf8) {
                credential = credential ?? ASCII.text(value)
            } else if name.elementsEqual("SignedHeaders".utf8) {
                signedHeaders = signedHeaders ?? ASCII.text(value)
            } else if name.elementsEqual("Signature".utf8) {
                signature = signature ?? ASCII.text(value)
            }
        }
    }

    /// The parameters that are not there, in the order in which AWS lists them.
    var missing: [String] {
        [("Credential", credential), ("Signature", signature), ("SignedHeaders", signedHeaders)]
            .filter { $0.1 == nil }.map(\.0)
    }
}
