import WAF

/// What `parse` takes out of a text.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Parse.html>
struct ParsePattern: Sendable {
    struct Problem: Error {
        let reason: String
    }

    private let regex: LinearRegex
    /// The numbers of the groups that make fields.
    private let groups: [Int]
    /// The names that a regular expression gives to its groups, in the order of ``values(in:)``.
    let names: [String]

    /// A text in which each asterisk stands for what a field gets: as little as can be, but for one at the end.
    init(glob: String) throws(Problem) {
        let parts = glob.split(separator: "*", omittingEmptySubsequences: false).map { Self.quoted(String($0)) }
        guard parts.count > 1 else { throw Problem(reason: "there is no asterisk") }
        var pattern = parts[0]
        for (number, part) in parts.enumerated().dropFirst() {
            pattern += number == parts.count - 1 && part.isEmpty ? "(.*)" : "(.*?)" + part
        }
        regex = try Self.compile("(?s)" + pattern)
        groups = Array(1..<parts.count)
        names = []
    }

    /// A regular expression. Where groups have names, the others make no fields.
    init(regex text: String) throws(Problem) {
        let (pattern, named) = Self.groups(in: text)
        regex = try Self.compile(pattern)
        groups = named.isEmpty ? Array(1..<(regex.groupCount + 1)) : named.map(\.number)
        names = named.map(\.name)
        guard !groups.isEmpty else { throw Problem(reason: "there is no group") }
    }

    /// How many fields it makes.
    var count: Int { groups.count }

    /// What the fields are; nil: the text does not fit.
    func values(in text: [UInt8]) -> [QueryValue]? {
        guard let found = regex.match(in: text, groups: groups.max() ?? 0) else { return nil }
        return groups.map { group in
            found[group].map { .text(String(decoding: text[$0], as: UTF8.self)) } ?? .missing
        }
    }

    private static func compile(_ pattern: String) throws(Problem) -> LinearRegex {
        do throws(LinearRegex.Problem) { return try LinearRegex(pattern, capturing: true, isUnicode: true) } catch {
            throw Problem(reason: error.reason)
        }
    }

    /// A text as the regular expression that matches it and nothing else.
    static func quoted(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII, scalar.value > 0x20, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) {
                quoted += "\\"
            }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted
    }

    /// The names of groups, `(?<name>…)`, written as RE2 of all versions reads them.
    private static func groups(in text: String) -> (pattern: String, named: [(name: String, number: Int)]) {
        let bytes = Array(text.utf8)
        var (pattern, named, number): ([UInt8], [(name: String, number: Int)], Int) = ([], [], 0)
        var (place, isClass) = (0, false)
        while place < bytes.count {
            let byte = bytes[place]
            pattern.append(byte)
            place += 1
            switch byte {
            case UInt8(ascii: "\\"):
                if place < bytes.count { pattern.append(bytes[place]) }
                place += 1
            case UInt8(ascii: "["): isClass = true
            case UInt8(ascii: "]"): isClass = false
            case UInt8(ascii: "(") where !isClass:
                let rest = bytes[min(place, bytes.count)...]
                if rest.starts(with: "?<".utf8) || rest.starts(with: "?P<".utf8) {
                    let start = place + (rest.starts(with: "?<".utf8) ? 2 : 3)
                    let name = bytes[start...].prefix { $0 != UInt8(ascii: ">") }
                    number += 1
                    named.append((String(decoding: name, as: UTF8.self), number))
                    pattern += Array("?P<".utf8)
                    place = start
                } else if rest.first != UInt8(ascii: "?") {
                    number += 1
                }
            default: break
            }
        }
        return (String(decoding: pattern, as: UTF8.self), named)
    }
}
