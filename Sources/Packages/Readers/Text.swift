// Texts that strangers made, in lines.

/// Calls for each line, without its end.
func forEachLine(_ bytes: [UInt8], _ body: (ArraySlice<UInt8>) -> Void) {
    var start = 0
    while start < bytes.count {
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let isReturn = end > start && bytes[end - 1] == UInt8(ascii: "\r")
        body(bytes[start..<(isReturn ? end - 1 : end)])
        start = end + 1
    }
}

extension ArraySlice<UInt8> {
    /// As text; what is not UTF-8 is replaced.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// Without white space at both ends.
    var trimmed: ArraySlice<UInt8> {
        var slice = self
        while let byte = slice.first, isSpace(byte) { slice = slice.dropFirst() }
        while let byte = slice.last, isSpace(byte) { slice = slice.dropLast() }
        return slice
    }

    /// What stands before and behind the first such byte; nil if there is none.
    func parted(by byte: UInt8) -> (before: ArraySlice<UInt8>, behind: ArraySlice<UInt8>)? {
        guard let place = firstIndex(of: byte) else { return nil }
        return (self[..<place], self[(place + 1)...])
    }

    /// Whether it begins with a text.
    func begins(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { starts(with: $0) }
    }

    /// Without quotation marks around it.
    var unquoted: ArraySlice<UInt8> {
        guard count >= 2, let first, first == last, first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") else {
            return self
        }
        return dropFirst().dropLast()
    }
}

func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

/// Paragraphs of `Name: value` lines with empty lines between them, as dpkg writes them; lines that begin with a space
/// continue the one before, and are left out.
func forEachParagraph(_ bytes: [UInt8], _ body: ([String: String]) -> Void) {
    var fields: [String: String] = [:]
    forEachLine(bytes) { line in
        if line.trimmed.isEmpty {
            if !fields.isEmpty { body(fields) }
            fields = [:]
        } else if let first = line.first, !isSpace(first), let (name, value) = line.parted(by: UInt8(ascii: ":")) {
            guard paragraphFields.contains(name.text), fields[name.text] == nil else { return }
            fields[name.text] = value.trimmed.text
        }
    }
    if !fields.isEmpty { body(fields) }
}

private let paragraphFields: Set<String> = ["Package", "Status", "Version", "Architecture", "Source"]

/// The headers at the front of a text: `Name: value` until the first empty line. The first of a name counts.
func headers(_ bytes: [UInt8], _ names: Set<String>, beyondEmptyLines: Bool = false) -> [String: String] {
    var fields: [String: String] = [:]
    var isOver = false
    var last: String?
    forEachLine(bytes) { line in
        guard !isOver else { return }
        if line.isEmpty {
            isOver = !beyondEmptyLines
            last = nil
        } else if line.first == 0x20, let name = last, let value = fields[name], value.utf8.count < 4096 {
            fields[name] = value + line.dropFirst().text
        } else if let (name, value) = line.parted(by: UInt8(ascii: ":")) {
            let name = name.text
            last = nil
            guard names.contains(name), fields[name] == nil else { return }
            fields[name] = value.trimmed.text
            last = name
        }
    }
    return fields
}
