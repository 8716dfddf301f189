/// The parameters of an `Authorization` header of Signature Version 4:
/// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
struct AuthorizationHeader {
    var algorithm = SigningAlgorithm.v4
    var credential: ArraySlice<UInt8>?
    var signedHeaders: ArraySlice<UInt8>?
    var signature: ArraySlice<UInt8>?

    /// - Throws: `unsupportedAlgorithm` for another kind of AWS signature, `malformedHeader` where a parameter has no
    ///   equal sign. A header of another scheme (`Basic`, `Bearer`) gives no parameters at all.
    init(_ text: String) throws(SignatureError) {
        // The values are slices of this array: every signed request comes through here.
        let bytes = Array(text.utf8).drop(while: ASCII.isSpace)
        let algorithm = bytes.prefix { !ASCII.isSpace($0) }
        if let known = SigningAlgorithm.allCases.first(where: { algorithm.elementsEqual($0.rawValue.utf8) }) {
            self.algorithm = known
        } else {
            if algorithm.starts(with: "AWS4-".utf8) { throw .unsupportedAlgorithm(ASCII.text(algorithm)) }
            return
        }
        var rest = bytes[algorithm.endIndex...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
            let part = ASCII.trimmed(rest[..<end])
            rest = rest[end...].dropFirst()
            if part.isEmpty { continue }
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                throw .malformedHeader(headerHash: SignatureError.hash(text))
            }
            // An empty parameter counts as a missing one, and the first of two counts.
            let value = part[(equals + 1)...]
            guard !value.isEmpty else { continue }
            let name = part[..<equals]
            if ASCII.isSame(name, "Credential") {
                credential = credential ?? value
            } else if ASCII.isSame(name, "SignedHeaders") {
                signedHeaders = signedHeaders ?? value
            } else if ASCII.isSame(name, "Signature") {
                signature = signature ?? value
            }
        }
    }

    /// The parameters that are not there, in the order in which AWS lists them.
    var missing: [String] {
        [("Credential", credential), ("Signature", signature), ("SignedHeaders", signedHeaders)]
            .filter { $0.1 == nil }.map(\.0)
    }
}
