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
        let sorted = pairs.map { (name: Array($0.key.utf8), value: Array($0.value.utf8)) }
            .sorted { first, second in
                first.name == second.name
                    ? first.value.lexicographicallyPrecedes(second.value)
                    : first.name.lexicographicallyPrecedes(second.name)
            }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + sorted.reduce(0) { $0 + 16 + $1.name.count + $1.value.count })
        bytes.append(number: sorted.count)
        for (name, value) in sorted {
            bytes.append(number: name.count)
            bytes.append(contentsOf: name)
            bytes.append(number: value.count)
            bytes.append(contentsOf: value)
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
