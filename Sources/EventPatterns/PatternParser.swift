import Wire

/// Reads patterns, with the complaints of the library that EventBridge and SNS read them with.
/// <https://github.com/aws/event-ruler>
struct PatternParser {
    private var tokens: PatternTokens

    init(_ text: [UInt8]) throws(PatternError) {
        tokens = try PatternTokens(text)
    }

    /// - Parameter allowsNone: whether the whole pattern may be empty.
    mutating func pattern(allowsNone: Bool = false) throws(PatternError) -> PatternObject {
        guard tokens.take() == .beginObject else { throw tokens.error("Filter is not an object") }
        let object = try object(at: PatternPath(), isAlternative: false, allowsNone: allowsNone)
        guard object.combinations <= EventPattern.mostCombinations else {
            throw tokens.error("Rule is too complex - there are more than 1000 combinations of $or")
        }
        return object
    }

    // MARK: Objects

    private mutating func object(
        at path: PatternPath, isAlternative: Bool, allowsNone: Bool = false
    ) throws(PatternError) -> PatternObject {
        var object = PatternObject()
        while case .key(let name) = tokens.take() {
            if name == "$or" {
                object.alternatives.append(try alternatives(at: path))
                continue
            }
            guard !isAlternative || !Self.reserved.contains(name) else {
                throw tokens.error("\(name) is Ruler reserved fieldName which cannot be used inside $or.")
            }
            let place = path.appending(name)
            switch tokens.take() {
            case .beginObject:
                guard place.names.count < EventPattern.mostLevels else {
                    throw tokens.error("Rule is nested too deeply")
                }
                object.fields.append(
                    .init(key: name, condition: .object(try self.object(at: place, isAlternative: isAlternative))))
            case .beginArray: object.fields.append(.init(key: name, condition: .values(try tests(), place)))
            default: throw tokens.error("\"\(name)\" must be an object or an array")
            }
        }
        guard allowsNone || !object.fields.isEmpty || !object.alternatives.isEmpty else {
            throw tokens.error("Empty objects are not allowed")
        }
        return object
    }

    private static let reserved: Set<String> = [
        "exactly", "prefix", "suffix", "anything-but", "numeric", "exists", "cidr", "equals-ignore-case", "wildcard",
        "=", "<", "<=", ">", ">=",
    ]

    private mutating func alternatives(at path: PatternPath) throws(PatternError) -> [PatternObject] {
        guard tokens.take() == .beginArray else { throw tokens.error("It must be an Array followed with $or.") }
        var all: [PatternObject] = []
        while true {
            switch tokens.take() {
            case .beginObject: all.append(try object(at: path, isAlternative: true))
            case .endArray:
                guard all.count >= 2 else {
                    throw tokens.error("There must have at least 2 Objects in $or relationship.")
                }
                return all
            default: throw tokens.error("Only JSON object is allowed in array of $or relationship.")
            }
        }
    }

    // MARK: What a field may be

    private mutating func tests() throws(PatternError) -> [ValueTest] {
        var tests: [ValueTest] = []
        while true {
            switch tokens.take() {
            case .endArray:
                guard !tests.isEmpty else { throw tokens.error("Empty arrays are not allowed") }
                return tests
            case .beginObject: tests.append(try expression())
            case .value(let value):
                if case .string(let text) = value, let range = AddressRange(address: text) {
                    tests.append(.address(range, Array(text.utf8)))
                } else if let scalar = Scalar(value) {
                    tests.append(.exactly(scalar))
                }
            default: throw tokens.error("Match value must be String, number, true, false, or null")
            }
        }
    }

