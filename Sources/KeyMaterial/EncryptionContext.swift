/// Pairs of names and values that are authenticated with a ciphertext and have to be the same when it is decrypted. They
/// are neither secret nor part of the ciphertext.
///
/// Their order does not matter; upper and lower case do, and so does each byte of an accented letter.
/// https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
public struct EncryptionContext: Sendable {
    /// No pairs, which is not the same as an empty name with an empty value.
    public static let empty = EncryptionContext([:])

    /// The pairs in one form: how many there are, then each name and value behind its length, ordered by the names' bytes.
    let canonical: [UInt8]

    /// - Parameter pairs: names and values; a dictionary will do.
    public init(_ pairs: some Sequence<(key: String, value: String)>) {
        self.init(Array(pairs))
    }

    /// The same for an array: every request comes through here, and without a type parameter it costs the least.
    public init(_ pairs: [(key: String, value: String)]) {
        var sorted = pairs
        if sorted.count > 1 {
            sorted.sort { first, second in
                first.key.utf8.elementsEqual(second.key.utf8)
                    ? first.value.utf8.lexicographicallyPrecedes(second.value.utf8)
                    : first.key.utf8.lexicographicallyPrecedes(second.key.utf8)
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + sorted.reduce(0) { $0 + 16 + $1.key.utf8.count + $1.value.utf8.count })
        bytes.append(number: sorted.count)
        for (name, value) in sorted {
            bytes.append(number: name.utf8.count)
            bytes.append(contentsOf: name.utf8)
            bytes.append(number: value.utf8.count)
            bytes.append(contentsOf: value.utf8)
        }
        canonical = bytes
    }
}

extension [UInt8] {
    /// Appends a count as eight bytes, the most significant first.
    fileprivate mutating func append(number: Int) {
        Swift.withUnsafeBytes(of: UInt64(number).bigEndian) { append(contentsOf: $0) }
    }
}
