import Policy

// Whether policy variables, `${key}` and `${key, 'default'}`, are written correctly and used where they work.
// AWS: `reference_policies_variables.html`.

extension Checker {
    mutating func checkVariables(in statement: LooseStatement) {
        for resource in statement.resources?.values ?? [] { checkVariables(of: resource) }
        for condition in statement.conditions {
            for value in condition.values { checkVariables(of: value, in: condition) }
            reportVariable(in: condition.key, "a condition key")
        }
        for action in statement.actions?.values ?? [] { reportVariable(in: action, "an action") }
        for entry in statement.principals?.entries ?? [] { reportVariable(in: entry.value, "a principal") }
        if let sid = statement.sid { reportVariable(in: sid, "a Sid") }
    }

    private mutating func reportVariable(in text: Text, _ what: String) {
        guard text.value.contains("${") else { return }
        report(
            .variableUnsupportedInElement, text.place,
            "Remove the variable from \"\(text.value)\": \(what) takes none, only resources and condition values do.")
    }

    private mutating func checkVariables(of text: Text, in condition: LooseStatement.Condition) {
        guard text.value.contains("${") else { return }
        if let family = condition.operation?.family, family != .string, family != .arn {
            report(
                .invalidVariableForOperator, text.place,
                "Write the value itself: \(condition.operatorText.value) takes no variable, only String and Arn "
                    + "operators do.")
        }
        checkVariables(of: text)
    }

    private mutating func checkVariables(of text: Text) {
        var rest = text.value[...]
        guard rest.contains("${") else { return }
        if !document.hasVariables {
            report(
                .variableUnsupportedInVersion, text.place,
                "Set \"Version\": \"2012-10-17\": before that version \"\(text.value)\" is only text.")
        }
        while let start = rest.firstRange(of: "${") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: "}") else {
                report(.missingBraceInVariable, text.place, "Close the variable of \"\(text.value)\" with }.")
                return
            }
            checkVariable(rest[..<end], of: text)
            rest = rest[rest.index(after: end)...]
        }
    }

    private mutating func checkVariable(_ content: Substring, of text: Text) {
        if ["*", "?", "$"].contains(content) { return }
        if content.allSatisfy({ $0 == " " }) {
            report(.emptyVariable, text.place, "Name a key within ${}, or remove it.")
            return
        }
        let comma = content.firstIndex(of: ",")
        let name = content[..<(comma ?? content.endIndex)]
        if name.contains(" ") {
            report(.unsupportedSpaceInVariable, text.place, "Remove the space from the variable \"\(name)\".")
        }
        guard let comma else { return }
        let fallback = content[content.index(after: comma)...].drop { $0 == " " }
        let isQuoted = fallback.utf8.count >= 2 && fallback.hasPrefix("'") && fallback.hasSuffix("'")
        if !isQuoted {
            report(
                .missingQuoteInVariable, text.place,
                "Put the default \(fallback) between single quotes: ${\(name), '…'}.")
        }
    }
}
