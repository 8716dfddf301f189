import Wire
import Yams

/// YAML as templates have it, with CloudFormation's short forms: `!Ref x` is `{"Ref": x}`.
enum YAMLDocument {
    /// What is wrong with a text.
    struct Problem: Error, Sendable {
        let reason: String
    }

    /// How many values there may be.
    private static let mostNodes = 50_000
    /// How deeply values may nest.
    private static let mostDepth = 64

    static func parse(_ text: String) throws(Problem) -> JSONValue {
        // The library follows nesting by recursion.
        guard isShallow(text) else { throw Problem(reason: "the template nests too deeply") }
        // It also compares keys in full, with all that aliases in them stand for, before anything can be counted.
        guard !hasAnchors(text) else {
            throw Problem(reason: "YAML aliases are not allowed: the template has what looks like an anchor (&name)")
        }
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch { throw Problem(reason: "\(error)") }
        guard let node else { throw Problem(reason: "the template is empty") }
        var left = mostNodes
        return try value(node, depth: 0, &left)
    }

    /// Whether neither brackets, nor indentation, nor dashes on a line open more than some levels.
    private static func isShallow(_ text: String) -> Bool {
        var open = 0
        var indicators = 0
        var isAtStart = true
        var indentation = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): (isAtStart, indentation, indicators) = (true, 0, 0)
            case UInt8(ascii: " ") where isAtStart: indentation += 1
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                if isAtStart { indicators += 1 }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                isAtStart = false
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                open = max(0, open - 1)
                isAtStart = false
            default: isAtStart = false
            }
            if open > 200 || indentation > 400 || indicators > 60 { return false }
        }
        return true
    }

    /// Whether `&name` stands where a value may begin. What looks so within a text of several lines counts, too.
    static func hasAnchors(_ text: String) -> Bool {
        // The last character on the line before blanks and tags; a line's beginning is nil.
        var last: Unicode.Scalar?
        var isInTag = false
        var isCandidate = false
        for scalar in text.unicodeScalars {
            if isCandidate, scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                return true
            }
            if isCandidate, scalar == "_" || scalar == "-" { return true }
            isCandidate = false
            switch scalar {
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": (last, isInTag) = (nil, false)
            case " ", "\t", "\u{FEFF}": isInTag = false
            case "!" where isIndicator(last): isInTag = true
            case _ where isInTag && scalar != ",": break
            default:
                isCandidate = scalar == "&" && isIndicator(last)
                (last, isInTag) = (scalar, false)
            }
        }
        return false
    }

    /// Whether a value may follow.
    private static func isIndicator(_ scalar: Unicode.Scalar?) -> Bool {
        switch scalar {
        case nil, ":", ",", "[", "{", "-", "?": true
        default: false
        }
    }

    private static func value(_ node: Node, depth: Int, _ left: inout Int) throws(Problem) -> JSONValue {
        left -= 1
        guard left > 0, depth < mostDepth else { throw Problem(reason: "the template is too large") }
        let plain: JSONValue
        switch node {
        case .scalar(let scalar): plain = self.scalar(node, scalar)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence { elements.append(try value(element, depth: depth + 1, &left)) }
            plain = .array(elements)
        case .mapping(let mapping):
            var members: [JSONMember] = []
            var names: Set<String> = []
            for (key, element) in mapping {
                guard let name = key.scalar?.string else { throw Problem(reason: "a key is no text") }
                guard names.insert(name).inserted else {
                    throw Problem(reason: "the key \(name) is there twice")
                }
                members.append(JSONMember(key: name, value: try value(element, depth: depth + 1, &left)))
            }
            plain = .object(members)
        case .alias: throw Problem(reason: "an alias has no anchor")
        }
        return short(node.tag.description, plain)
    }

    private static func scalar(_ node: Node, _ scalar: Node.Scalar) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        if node.tag.description.hasPrefix("!"), !node.tag.description.hasPrefix("!!") { return .string(scalar.string) }
        if node.null != nil { return .null }
        if let flag = node.bool, ["true", "false"].contains(scalar.string.lowercased()) { return .boolean(flag) }
        if let number = Int(scalar.string) { return .integer(number) }
        if let number = Double(scalar.string), number.isFinite, scalar.string.first?.isNumber == true {
            return .double(number)
        }
        return .string(scalar.string)
    }

    private static func short(_ tag: String, _ value: JSONValue) -> JSONValue {
        guard tag.hasPrefix("!"), !tag.hasPrefix("!!"), tag.count > 1 else { return value }
        let name = String(tag.dropFirst())
        let full = ["Ref", "Condition"].contains(name) ? name : "Fn::\(name)"
        return .object([JSONMember(key: full, value: value)])
    }
}
