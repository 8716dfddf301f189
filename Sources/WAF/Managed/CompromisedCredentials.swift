import Crypto

/// Credentials that others know, by the operator's file: AWS's own list is not public.
///
/// A line is a hash in hexadecimal digits: of 40 the SHA-1 of a password, as published lists of leaked passwords have it (with
/// `:COUNT` behind it), of 64 the SHA-256 of `USERNAME:PASSWORD`, the name in lower case.
public struct CompromisedCredentials: Sendable {
    /// The first 16 bytes of each hash, in order.
    private let passwords: [UInt128]
    private let pairs: [UInt128]

    /// More lines are not taken, for they are in memory: 16 bytes each.
    public static let most = 10_000_000

    /// None at all.
    public init() { (passwords, pairs) = ([], []) }

    /// Whether nothing is known.
    public var isEmpty: Bool { passwords.isEmpty && pairs.isEmpty }

    /// What is wrong with a file.
    public struct Problem: Error, Sendable, Equatable {
        /// The number of the line, from 1.
        public let line: Int
        /// What is wrong there.
        public let reason: String
    }

    /// - Throws: ``Problem`` for the first line that is no hash.
    public init(_ text: some Sequence<UInt8>) throws(Problem) {
        var (passwords, pairs): ([UInt128], [UInt128]) = ([], [])
        var line: [UInt8] = []
        var number = 0
        func take() throws(Problem) {
            number += 1
            defer { line.removeAll(keepingCapacity: true) }
            let word = line.prefix { $0 > 0x20 && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "#") }
            guard !word.isEmpty else { return }
            guard word.count == 40 || word.count == 64 else {
                throw Problem(line: number, reason: "neither 40 nor 64 hexadecimal digits")
            }
            guard let hash = Self.beginning(word) else {
                throw Problem(line: number, reason: "no hash in hexadecimal digits")
            }
            guard passwords.count + pairs.count < Self.most else {
                throw Problem(line: number, reason: "more than \(Self.most) lines")
            }
            if word.count == 40 { passwords.append(hash) } else { pairs.append(hash) }
        }
        for byte in text {
            if byte == 0x0A { try take() } else if line.count < 200 { line.append(byte) }
        }
        try take()
        self.passwords = passwords.sorted()
        self.pairs = pairs.sorted()
    }

    private static func beginning(_ digits: ArraySlice<UInt8>) -> UInt128? {
        var value: UInt128 = 0
        for (index, byte) in digits.enumerated() {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: return nil
            }
            if index < 32 { value = value &<< 4 | UInt128(digit) }
        }
        return value
    }

    private static func beginning(_ hash: some Sequence<UInt8>) -> UInt128 {
        hash.prefix(16).reduce(0) { $0 &<< 8 | UInt128($1) }
    }

    /// Whether others know these credentials.
    /// - Complexity: two hashes and two binary searches.
    public func contains(username: [UInt8], password: [UInt8]) -> Bool {
        Self.has(passwords) { Self.beginning(Insecure.SHA1.hash(data: password)) }
            || Self.has(pairs) {
                Self.beginning(SHA256.hash(data: username.map(\.lowercasedASCII) + [UInt8(ascii: ":")] + password))
            }
    }

    private static func has(_ sorted: [UInt128], _ wanted: () -> UInt128) -> Bool {
        guard !sorted.isEmpty else { return false }
        let wanted = wanted()
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = low + (high - low) / 2
            if sorted[middle] < wanted { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low] == wanted
    }
}
