/// Makes ids and secrets in AWS's formats, from the system's cryptographically secure random numbers.
///
/// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
public enum Identifiers {
    /// The four letters that a unique id begins with, and that tell its kind. Services add their own.
    public struct Prefix: Sendable, Hashable {
        /// The letters, in upper case.
        public let text: String

        /// - Parameter text: `AIDA`
        public init(_ text: String) {
            self.text = text
        }

        /// Of long-term access keys.
        public static let accessKey = Prefix("AKIA")
        /// Of temporary access keys, which come with a session token.
        static let temporaryAccessKey = Prefix("ASIA")
        /// Of IAM users.
        public static let user = Prefix("AIDA")
        /// Of groups.
        public static let group = Prefix("AGPA")
        /// Of roles.
        public static let role = Prefix("AROA")
        /// Of customer managed policies.
        public static let managedPolicy = Prefix("ANPA")
    }

    private static let base32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    private static let lowercaseLetters = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private static let alphanumeric = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// A unique id of 21 characters, for example `AIDACKCEVSQ6C2EXAMPLE`. No id is ever given twice: 85 random bits see
    /// to that.
    public static func unique(_ prefix: Prefix) -> String {
        prefix.text + random(17, from: base32)
    }

    /// An access key id of 20 characters.
    public static func accessKeyID(temporary: Bool = false) -> String {
        (temporary ? Prefix.temporaryAccessKey : .accessKey).text + random(16, from: base32)
    }

    /// A secret access key: 40 characters that hold 240 random bits. It is as good as a key of AES-192, and is never
    /// stored unsealed.
    public static func secretAccessKey() -> String {
        random(40, from: base64)
    }

    /// Random lower-case letters and digits: about 5 bits each.
    public static func lowercase(_ count: Int) -> String {
        random(count, from: lowercaseLetters)
    }

    /// Random letters of both cases and digits: about 6 bits each.
    public static func mixed(_ count: Int) -> String {
        random(count, from: alphanumeric)
    }

    /// Random capital letters and digits (the alphabet of base 32), for what has no prefix of its own: 5 bits each.
    public static func capitals(_ count: Int) -> String {
        random(count, from: base32)
    }

    /// Six letters and digits that prove that somebody received a message.
    public static func oneTimeCode() -> String {
        random(6, from: alphanumeric)
    }

    /// Random bytes, for seeds and salts.
    public static func randomBytes(_ count: Int) -> [UInt8] {
        var source = RandomBytes()
        return (0..<count).map { _ in source.next() }
    }

    private static func random(_ count: Int, from alphabet: [UInt8]) -> String {
        // A byte beyond the last whole multiple of the alphabet is drawn again, so that no letter is likelier than others.
        let limit = 256 - 256 % alphabet.count
        var source = RandomBytes()
        var letters: [UInt8] = []
        letters.reserveCapacity(count)
        while letters.count < count {
            let byte = Int(source.next())
            if byte < limit { letters.append(alphabet[byte % alphabet.count]) }
        }
        return String(decoding: letters, as: UTF8.self)
    }

    /// The system's random numbers, byte by byte: each of them is a system call, and eight bytes.
    private struct RandomBytes {
        private var generator = SystemRandomNumberGenerator()
        private var word: UInt64 = 0
        private var left = 0

        mutating func next() -> UInt8 {
            if left == 0 {
                word = generator.next()
                left = 8
            }
            defer {
                word >>= 8
                left -= 1
            }
            return UInt8(truncatingIfNeeded: word)
        }
    }
}
