import Policy

/// What a condition compares a value with. A value passes if it matches one of the policy's.
enum ValueTest: Sendable {
    case text(PatternSet)
    case number(ConditionOperator.Order, [DecimalNumber])
    case date(ConditionOperator.Order, [PointInTime])
    case address([AddressRange])

    /// - Parameter version: only the newer version has variables.
    init(_ comparison: ConditionOperator.Comparison, _ values: [String], _ version: PolicyDocument.Version) {
        func patterns(_ place: PatternPlace, _ reading: Pattern.Reading) -> ValueTest {
            .text(
                PatternSet(
                    values.flatMap { place.tokens(of: $0, version: version) }
                        .compactMap { Pattern.reading($0, as: reading) }))
        }
        switch comparison {
        case .stringEquals: self = patterns(.equality, .plain)
        case .stringEqualsIgnoreCase: self = patterns(.equality, .ignoringCase)
        case .stringLike: self = patterns(.likeness, .plain)
        case .arnLike: self = patterns(.likeness, .arn)
        case .bool: self = patterns(.equality, .boolean)
        case .numeric(let order): self = .number(order, values.compactMap { DecimalNumber($0.utf8.span) })
        case .date(let order): self = .date(order, values.compactMap { PointInTime($0.utf8.span) })
        case .ipAddress: self = .address(values.compactMap { AddressRange($0.utf8.span) })
        // A value has one text in base64 (with padding, and no bits left over), so it is compared as text.
        case .binaryEquals:
            self = .text(
                PatternSet(values.filter { Base64.decode($0.utf8.span) != nil }.map { Pattern.text($0) }))
        case .null: self = .text(PatternSet([]))
        }
    }

    /// Whether a value matches; patterns with variables are for who has bound them.
    func matches(_ value: String) -> Bool {
        switch self {
        case .text(let set):
            let text = Pattern(value.unicodeScalars.map(\.value))
            return set.contains(near: text) { !$0.hasVariables && $0.covers(text) }
        case .number(let order, let numbers):
            guard let found = DecimalNumber(value.utf8.span) else { return false }
            return numbers.contains { order.holds(found, $0) }
        case .date(let order, let dates):
            guard let found = PointInTime(value.utf8.span) else { return false }
            return dates.contains { order.holds(found, $0) }
        case .address(let ranges):
            guard let found = AddressRange(value.utf8.span) else { return false }
            return ranges.contains { $0.contains(found) }
        }
    }

    /// The test with its variables replaced; an undefined one matches nothing.
    func bound(_ bindings: Bindings) -> ValueTest {
        guard case .text(let set) = self, set.hasVariables else { return self }
        return .text(PatternSet(set.patterns.compactMap { $0.bound(bindings) }))
    }

    /// How many values it compares with.
    var count: Int {
        switch self {
        case .text(let set): set.patterns.count
        case .number(_, let numbers): numbers.count
        case .date(_, let dates): dates.count
        case .address(let ranges): ranges.count
        }
    }

    var patterns: [Pattern] { if case .text(let set) = self { set.patterns } else { [] } }

    var isText: Bool { if case .text = self { true } else { false } }
}

extension ValueTest {
    /// Texts among which there is one for every way in which a value can stand to the numbers, dates and address ranges
    /// of the tests.
    ///
    /// Numbers and dates have an order: what matters is each boundary, what lies right beside it, and a text that is
    /// neither. Ranges of addresses lie within each other or apart: what matters is each range, where it begins, and
    /// where the next address is no longer in it.
    /// - Parameter kind: what the key can be.
    static func candidates(_ tests: [ValueTest], _ kind: KeyKind.Values) -> [String] {
        var texts: [String] = []
        var numbers: [DecimalNumber] = []
        var dates: [PointInTime] = []
        var ranges: [AddressRange] = []
        for test in tests {
            switch test {
            case .number(_, let values): numbers += values
            case .date(_, let values): dates += values
            case .address(let values): ranges += values
            case .text: break
            }
        }
        if kind == .number || !numbers.isEmpty { texts += ["0", "1"] + numbers.flatMap(\.neighbours) }
        if kind == .date || !dates.isEmpty {
            texts += ["2026-01-01T00:00:00Z"] + dates.flatMap(\.neighbours)
        }
        if kind == .address || !ranges.isEmpty {
            texts += ["198.51.100.1", "2001:db8::1"] + ranges.flatMap { $0.neighbours(asRanges: kind != .address) }
            if kind != .address { texts += ["0.0.0.0/0", "::/0"] }
        }
        switch kind {
        case .text: texts += ["x"]
        case .boolean: texts = ["true", "false"]
        case .number: texts = texts.filter { DecimalNumber($0.utf8.span) != nil }
        case .date: texts = texts.filter { PointInTime($0.utf8.span) != nil }
        case .address: texts = texts.filter { !$0.contains("/") && AddressRange($0.utf8.span) != nil }
        }
        return texts
    }
}
