/// The text of a file of rules, cut into directives: one for each line, and lines that end in a backslash go on in the next.
///
/// - Complexity: linear in the text.
struct SecLangText {
    /// A directive with its words.
    struct Directive {
        /// Where it begins, from 1 on.
        let line: Int
        /// Without the quotation marks around them.
        let words: [String]
    }

    private(set) var directives: [Directive] = []
    /// The lines of directives whose quotation marks have no end.
    private(set) var broken: [Int] = []

    init(_ text: String) {
        var pending: [UInt8] = []
        var start = 0
        let backslash = UInt8(ascii: "\\")
        for (index, line) in text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            var line = Array(line)
            while let last = line.last, last == 0x0D || last == 0x20 || last == 0x09 { line.removeLast() }
            let isFirst = pending.isEmpty
            let begin = line.firstIndex { $0 != 0x20 && $0 != 0x09 } ?? line.count
            // Between the lines of a directive a comment is none: ModSecurity reads it so, too.
            if isFirst, begin == line.count || line[begin] == UInt8(ascii: "#") { continue }
            if isFirst { start = index + 1 }
            if line.last == backslash {
                pending += line[begin...].dropLast() + [0x20]
            } else {
                pending += line[begin...]
                finish(&pending, start)
            }
        }
        finish(&pending, start)
    }

    private mutating func finish(_ bytes: inout [UInt8], _ line: Int) {
        defer { bytes = [] }
        guard !bytes.isEmpty else { return }
        if let words = Self.words(bytes) {
            if !words.isEmpty { directives.append(Directive(line: line, words: words)) }
        } else {
            broken.append(line)
        }
    }

    /// Words are parted by white space; one in quotation marks may have white space in it, and `\"`.
    private static func words(_ bytes: [UInt8]) -> [String]? {
        var words: [String] = []
        var index = 0
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        while index < bytes.count {
            if isSpace(bytes[index]) {
                index += 1
                continue
            }
            var word: [UInt8] = []
            let isQuoted = bytes[index] == UInt8(ascii: "\"")
            if isQuoted { index += 1 }
            var isEnded = !isQuoted
            while index < bytes.count {
                let byte = bytes[index]
                if byte == UInt8(ascii: "\\"), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") {
                    word.append(bytes[index + 1])
                    index += 2
                    continue
                }
                index += 1
                if isQuoted ? byte == UInt8(ascii: "\"") : isSpace(byte) {
                    isEnded = true
                    break
                }
                word.append(byte)
            }
            guard isEnded else { return nil }
            words.append(String(decoding: word, as: UTF8.self))
        }
        return words
    }
}