    private mutating func expression() throws(PatternError) -> ValueTest {
        guard case .key(let name) = tokens.take() else { throw tokens.error("Match expression name not found") }
        let test: ValueTest
        switch name {
        case "exactly": test = .exactly(.text(try text("exact match pattern must be a string")))
        case "prefix": test = try edge(ValueTest.prefix, ValueTest.prefixIgnoringCase, "prefix")
        case "suffix": test = try edge(ValueTest.suffix, ValueTest.suffixIgnoringCase, "suffix")
        case "equals-ignore-case":
            test = .equalsIgnoringCase(try text("equals-ignore-case match pattern must be a string").lowercased)
        case "wildcard":
            test = .wildcard(try wildcard(try text("wildcard match pattern must be a string")))
        case "cidr":
            // The library says so of CIDR blocks, too.
            let text = String(decoding: try text("prefix match pattern must be a string"), as: UTF8.self)
            guard let range = AddressRange(cidr: text) else { throw tokens.error("Malformed CIDR, \(text)") }
            test = .cidr(range)
        case "numeric":
            guard tokens.take() == .beginArray else { throw tokens.error("Value of numeric must be an array.") }
            test = .numeric(try numericRange())
        case "exists":
            switch tokens.take() {
            case .value(.boolean(true)): test = .exists
            case .value(.boolean(false)): test = .absent
            default: throw tokens.error("exists match pattern must be either true or false.")
            }
        case "anything-but": test = .anythingBut(try exclusions())
        default: throw tokens.error("Unrecognized match type \(name)")
        }
        guard tokens.take() == .endObject else {
            let isNumeric = name == "numeric" || name == "anything-but"
            throw tokens.error(
                isNumeric ? "Too many elements in numeric expression" : "Only one key allowed in match expression")
        }
        return test
    }

    private mutating func text(_ complaint: String) throws(PatternError) -> [UInt8] {
        guard case .value(.string(let text)) = tokens.take() else { throw tokens.error(complaint) }
        return Array(text.utf8)
    }

    /// `"a"` or `{"equals-ignore-case": "a"}`.
    private mutating func edge(
        _ exact: ([UInt8]) -> ValueTest, _ ignoring: ([UInt8]) -> ValueTest, _ name: String
    ) throws(PatternError) -> ValueTest {
        let token = tokens.take()
        if case .value(.string(let text)) = token { return exact(Array(text.utf8)) }
        guard token == .beginObject else { throw tokens.error("\(name) match pattern must be a string") }
        guard case .key(let inner) = tokens.take(), inner == "equals-ignore-case" else {
            throw tokens.error("Unsupported \(name) pattern: only equals-ignore-case is allowed")
        }
        let text = try text("equals-ignore-case match pattern must be a string")
        guard tokens.take() == .endObject else { throw tokens.error("Only one key allowed in match expression") }
        return ignoring(text.lowercased)
    }

    private mutating func wildcard(_ text: [UInt8]) throws(PatternError) -> Wildcard {
        let wildcard: Wildcard
        do throws(Wildcard.Fault) { wildcard = try Wildcard(String(decoding: text, as: UTF8.self)) } catch {
            throw tokens.error(error.reason)
        }
        guard wildcard.parts.count <= Wildcard.mostStars + 1 else {
            throw tokens.error(
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a "
                    + "wildcard character")
        }
        return wildcard
    }

    // MARK: anything-but

    private mutating func exclusions() throws(PatternError) -> [ValueTest] {
        let token = tokens.take()
        switch token {
        case .beginArray: return try excludedList()
        case .value(let value):
            guard let scalar = Scalar(value), scalar.text != nil || scalar.number != nil else { break }
            return [excluded(scalar)]
        case .beginObject:
            guard case .key(let name) = tokens.take() else {
                throw tokens.error("Anything-But expression name not found")
            }
            let make: ([UInt8]) throws(PatternError) -> ValueTest
            switch name {
            case "prefix": make = { .prefix($0) }
            case "suffix": make = { .suffix($0) }
            case "equals-ignore-case": make = { .equalsIgnoringCase($0.lowercased) }
            case "wildcard":
                let parser = self
                make = { (text) throws(PatternError) in
                    var parser = parser
                    return .wildcard(try parser.wildcard(text))
                }
            default: throw tokens.error("Unsupported anything-but pattern: \(name)")
            }
            let tests = try excludedTexts(name, make)
            guard tokens.take() == .endObject else { throw tokens.error("Only one key allowed in match expression") }
            return tests
        default: break
        }
        throw tokens.error("Value of anything-but must be an array or single string/number value.")
    }

