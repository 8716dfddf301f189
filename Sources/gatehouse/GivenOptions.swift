import Synchronization

/// The options of a command line, read without knowing which there are: `--port 4566`, `--port=4566` and `--in-memory`.
final class GivenOptions: Sendable {
    /// Each word, or option with its value. By the names of their variables: PORT for `--port`; nil: it is no option.
    private let options: [(name: String?, value: String?)]
    /// As they are given.
    private let spelled: [String]
    /// Which nobody has asked for, or not in the way in which they are given.
    private let unread: Mutex<[Bool]>

    init(_ words: some Collection<String>) {
        var options: [(name: String?, value: String?)] = []
        var spelled: [String] = []
        var words = words[...]
        while let word = words.popFirst() {
            spelled.append(word)
            guard word.hasPrefix("--"), word != "--" else {
                options.append((nil, nil))
                // What comes after that are no options.
                if word == "--" { break }
                continue
            }
            let parts = word.dropFirst(2).split(
                separator: "=" as Character, maxSplits: 1, omittingEmptySubsequences: false)
            var value = parts.dropFirst().first.map(String.init)
            if value == nil, let next = words.first, !next.hasPrefix("-") || next == "-" { value = words.popFirst() }
            options.append((Self.variable(parts.first ?? ""), value))
        }
        self.options = options
        self.spelled = spelled
        unread = Mutex(Array(repeating: true, count: options.count))
    }

    /// The first word that nobody has asked for; nil: no other way of reading the line is needed.
    var firstUnread: String? {
        unread.withLock { unread in zip(spelled, unread).first(where: \.1)?.0 }
    }

    /// The values of an option, one for each time that it is given with one.
    func values(of name: String) -> [String] { read(name) { $0 != nil }.compactMap { $0 } }

    /// Whether an option is given without a value.
    func has(_ name: String) -> Bool { !read(name) { $0 == nil }.isEmpty }

    private func read(_ name: String, _ isMeant: (String?) -> Bool) -> [String?] {
        var found: [String?] = []
        for (place, option) in options.enumerated() where option.name == name && isMeant(option.value) {
            unread.withLock { $0[place] = false }
            found.append(option.value)
        }
        return found
    }

    /// nil: no option has that name.
    private static func variable(_ name: Substring) -> String? {
        guard !name.isEmpty else { return nil }
        var variable: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): variable.append(byte & 0xdf)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): variable.append(byte)
            case UInt8(ascii: "-"): variable.append(UInt8(ascii: "_"))
            default: return nil
            }
        }
        return String(decoding: variable, as: UTF8.self)
    }
}
