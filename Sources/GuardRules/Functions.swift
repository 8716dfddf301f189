import WAF
import Wire

/// AWS: <https://github.com/aws-cloudformation/cloudformation-guard/blob/main/docs/FUNCTIONS.md>
extension Evaluation {
    func function(_ name: String, _ arguments: [Operand], _ scope: Scope) throws(GuardEvaluationError) -> [QueryResult]
    {
        let values = try arguments.map { (argument) throws(GuardEvaluationError) in
            try results(of: argument, scope)
        }
        func argument(_ place: Int) throws(GuardEvaluationError) -> [QueryResult] {
            guard values.indices.contains(place) else { throw .incompatible("\(name) needs more arguments") }
            return values[place]
        }
        switch name {
        case "count":
            try charge(argument(0).count)
            return [.literal(.int(try argument(0).count { $0.value != nil }))]
        case "to_lower": return try texts(argument(0)) { .string($0.lowercased()) }
        case "to_upper": return try texts(argument(0)) { .string($0.uppercased()) }
        case "url_decode": return try texts(argument(0)) { $0.percentDecoded.map { .string($0) } }
        case "json_parse":
            return try texts(argument(0)) { (text) throws(GuardEvaluationError) in
                // A value of one digit takes many times its space.
                try charge(text.utf8.count, times: 16)
                return try Self.parse(text)
            }
        case "substring":
            let (start, end) = (try number(argument(1), name), try number(argument(2), name))
            return try texts(argument(0)) { Self.substring($0, start, end) }
        case "join": return [.literal(.string(try join(argument(0), try text(argument(1), name))))]
        case "regex_replace":
            return try replace(argument(0), try text(argument(1), name), try text(argument(2), name))
        case "parse_int", "parse_float", "parse_boolean", "parse_string", "parse_char":
            var made: [QueryResult] = []
            for result in try argument(0) {
                try step()
                guard let value = result.value, let converted = try Self.convert(value, name) else { continue }
                made.append(.literal(converted))
            }
            return made
        default: throw .unknownRule(name)
        }
    }

    private func texts(
        _ results: [QueryResult], _ make: (String) throws(GuardEvaluationError) -> GuardValue?
    ) throws(GuardEvaluationError) -> [QueryResult] {
        var made: [QueryResult] = []
        for result in results {
            guard case .string(let text)? = result.value else { continue }
            try step()
            try charge(text.utf8.count)
            guard let value = try make(text) else { continue }
            made.append(.literal(value))
        }
        return made
    }

    private func text(_ results: [QueryResult], _ name: String) throws(GuardEvaluationError) -> String {
        switch results.first?.value {
        case .string(let text)?: return text
        case .regex(let regex)?: return regex.text
        default: throw .incompatible("\(name) needs a text")
        }
    }

    private func number(_ results: [QueryResult], _ name: String) throws(GuardEvaluationError) -> Int {
        guard case .int(let number)? = results.first?.value else { throw .incompatible("\(name) needs a number") }
        return number
    }

    private static func parse(_ text: String) throws(GuardEvaluationError) -> GuardValue {
        do throws(JSONError) { return GuardValue(try JSONValue(parsing: Array(text.utf8))) } catch {
            throw .incompatible("json_parse: \(error)")
        }
    }

