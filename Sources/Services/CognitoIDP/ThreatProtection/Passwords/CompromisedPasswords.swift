import Crypto
import Ledger
public import Platform
import Synchronization
import Wire

/// The passwords that everybody who attacks knows, as breaches have brought them to light: a list of the operator's.
///
/// It is one of these:
/// - A file of passwords, one a line, in the order of their bytes (`LC_ALL=C sort -u`).
/// - A file of SHA-1 hashes in hexadecimal, in ascending order, each alone or followed by a colon and how often it was
///   seen: as the Pwned Passwords list is.
/// - A folder of files whose names are the first five digits of hashes, with or without `.txt`, which have the other 35
///   in ascending order: as the Pwned Passwords ranges are.
///
/// Files are searched where they are; nothing of them is kept in memory.
/// <https://haveibeenpwned.com/API/v3#PwnedPasswords>
final class CompromisedPasswords: Projection {
    static let kinds: Set<String> = []

    enum List: Sendable {
        case passwords(SortedLines)
        case hashes(SortedLines)
        case ranges(folder: String)

        /// - Throws: what is wrong with the list.
        init(_ path: String) throws(PasswordListError) {
            if SortedLines.isFolder(path) {
                self = .ranges(folder: path)
                return
            }
            do throws(SortedLines.Failure) {
                let lines = try SortedLines(path)
                if let first = try lines.first(), Self.isHash(first) {
                    try lines.check { Self.upper($0.prefix(40)).lexicographicallyPrecedes(Self.upper($1.prefix(40))) }
                    self = .hashes(lines)
                } else {
                    try lines.check { !$1.lexicographicallyPrecedes($0) }
                    self = .passwords(lines)
                }
            } catch {
                throw PasswordListError(path: path, failure: error)
            }
        }

        private static func isHash(_ line: [UInt8]) -> Bool {
            line.count >= 40 && line.prefix(40).allSatisfy { $0.isHexadecimal }
                && (line.count == 40 || line[40] == UInt8(ascii: ":"))
        }

        /// Whether a password is in the list.
        func contains(_ password: String) throws(SortedLines.Failure) -> Bool {
            switch self {
            case .passwords(let lines):
                let wanted = Array(password.utf8)
                return try lines.line { Self.place(of: $0, wanted) } != nil
            case .hashes(let lines): return try Self.contains(Self.hash(of: password), lines)
            case .ranges(let folder):
                let hash = Self.hash(of: password)
                let name = "\(folder)/\(String(decoding: hash.prefix(5), as: UTF8.self))"
                let lines: SortedLines
                do throws(SortedLines.Failure) { lines = try SortedLines(name + ".txt") } catch {
                    guard error == .missing else { throw error }
                    do throws(SortedLines.Failure) { lines = try SortedLines(name) } catch {
                        // Whoever has only some of the ranges knows only some of the passwords.
                        guard error == .missing else { throw error }
                        return false
                    }
                }
                return try Self.contains(Array(hash.dropFirst(5)), lines)
            }
        }

        private static func contains(_ digits: [UInt8], _ lines: SortedLines) throws(SortedLines.Failure) -> Bool {
            guard let line = try lines.line({ place(of: upper($0.prefix(digits.count)), digits) }) else { return false }
            // Ranges are filled up with what was never seen.
            return !line.dropFirst(digits.count).elementsEqual(":0".utf8)
        }

        private static func place(of line: [UInt8], _ wanted: [UInt8]) -> SortedLines.Place {
            line == wanted ? .same : line.lexicographicallyPrecedes(wanted) ? .before : .after
        }

        private static func upper(_ bytes: some Sequence<UInt8>) -> [UInt8] {
            bytes.map { (0x61...0x7a).contains($0) ? $0 - 0x20 : $0 }
        }

        /// SHA-1, in capital letters: the list's names for passwords, and no protection of any.
        private static func hash(of password: String) -> [UInt8] {
            let digits = Array("0123456789ABCDEF".utf8)
            var hash: [UInt8] = []
            for byte in Insecure.SHA1.hash(data: Array(password.utf8)) {
                hash.append(digits[Int(byte >> 4)])
                hash.append(digits[Int(byte & 15)])
            }
            return hash
        }
    }

    private let list = Mutex<List?>(nil)

    init() {}

    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {}

    fileprivate func use(_ new: List) { list.withLock { $0 = new } }

    /// nil: the operator has supplied none.
    var current: List? { list.withLock { $0 } }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        (0x30...0x39).contains(self) || (0x41...0x46).contains(self) || (0x61...0x66).contains(self)
    }
}

/// Why a list of passwords can't be used.
public struct PasswordListError: Error, CustomStringConvertible {
    let path: String
    let failure: SortedLines.Failure

    /// What is wrong, and what to do.
    public var description: String {
        let reason =
            switch failure {
            case .missing: "does not exist, or can't be read"
            case .unreadable: "can't be read"
            case .tooLong: "has a line that is no password"
            case .unordered: "is not sorted: sort it with 'LC_ALL=C sort -u'"
            }
        return "the list of compromised passwords '\(path)' \(reason)"
    }
}

extension Environment {
    /// Has user pools that are protected from threats know the passwords of a list.
    /// - Parameter path: of a file, or of a folder.
    /// - Throws: what is wrong with the list; it is looked at in some places only.
    public func useCompromisedPasswords(at path: String) throws(PasswordListError) {
        projection(CompromisedPasswords.self).use(try CompromisedPasswords.List(path))
    }
}