    /// Numbers are excluded by what they are, however they are written.
    private func excluded(_ scalar: Scalar) -> ValueTest {
        guard let number = scalar.number else { return .exactly(scalar) }
        return .numeric(NumericRange(lower: number, includesLower: true, upper: number, includesUpper: true))
    }

    private mutating func excludedList() throws(PatternError) -> [ValueTest] {
        var (tests, numbers): ([ValueTest], Int) = ([], 0)
        while true {
            switch tokens.take() {
            case .endArray:
                guard !tests.isEmpty, numbers == 0 || numbers == tests.count else {
                    throw tokens.error(
                        "Inside anything but list, either all values are number or string, mixed type is not supported")
                }
                return tests
            case .value(let value):
                guard let scalar = Scalar(value), scalar.text != nil || scalar.number != nil else {
                    throw tokens.error("Inside anything but list, start|null|boolean is not supported.")
                }
                if scalar.number != nil { numbers += 1 }
                tests.append(excluded(scalar))
            default: throw tokens.error("Inside anything but list, start|null|boolean is not supported.")
            }
        }
    }

    private mutating func excludedTexts(
        _ name: String, _ make: ([UInt8]) throws(PatternError) -> ValueTest
    ) throws(PatternError) -> [ValueTest] {
        let complaint =
            name == "equals-ignore-case" || name == "wildcard"
            ? "Inside anything-but/\(name) list, number|start|null|boolean is not supported."
            : "prefix/suffix match pattern must be a string"
        func test(_ text: String, _ tokens: PatternTokens) throws(PatternError) -> ValueTest {
            guard !text.isEmpty || name == "equals-ignore-case" else {
                throw tokens.error("Null prefix/suffix not allowed")
            }
            return try make(Array(text.utf8))
        }
        switch tokens.take() {
        case .value(.string(let text)): return [try test(text, tokens)]
        case .beginArray:
            var tests: [ValueTest] = []
            while true {
                switch tokens.take() {
                case .value(.string(let text)): tests.append(try test(text, tokens))
                case .endArray:
                    guard !tests.isEmpty else { throw tokens.error("Empty arrays are not allowed") }
                    return tests
                default: throw tokens.error(complaint)
                }
            }
        default: throw tokens.error(complaint)
        }
    }

    // MARK: Numbers

    private mutating func number(_ name: String) throws(PatternError) -> Double {
        guard case .value(let value) = tokens.take(), let number = Scalar(value)?.number else {
            throw tokens.error("Value of \(name) must be numeric")
        }
        guard abs(number) <= NumericRange.most else {
            throw tokens.error("Value must be between -5.0E9 and 5.0E9, inclusive")
        }
        return number
    }

    private mutating func numericRange() throws(PatternError) -> NumericRange {
        guard case .value(.string(let name)) = tokens.take() else {
            throw tokens.error("Invalid member in numeric match")
        }
        let most = NumericRange.most
        var range = NumericRange(lower: -most, includesLower: true, upper: most, includesUpper: true)
        switch name {
        case "=":
            let value = try number("equals")
            (range.lower, range.upper) = (value, value)
        case "<", "<=": (range.upper, range.includesUpper) = (try number(name), name == "<=")
        case ">", ">=":
            (range.lower, range.includesLower) = (try number(name), name == ">=")
            switch tokens.take() {
            case .endArray: return range
            case .value(.string(let end)):
                guard end == "<" || end == "<=" else { throw tokens.error("Bad numeric range operator: \(end)") }
                (range.upper, range.includesUpper) = (try number(end), end == "<=")
                guard tokens.take() == .endArray else {
                    throw tokens.error("Too many terms in numeric range expression")
                }
                guard range.lower < range.upper else { throw tokens.error("Bottom must be less than top") }
                return range
            default: throw tokens.error("Bad value in numeric range")
            }
        default: throw tokens.error("Unrecognized numeric range operator: \(name)")
        }
        guard tokens.take() == .endArray else { throw tokens.error("Too many elements in numeric expression") }
        return range
    }
}
