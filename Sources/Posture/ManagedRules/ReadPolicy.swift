public import Wire

/// A policy document, as rules look at it: without regard to what it would take to compile it.
package struct ReadPolicy {
    package struct Statement {
        package let isAllow: Bool
        package let actions: [String]
        package let notActions: [String]
        package let resources: [String]
        package let notResources: [String]
        package let principal: JSONValue?
        package let notPrincipal: JSONValue?
        package let condition: JSONValue?
    }

    package let statements: [Statement]

    /// - Parameter text: JSON, perhaps percent-encoded as IAM's answers have it.
    package init?(_ text: String?) {
        guard let text else { return nil }
        let plain = text.hasPrefix("{") ? text : text.percentDecoded ?? text
        guard let json = try? JSONValue(parsing: Array(plain.utf8)), let list = json["Statement"] else { return nil }
        let all: [JSONValue] = list.elements.isEmpty ? [list] : list.elements
        statements = all.map { statement in
            Statement(
                isAllow: statement["Effect"]?.text == "Allow", actions: statement["Action"]?.texts ?? [],
                notActions: statement["NotAction"]?.texts ?? [], resources: statement["Resource"]?.texts ?? [],
                notResources: statement["NotResource"]?.texts ?? [], principal: statement["Principal"],
                notPrincipal: statement["NotPrincipal"], condition: statement["Condition"])
        }
    }
}

extension ReadPolicy.Statement {
    /// Whether it is about all principals.
    package var isOfEverybody: Bool {
        guard let principal else { return notPrincipal != nil }
        if principal.text == "*" { return true }
        return principal["AWS"]?.texts.contains("*") == true
    }

    /// The values of a condition key, of whatever operator.
    package func values(ofCondition key: String) -> [(operation: String, values: [String])] {
        (condition?.members ?? []).flatMap { operation in
            operation.value.members.filter { $0.key.lowercased() == key.lowercased() }
                .map { (operation.key, $0.value.texts + ($0.value.isTrue ? ["true"] : [])) }
        }
    }
}

/// Patterns of actions and resources, with `*` and `?`.
package enum RulePattern {
    /// Whether a text fits a pattern, without regard to case.
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.lowercased().utf8), Array(text.lowercased().utf8))
        var (place, position) = (0, 0)
        var star: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let last = star {
                star = (last.place, last.position + 1)
                place = last.place + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Whether some action fits both patterns: one with `*` only, as rules' parameters and policies have them.
    package static func overlap(_ one: String, _ other: String) -> Bool {
        if matches(one, other) || matches(other, one) { return true }
        // `kms:De*` and `*:Decrypt` have an action in common, too.
        let (a, b) = (Array(one.lowercased().utf8), Array(other.lowercased().utf8))
        var reachable = Array(repeating: false, count: b.count + 1)
        reachable[0] = true
        func isStar(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") }
        for place in 0..<b.count where reachable[place] && isStar(b[place]) { reachable[place + 1] = true }
        for left in a {
            var next = Array(repeating: false, count: b.count + 1)
            if isStar(left) {
                var any = false
                for place in 0...b.count {
                    any = any || reachable[place]
                    next[place] = any
                }
            } else {
                for place in 0..<b.count where reachable[place] {
                    if isStar(b[place]) {
                        next[place] = true
                    } else if b[place] == left || b[place] == UInt8(ascii: "?") || left == UInt8(ascii: "?") {
                        next[place + 1] = true
                    }
                }
                for place in 0..<b.count where next[place] && isStar(b[place]) { next[place + 1] = true }
            }
            reachable = next
        }
        return reachable[b.count]
    }
}
