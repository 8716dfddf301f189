/// Reads the second word of a rule: `!@rx ^\d+$`.
struct OperatorReading {
    /// The texts of a file beside the rules, by its name; nil: there is none.
    let dataFile: (String) -> [String]?

    /// - Throws: ``SecLangProblem`` for what isn't known here.
    func condition(_ text: String) throws(SecLangProblem) -> (condition: SecOperator, isNegated: Bool) {
        var text = text.drop { $0 == " " }
        let isNegated = text.first == "!"
        if isNegated { text = text.dropFirst().drop { $0 == " " } }
        guard text.first == "@" else { return (try regex(text), isNegated) }
        let parts = text.dropFirst().split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map { $0.lowercased() } ?? ""
        let argument = parts.count > 1 ? parts[1] : ""
        return (try condition(name, argument), isNegated)
    }

    private func condition(_ name: String, _ argument: Substring) throws(SecLangProblem) -> SecOperator {
        switch name {
        case "rx": return try regex(argument)
        case "pm": return .phrases(argument.split(separator: " ").map(String.init))
        case "pmfromfile", "pmf":
            var phrases: [String] = []
            for file in argument.split(separator: " ") {
                guard let lines = dataFile(String(file)) else { throw SecLangProblem("the file \(file)") }
                phrases += lines
            }
            return .phrases(phrases)
        case "detectsqli": return .sqlInjection
        case "detectxss": return .crossSiteScripting
        case "validatebyterange": return .byteRange(try byteRange(argument))
        case "validateurlencoding": return .urlEncoding
        case "validateutf8encoding": return .utf8Encoding
        case "within": return .within(MacroReading.text(argument))
        case "streq": return .equals(MacroReading.text(argument))
        case "beginswith": return .begins(MacroReading.text(argument))
        case "endswith": return .ends(MacroReading.text(argument))
        case "contains": return .contains(MacroReading.text(argument))
        case "eq": return .number(.equal, MacroReading.text(argument))
        case "ge": return .number(.greaterOrEqual, MacroReading.text(argument))
        case "gt": return .number(.greater, MacroReading.text(argument))
        case "le": return .number(.lessOrEqual, MacroReading.text(argument))
        case "lt": return .number(.less, MacroReading.text(argument))
        case "ipmatch": return .addresses(argument.split(separator: ",").map { $0.split(separator: " ").joined() })
        case "unconditionalmatch": return .always
        default: throw SecLangProblem("the operator @\(name)")
        }
    }

    private func regex(_ pattern: Substring) throws(SecLangProblem) -> SecOperator {
        .regex(MacroReading.text(pattern))
    }

    /// `9,32-126`: true for each byte that is allowed.
    private func byteRange(_ text: Substring) throws(SecLangProblem) -> [Bool] {
        var allowed = [Bool](repeating: false, count: 256)
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").map { Int($0.split(separator: " ").joined()) }
            guard let first = ends.first, let low = first, let last = ends.last, let high = last, ends.count <= 2,
                0 <= low, low <= high, high <= 255
            else { throw SecLangProblem("the bytes \(part)") }
            for byte in low...high { allowed[byte] = true }
        }
        return allowed
    }
}

/// Reads texts with `%{…}` in them.
enum MacroReading {
    static func text(_ text: some StringProtocol) -> SecText {
        var parts: [SecText.Part] = []
        var rest = text[...]
        while let start = rest.range(of: "%{") {
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
            let before = rest[..<start.lowerBound]
            if !before.isEmpty { parts.append(.literal(Array(before.utf8))) }
            parts.append(variable(String(rest[start.upperBound..<end])))
            rest = rest[rest.index(after: end)...]
        }
        if !rest.isEmpty { parts.append(.literal(Array(rest.utf8))) }
        return SecText(parts: parts)
    }

    /// `tx.name`, `request_headers.host`, `MATCHED_VAR`.
    private static func variable(_ text: String) -> SecText.Part {
        let pieces = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "." || $0 == ":" }
        guard let variable = VariableReading.variable(pieces.first.map(String.init) ?? "") else { return .empty }
        return .variable(variable, key: pieces.count > 1 ? pieces[1].utf8.map(asciiLowercased) : nil)
    }
}

extension StringProtocol {
    /// Where a text is first; nil: nowhere.
    fileprivate func range(of wanted: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(wanted) { return index..<self.index(index, offsetBy: wanted.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
