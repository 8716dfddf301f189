import Crypto
import Foundation
import Testing

@testable import CognitoIDPService

@Suite("Lists of compromised passwords")
struct CompromisedPasswordTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "passwords-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func made(_ content: String) throws -> CompromisedPasswords.List {
        let file = folder.appending(path: UUID().uuidString)
        try Data(content.utf8).write(to: file)
        return try CompromisedPasswords.List(file.path)
    }

    private func hash(_ password: String) -> String {
        Insecure.SHA1.hash(data: Data(password.utf8)).map { String(format: "%02X", $0) }.joined()
    }

    @Test("Every password of a sorted file is found, and no other", arguments: ["\n", "\r\n"], [true, false])
    func plain(_ end: String, _ isEnded: Bool) throws {
        let passwords = (0..<500).map { "password-\($0)" + String(repeating: "x", count: $0 % 700) }
        let sorted = passwords.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        let list = try made(sorted.joined(separator: end) + (isEnded ? end : ""))
        for password in passwords { #expect(try list.contains(password)) }
        for other in ["", "password", "password-", "password-0x", "zzz", "\u{10FFFF}", "a\nb"] {
            #expect(try !list.contains(other), "\(other)")
        }
        try FileManager.default.removeItem(at: folder)
    }

    @Test("Hashes, as the public lists have them: with and without counts, in either case")
    func hashes() throws {
        let passwords = (0..<300).map { "Secret-\($0)" }
        let sorted = passwords.map(hash).sorted()
        for lines in [sorted.map { "\($0):17" }, sorted, sorted.map { $0.lowercased() }] {
            let list = try made(lines.joined(separator: "\n") + "\n")
            for password in passwords { #expect(try list.contains(password)) }
            #expect(try !list.contains("Secret-300"))
            // The list's own lines are no passwords.
            #expect(try !list.contains(sorted[0]))
        }
        try FileManager.default.removeItem(at: folder)
    }

    @Test("A folder of ranges, where what was never seen only fills up")
    func ranges() throws {
        let (seen, padding) = (hash("Seen-1"), hash("Padding-1"))
        try Data("\(seen.dropFirst(5)):3\r\n".utf8).write(to: folder.appending(path: "\(seen.prefix(5)).txt"))
        try Data("\(padding.dropFirst(5)):0".utf8).write(to: folder.appending(path: String(padding.prefix(5))))
        let list = try CompromisedPasswords.List(folder.path)
        #expect(try list.contains("Seen-1"))
        #expect(try !list.contains("Padding-1"))
        #expect(try !list.contains("Absent-1"))
        try FileManager.default.removeItem(at: folder)
    }

    @Test("An empty file has none")
    func empty() throws {
        #expect(try !made("").contains("password"))
        #expect(try !made("\n").contains("password"))
        try FileManager.default.removeItem(at: folder)
    }

    @Test("What is not sorted, not there, or no list is refused in words")
    func refused() throws {
        let unsorted = #expect(throws: PasswordListError.self) { try made("b\na\n") }
        #expect(unsorted?.description.contains("LC_ALL=C sort") == true)
        let missing = #expect(throws: PasswordListError.self) {
            try CompromisedPasswords.List(folder.appending(path: "absent").path)
        }
        #expect(missing?.description.contains("does not exist") == true)
        #expect(throws: PasswordListError.self) { try made(String(repeating: "x", count: 400_000)) }
        try FileManager.default.removeItem(at: folder)
    }

    @Test("A file that has become shorter is an error, and not an empty list")
    func truncated() throws {
        let file = folder.appending(path: "list")
        try Data((0..<1000).map { "word-\(1000 + $0)\n" }.joined().utf8).write(to: file)
        let list = try CompromisedPasswords.List(file.path)
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 10)
        #expect(throws: SortedLines.Failure.unreadable) { try list.contains("word-1900") }
        try FileManager.default.removeItem(at: folder)
    }
}
