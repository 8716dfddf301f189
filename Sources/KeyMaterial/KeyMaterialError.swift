/// Why a key refused, in words that hold neither keys nor plaintexts.
public enum KeyMaterialError: Error, Sendable, Equatable, CustomStringConvertible {
    /// None of the libraries here has the algorithm, or a key of this kind has no such operation.
    case unsupported(String)
    /// A plaintext, message, digest or name has more bytes than allowed, or not as many as it must have.
    case wrongLength(String)
    /// A ciphertext is none that was made here, or the public key of somebody else can't be read or is of another kind.
    case malformed
    /// Ciphertext, key and context do not belong together, or a bit was changed. Which of these, it does not say.
    case notAuthentic
    /// What was to be imported is no key of the kind that was asked for.
    case wrongMaterial(String)
    /// The cryptographic library refused for reasons of its own, such as lack of memory.
    case failed

    public var description: String {
        switch self {
        case .unsupported(let reason), .wrongLength(let reason), .wrongMaterial(let reason): reason
        case .malformed: "the bytes can't be read"
        case .notAuthentic: "the bytes were made with another key or another context, or were changed"
        case .failed: "the cryptographic library refused"
        }
    }
}