    private static func substring(_ text: String, _ start: Int, _ end: Int) -> GuardValue? {
        let bytes = Array(text.utf8)
        guard start >= 0, start <= end, end <= bytes.count else { return nil }
        return .string(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private func join(_ results: [QueryResult], _ delimiter: String) throws(GuardEvaluationError) -> String {
        var texts: [String] = []
        try charge(results.count, times: delimiter.utf8.count + 1)
        for result in results {
            guard case .string(let text)? = result.value else { throw .incompatible("join needs texts") }
            try charge(text.utf8.count)
            texts.append(text)
        }
        return texts.joined(separator: delimiter)
    }

    private func replace(
        _ results: [QueryResult], _ pattern: String, _ replacement: String
    ) throws(GuardEvaluationError) -> [QueryResult] {
        let regex: GuardRegex
        do throws(LinearRegex.Problem) { regex = try GuardRegex(pattern, capturing: true) } catch {
            throw .incompatible("regex_replace: \(error.reason)")
        }
        let template = ReplacementTemplate(replacement)
        return try texts(results) { (text) throws(GuardEvaluationError) in
            // The rest follows the first match: what comes before and after it is no part of the result.
            guard let captures = regex.captures(Array(text.utf8)) else { return .string(text) }
            try charge(template.size(captures))
            return .string(template.text(captures))
        }
    }

    private static func convert(_ value: GuardValue, _ name: String) throws(GuardEvaluationError) -> GuardValue? {
        func converted(_ result: GuardValue?) throws(GuardEvaluationError) -> GuardValue {
            guard let result else { throw .incompatible("\(name) can't convert a value") }
            return result
        }
        switch (name, value) {
        case ("parse_int", .int), ("parse_float", .float), ("parse_boolean", .bool), ("parse_string", .string):
            return value
        case ("parse_int", .float(let number)):
            return try converted(Int(exactly: number.rounded(.towardZero)).map { .int($0) })
        case ("parse_int", .string(let text)): return try converted(Int(text).map { .int($0) })
        case ("parse_float", .int(let number)): return .float(Double(number))
        case ("parse_float", .string(let text)): return try converted(Double(text).map { .float($0) })
        case ("parse_boolean", .string(let text)):
            let lower = text.lowercased()
            return try converted(lower == "true" ? .bool(true) : lower == "false" ? .bool(false) : nil)
        case ("parse_string", _): return value.text.map { .string($0) }
        case ("parse_char", .string(let text)): return try converted(text.count == 1 ? value : nil)
        case ("parse_char", .int(let number)):
            return try converted((0...9).contains(number) ? .string("\(number)") : nil)
        default: return nil
        }
    }
}

/// `${1}/${2}`, as it stands for what a regular expression has captured.
private struct ReplacementTemplate {
    private enum Part {
        case text([UInt8])
        case group(Int)
    }

    private var parts: [Part] = []

    init(_ template: String) {
        var rest = Array(template.utf8)[...]
        while let byte = rest.first {
            rest.removeFirst()
            guard byte == UInt8(ascii: "$"), let next = rest.first else {
                append(byte)
                continue
            }
            let isBraced = next == UInt8(ascii: "{")
            let digits = (isBraced ? rest.dropFirst() : rest).prefix { GuardScanner.isDigit($0) }
            guard let group = Int(String(decoding: digits, as: UTF8.self)) else {
                append(byte)
                continue
            }
            rest = rest[digits.endIndex...]
            if isBraced, rest.first == UInt8(ascii: "}") { rest.removeFirst() }
            parts.append(.group(group))
        }
    }

    private mutating func append(_ byte: UInt8) {
        if case .text(var text)? = parts.last {
            text.append(byte)
            parts[parts.count - 1] = .text(text)
        } else {
            parts.append(.text([byte]))
        }
    }

    /// In bytes, of what ``text(_:)`` makes; `Int.max` where it can't be counted.
    func size(_ captures: [[UInt8]?]) -> Int {
        var size = 0
        for part in parts {
            let count =
                switch part {
                case .text(let bytes): bytes.count
                case .group(let group): captures.indices.contains(group) ? captures[group]?.count ?? 0 : 0
                }
            let (sum, isTooMuch) = size.addingReportingOverflow(count)
            if isTooMuch { return .max }
            size = sum
        }
        return size
    }

    func text(_ captures: [[UInt8]?]) -> String {
        var text: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let bytes): text += bytes
            case .group(let group): if captures.indices.contains(group), let bytes = captures[group] { text += bytes }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
