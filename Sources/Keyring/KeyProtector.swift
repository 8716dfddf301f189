/// What a root key is sealed with where the file alone is not to give it away: a key that never leaves a hardware token.
public protocol KeyProtector: Sendable {
    /// What people call it; it stands in the key file. One line.
    var name: String { get }

    /// Seals a root key.
    ///
    /// - Throws: ``KeyringError`` of kind `protected` when the token can't be reached.
    func protect(_ key: [UInt8]) throws(KeyringError) -> [UInt8]

    /// Opens what ``protect(_:)`` made.
    ///
    /// - Throws: ``KeyringError`` of kind `protected` when the token can't be reached, `notAuthentic` when it is another one.
    func reveal(_ sealed: [UInt8]) throws(KeyringError) -> [UInt8]
}

/// The two forms of a key file.
enum KeyFileContent {
    /// The bytes of ``RootKeys``.
    case plain([UInt8])
    /// Those bytes as a protector has sealed them, and what that is called.
    case protected(by: String, [UInt8])

    /// The longest file.
    static let longest = 4_096

    /// Text, so that whoever looks into the file sees what it is: this line, the protector's name, the sealed bytes in
    /// hexadecimal digits.
    private static let title = "gatehouse root key 1, sealed by a hardware token"

    init?(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard let first = lines.first, first.elementsEqual(Self.title.utf8) else {
            self = .plain(bytes)
            return
        }
        guard lines.count == 4, lines[3].isEmpty, let name = String(validating: lines[1], as: UTF8.self), !name.isEmpty,
            let sealed = Self.bytes(lines[2])
        else { return nil }
        self = .protected(by: name, sealed)
    }

    var bytes: [UInt8] {
        switch self {
        case .plain(let bytes): return bytes
        case .protected(let name, let sealed):
            let digits = sealed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return Array("\(Self.title)\n\(name)\n\(digits)\n".utf8)
        }
    }

    private static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var rest = digits
        while !rest.isEmpty {
            guard let byte = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
