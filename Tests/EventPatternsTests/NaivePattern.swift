import Wire

/// Event patterns once more, as plainly as possible and on their own: the text of the pattern against the text of the event,
/// each time anew, with no tree, no keys and no numbers of bytes.
enum NaivePattern {
    static func matches(_ pattern: JSONValue, _ event: JSONValue) -> Bool {
        object(pattern, event, path: [], root: event)
    }

    private static func object(_ pattern: JSONValue, _ value: JSONValue?, path: [String], root: JSONValue) -> Bool {
        if case .array(let elements)? = value {
            for element in elements where object(pattern, element, path: path, root: root) { return true }
            return false
        }
        guard case .object(let members) = pattern else { return false }
        for member in members {
            if member.key == "$or" {
                guard case .array(let alternatives) = member.value else { return false }
                var isAny = false
                for alternative in alternatives where object(alternative, value, path: path, root: root) {
                    isAny = true
                }
                if !isAny { return false }
                continue
            }
            let inner = value?[member.key]
            switch member.value {
            case .object:
                if !object(member.value, inner, path: path + [member.key], root: root) { return false }
            case .array(let tests):
                var isAny = false
                for test in tests {
                    if test == .object([JSONMember(key: "exists", value: .boolean(false))]) {
                        if scalars(at: path + [member.key], root).isEmpty { isAny = true }
                    } else if let inner {
                        for scalar in scalars(at: [], inner) where self.test(test, scalar) { isAny = true }
                    }
                }
                if !isAny { return false }
            default: return false
            }
        }
        return true
    }

    /// All values at a path, through all arrays.
    private static func scalars(at path: [String], _ value: JSONValue) -> [JSONValue] {
        switch value {
        case .array(let elements): return elements.flatMap { scalars(at: path, $0) }
        case .object:
            guard let first = path.first, let inner = value[first] else { return [] }
            return scalars(at: Array(path.dropFirst()), inner)
        default: return path.isEmpty ? [value] : []
        }
    }

    private static func test(_ test: JSONValue, _ value: JSONValue) -> Bool {
        guard case .object(let members) = test, let member = members.first else {
            if case .string(let text) = test, case .string(let other) = value, let range = bits(text) {
                return text == other || bits(other) == range
            }
            return test == value
        }
        switch (member.key, member.value) {
        case ("exists", .boolean(true)): return true
        case ("prefix", .string(let text)): return string(value)?.hasPrefix(text) ?? false
        case ("suffix", .string(let text)): return string(value)?.hasSuffix(text) ?? false
        case ("prefix", .object(let inner)):
            return string(value)?.lowercased().hasPrefix(string(inner[0].value)!.lowercased()) ?? false
        case ("suffix", .object(let inner)):
            return string(value)?.lowercased().hasSuffix(string(inner[0].value)!.lowercased()) ?? false
        case ("equals-ignore-case", .string(let text)): return string(value)?.lowercased() == text.lowercased()
        case ("wildcard", .string(let text)): return string(value).map { wildcard(Array(text), Array($0)) } ?? false
        case ("cidr", .string(let text)):
            let parts = text.split(separator: "/")
            guard let network = bits(String(parts[0])), let address = string(value).flatMap(bits) else { return false }
            return address.count == network.count && address.hasPrefix(network.prefix(Int(parts[1])!))
        case ("numeric", .array(let terms)):
            guard let number = number(value), abs(number) <= 5e9 else { return false }
            var index = 0
            while index + 1 < terms.count {
                let bound = self.number(terms[index + 1])!
                switch string(terms[index])! {
                case "=": if number != bound { return false }
                case "<": if number >= bound { return false }
                case "<=": if number > bound { return false }
                case ">": if number <= bound { return false }
                default: if number < bound { return false }
                }
                index += 2
            }
            return true
        case ("anything-but", .array(let values)): return !values.contains { isSame($0, value) }
        case ("anything-but", .object(let inner)):
            let kind = inner[0].key
            let values: [JSONValue] = if case .array(let all) = inner[0].value { all } else { [inner[0].value] }
            return !values.contains { self.test(.object([JSONMember(key: kind, value: $0)]), value) }
        case ("anything-but", let one): return !isSame(one, value)
        default: return false
        }
    }

    private static func isSame(_ a: JSONValue, _ b: JSONValue) -> Bool {
        if let a = number(a), let b = number(b) { return a == b }
        return a == b
    }

    private static func string(_ value: JSONValue) -> String? {
        if case .string(let text) = value { text } else { nil }
    }

    private static func number(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .double(let number): number
        default: nil
        }
    }

    private static func wildcard(_ pattern: [Character], _ text: [Character]) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        if first == "*" {
            for start in 0...text.count where wildcard(Array(pattern.dropFirst()), Array(text[start...])) {
                return true
            }
            return false
        }
        return text.first == first && wildcard(Array(pattern.dropFirst()), Array(text.dropFirst()))
    }

    /// An address of version 4 as ones and zeros.
    private static func bits(_ text: String) -> String? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, parts.allSatisfy({ $0 != nil }) else { return nil }
        return parts.map { part in
            let digits = String(part!, radix: 2)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }
}
