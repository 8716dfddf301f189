/// A statement made ready: with what it refers to, and its expressions compiled.
indirect enum Predicate: Sendable {
    /// A part of the request, by its number among the ``Fields`` of a firewall.
    case match(text: Int, Test)
    case geo(Set<String>, ForwardedAddress?)
    case asn(Set<Int>, ForwardedAddress?)
    case ipSet(NetworkSet, ForwardedAddress?)
    case label(LabelPattern)
    case rate(Rate)
    case inspection(Inspection)
    case and([Predicate])
    case or([Predicate])
    case not(Predicate)

    /// What a text has to fulfil.
    enum Test: Sendable {
        case bytes([UInt8], FieldMatch.Position)
        case regexes([LinearRegex])
        case size(FieldMatch.Comparison, Int)
        case sql(FieldMatch.Sensitivity)
        case script

        /// Whether a text fulfils it.
        func matches(_ text: [UInt8]) -> Bool {
            switch self {
            case .bytes(let wanted, let position): ByteSearch.matches(text, wanted, position)
            case .regexes(let regexes): regexes.contains { $0.matches(text) }
            case .size(let comparison, let size): comparison.holds(text.count, size)
            case .sql(let sensitivity): InjectionDetection.isSQL(text, sensitivity)
            case .script: InjectionDetection.isScript(text)
            }
        }
    }

    /// A rate-based statement made ready.
    struct Rate: Sendable {
        let rule: String
        let statement: RateBasedStatement
        let scopeDown: Predicate?
        let counter: RateCounter
    }
}

extension FieldMatch.Comparison {
    func holds(_ size: Int, _ limit: Int) -> Bool {
        switch self {
        case .equal: size == limit
        case .notEqual: size != limit
        case .lessOrEqual: size <= limit
        case .less: size < limit
        case .greaterOrEqual: size >= limit
        case .greater: size > limit
        }
    }
}

/// Bytes within bytes.
enum ByteSearch {
    static func matches(_ text: [UInt8], _ wanted: [UInt8], _ position: FieldMatch.Position) -> Bool {
        switch position {
        case .exactly: text == wanted
        case .startsWith: text.starts(with: wanted)
        case .endsWith: text.count >= wanted.count && text.suffix(wanted.count).elementsEqual(wanted)
        case .contains: contains(text, wanted) { _ in true }
        case .containsWord:
            contains(text, wanted) { start in
                let end = start + wanted.count
                return (start == 0 || !text[start - 1].isWordCharacter)
                    && (end == text.count || !text[end].isWordCharacter)
            }
        }
    }

    /// By Knuth, Morris and Pratt: a text that is made for it must not take longer than others.
    /// - Complexity: linear in both lengths.
    private static func contains(_ text: [UInt8], _ wanted: [UInt8], where isRight: (Int) -> Bool) -> Bool {
        guard !wanted.isEmpty else { return true }
        guard text.count >= wanted.count else { return false }
        // For each part at its beginning, how much of its end is a beginning again.
        var borders = [Int](repeating: 0, count: wanted.count)
        var matched = 0
        for end in 1..<wanted.count {
            while matched > 0, wanted[end] != wanted[matched] { matched = borders[matched - 1] }
            if wanted[end] == wanted[matched] { matched += 1 }
            borders[end] = matched
        }
        matched = 0
        for end in text.indices {
            while matched > 0, text[end] != wanted[matched] { matched = borders[matched - 1] }
            if text[end] == wanted[matched] { matched += 1 }
            guard matched == wanted.count else { continue }
            if isRight(end + 1 - matched) { return true }
            matched = borders[matched - 1]
        }
        return false
    }
}

/// A label that is looked for, with the context that it is looked for in.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-label-match-examples.html>
struct LabelPattern: Sendable {
    private let scope: LabelMatch.Scope
    /// What the label has to begin with; for a key with a prefix all of it.
    private let context: String
    /// The parts of the key behind the prefix; empty for a key that has one.
    private let parts: [Substring]
    private let isWhole: Bool

    /// - Parameter namespace: of the rule's web ACL or rule group, with the colon at its end.
    init(_ match: LabelMatch, in namespace: String) {
        scope = match.scope
        isWhole = match.key.hasPrefix("awswaf:")
        // A namespace may be written with the colon at its end.
        let key = match.scope == .namespace && match.key.hasSuffix(":") ? String(match.key.dropLast()) : match.key
        context = isWhole ? key : namespace
        parts = isWhole ? [] : key.split(separator: ":", omittingEmptySubsequences: false)
    }

    func matches(_ label: String) -> Bool {
        guard !isWhole else {
            return scope == .label ? label == context : label.hasPrefix(context + ":")
        }
        guard label.hasPrefix(context) else { return false }
        let own = label.dropFirst(context.count).split(separator: ":", omittingEmptySubsequences: false)
        switch scope {
        case .label: return own.count >= parts.count && own.suffix(parts.count).elementsEqual(parts)
        case .namespace:
            // The last part is the name, which is in no namespace.
            let namespaces = own.dropLast()
            guard namespaces.count >= parts.count else { return false }
            return (0...namespaces.count - parts.count).contains {
                namespaces.dropFirst($0).prefix(parts.count).elementsEqual(parts)
            }
        }
    }
}
