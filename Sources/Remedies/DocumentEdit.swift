import Policy

/// Changes a document's text and leaves everything else in it as its author wrote it.
struct DocumentEdit {
    private let document: PolicyDocument
    private let bytes: [UInt8]

    init(_ document: PolicyDocument) {
        self.document = document
        bytes = Array(document.text.utf8)
    }

    /// A document of one statement.
    static func new(_ statement: StatementText) -> String {
        let inner = statement.lines.map { "    " + $0 }.joined(separator: "\n")
        return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n\(inner)\n  ]\n}"
    }

    /// The text with one more statement, which comes last; nil for a document without statements.
    func adding(_ statement: StatementText) -> String? {
        guard let last = document.statements.last, let range = range(of: last) else { return nil }
        return replacing(
            range, by: [String(decoding: bytes[range], as: UTF8.self), text(statement, at: range.lowerBound)])
    }

    /// The text with other statements in the place of one; nil where nothing would be left of the document.
    func replacing(_ statement: Statement, by new: [StatementText]) -> String? {
        guard let range = range(of: statement) else { return nil }
        guard new.isEmpty else { return replacing(range, by: new.map { text($0, at: range.lowerBound) }) }
        guard document.statements.count > 1 else { return nil }
        return removing(range)
    }

    private func replacing(_ range: Range<Int>, by texts: [String]) -> String {
        let indent = indent(at: range.lowerBound)
        var new = texts.joined(separator: indent.map { ",\n" + $0 } ?? ", ")
        if texts.count > 1, !isInList(range.lowerBound) { new = "[\(new)]" }
        var bytes = bytes
        bytes.replaceSubrange(range, with: new.utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Takes a statement out, with the comma after it or else before it.
    private func removing(_ range: Range<Int>) -> String {
        var start = range.lowerBound
        var end = range.upperBound
        let next = skipBlanks(from: end)
        if bytes.indices.contains(next), bytes[next] == UInt8(ascii: ",") {
            end = skipBlanks(from: next + 1)
        } else {
            let previous = lastNonBlank(before: start)
            if let previous, bytes[previous] == UInt8(ascii: ",") { start = previous }
        }
        var bytes = bytes
        bytes.removeSubrange(start..<end)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func text(_ statement: StatementText, at place: Int) -> String {
        guard let indent = indent(at: place) else { return statement.json(isOnOneLine: true) }
        return statement.lines.joined(separator: "\n" + indent)
    }

    /// The blanks before what begins a line; nil for what does not.
    private func indent(at place: Int) -> String? {
        var start = place
        while start > 0, bytes[start - 1] == UInt8(ascii: " ") || bytes[start - 1] == UInt8(ascii: "\t") { start -= 1 }
        guard start > 0, bytes[start - 1] == UInt8(ascii: "\n") else { return nil }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    /// Whether the statements are a list; a single one need not be.
    private func isInList(_ place: Int) -> Bool {
        lastNonBlank(before: place).map { bytes[$0] != UInt8(ascii: ":") } ?? false
    }

    private func lastNonBlank(before place: Int) -> Int? {
        var index = place - 1
        while index >= 0, bytes[index] <= 0x20 { index -= 1 }
        return index >= 0 ? index : nil
    }

    private func skipBlanks(from place: Int) -> Int {
        var index = place
        while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
        return index
    }

    /// From a statement's opening brace to behind its closing one. The text is known to be JSON.
    private func range(of statement: Statement) -> Range<Int>? {
        let start = statement.position.offset
        guard bytes.indices.contains(start), bytes[start] == UInt8(ascii: "{") else { return nil }
        var depth = 0
        var isInString = false
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isInString: index += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString:
                depth -= 1
                if depth == 0 { return start..<index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }
}

/// What has changed between statements, line by line.
enum LineDiff {
    static func lines(from old: [StatementText], to new: [StatementText]) -> [String] {
        lines(from: old.flatMap(\.lines), to: new.flatMap(\.lines))
    }

    static func lines(from old: [String], to new: [String]) -> [String] {
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [String] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                lines.append("- " + old[left])
                left += 1
            } else if right < new.count, inserted.contains(right) {
                lines.append("+ " + new[right])
                right += 1
            } else if left < old.count {
                lines.append("  " + old[left])
                left += 1
                right += 1
            } else {
                break
            }
        }
        return lines
    }
}
