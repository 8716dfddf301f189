import WAF

/// Reads the first word of a rule: `ARGS|!ARGS:id|&REQUEST_HEADERS:Host`.
enum VariableReading {
    /// - Throws: ``SecLangProblem`` for a variable that isn't known here.
    static func variables(_ text: String) throws(SecLangProblem) -> SecVariables {
        var result = SecVariables()
        for part in split(text) {
            var part = part[...]
            let isException = part.first == "!"
            let isCount = part.first == "&"
            if isException || isCount { part = part.dropFirst() }
            let pieces = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let variable = variable(pieces.first.map(String.init) ?? "") else {
                throw SecLangProblem("the variable \(part)")
            }
            let selector = try pieces.count > 1 ? selector(pieces[1], variable) : nil
            let choice = SecVariables.Choice(variable: variable, selector: selector, isCount: isCount)
            if isException { result.exceptions.append(choice) } else { result.choices.append(choice) }
        }
        guard !result.choices.isEmpty else { throw SecLangProblem("no variable in \(text)") }
        return result
    }

    /// A variable by its name in any case; nil: it isn't known here.
    static func variable(_ name: String) -> SecVariable? {
        SecVariable(name: name.uppercased())
    }

    private static func selector(
        _ text: Substring, _ variable: SecVariable
    ) throws(SecLangProblem) -> SecSelector? {
        // Paths into documents: all that a document says counts.
        if variable == .xml { return nil }
        var text = text
        if text.count >= 2, text.first == "'", text.last == "'" { text = text.dropFirst().dropLast() }
        guard text.count >= 2, text.first == "/", text.last == "/" else {
            return .name(text.utf8.map(asciiLowercased))
        }
        let pattern = PatternTranslation.translate("(?i)" + text.dropFirst().dropLast())
        do throws(LinearRegex.Problem) { return .regex(try LinearRegex(pattern)) } catch {
            throw SecLangProblem("the expression \(text): \(error.reason)")
        }
    }

    /// Bars part variables, but not in an expression between slashes.
    private static func split(_ text: String) -> [String] {
        var parts = [""]
        var isInRegex = false
        var previous: Character = " "
        for character in text {
            if character == "/", previous == ":" || isInRegex || previous == "'" { isInRegex.toggle() }
            if character == "|", !isInRegex {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
            previous = character
        }
        return parts.map { $0.split(separator: " ").joined() }
    }
}

/// What is not understood.
struct SecLangProblem: Error, Sendable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
