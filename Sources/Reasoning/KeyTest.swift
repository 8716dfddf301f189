import Policy

/// What one condition asks of one key, made ready for reasoning: a question about the key's value, with the answers for
/// a missing key already given.
///
/// The rules are those of `CompiledCondition`, told for all values instead of asked of one.
final class KeyTest: Sendable {
    /// In lower case.
    let key: String
    private let quantifier: ConditionOperator.Quantifier
    private let isNegated: Bool
    let test: ValueTest
    /// The answer for a key that is not there, or has only empty texts.
    let whenNull: Bool
    /// The answer for every key that is there; nil: it depends on the value.
    private let whenPresent: Bool?
    /// Whether the question is what a variable would make of the key: its value, or its default.
    private let usable: Usability?
    private let source: Source
    /// Equal for two that ask the same.
    var hash: Int { source.hash }

    /// What a test is made of, by which two are known to ask the same.
    private struct Source: Sendable, Equatable {
        let operatorName: String
        let values: [String]
        let hasVariables: Bool
        let hash: Int

        init(operatorName: String, values: [String], hasVariables: Bool) {
            self.operatorName = operatorName
            self.values = values
            self.hasVariables = hasVariables
            var hasher = Hasher()
            hasher.combine(operatorName)
            hasher.combine(values)
            hash = hasher.finalize()
        }
    }

    private enum Usability: Sendable, Hashable { case value, valueOrDefault }

    init(_ condition: Statement.Condition, version: PolicyDocument.Version) {
        key = condition.key.value.lowercasedASCII
        let values = condition.values.map(\.value)
        source = Source(
            operatorName: condition.operatorName.value, values: values,
            hasVariables: version == .v2012 && values.contains { $0.contains("${") })
        usable = nil
        guard let parsed = ConditionOperator(condition.operatorName.value) else {
            (quantifier, isNegated, test, whenNull, whenPresent) = (.none, false, .text(PatternSet([])), false, false)
            return
        }
        quantifier = parsed.quantifier
        isNegated = parsed.isNegated
        test = ValueTest(parsed.comparison, values, version)
        if parsed.comparison == .null {
            let wanted = values.map(\.lowercasedASCII)
            switch parsed.quantifier {
            case .none: (whenNull, whenPresent) = (wanted.contains("true"), wanted.contains("false"))
            case .forAllValues: (whenNull, whenPresent) = (true, true)
            case .forAnyValue: (whenNull, whenPresent) = (false, false)
            }
            return
        }
        switch parsed.quantifier {
        case .none: whenNull = parsed.ifExists || parsed.isNegated
        case .forAllValues: whenNull = true
        case .forAnyValue: whenNull = parsed.ifExists && !values.isEmpty
        }
        whenPresent = values.isEmpty && (parsed.ifExists || parsed.quantifier != .none) ? false : nil
    }

    /// The reasoning's own question: whether the key has one value, and that is one of these patterns.
    init(key: String, isOneOf patterns: [Pattern], orAbsent: Bool = false) {
        self.key = key
        quantifier = .none
        isNegated = false
        test = .text(PatternSet(patterns))
        whenNull = orAbsent
        whenPresent = nil
        usable = nil
        source = Source(
            operatorName: orAbsent ? "one or absent" : "one", values: patterns.map { $0.symbols.description },
            hasVariables: false)
    }

    /// Whether the key's value, or one of several, is one of these patterns.
    init(key: String, hasOneOf patterns: [Pattern]) {
        self.key = key
        quantifier = .forAnyValue
        isNegated = false
        test = .text(PatternSet(patterns))
        whenNull = false
        whenPresent = nil
        usable = nil
        source = Source(operatorName: "any of", values: patterns.map { $0.symbols.description }, hasVariables: false)
    }

    /// Whether the key has one value that lies in one of these ranges.
    init(key: String, liesIn ranges: [AddressRange]) {
        self.key = key
        quantifier = .none
        isNegated = false
        test = .address(ranges)
        whenNull = false
        whenPresent = nil
        usable = nil
        source = Source(operatorName: "lies in", values: ranges.map { "\($0)" }, hasVariables: false)
    }

    /// Whether the key is there at all.
    init(present key: String) {
        self.key = key
        quantifier = .none
        isNegated = false
        test = .text(PatternSet([]))
        whenNull = false
        whenPresent = true
        usable = nil
        source = Source(operatorName: "present", values: [], hasVariables: false)
    }

    /// Whether a variable is defined (rules 53 and 54).
    init(defined variable: Variable) {
        key = variable.key
        quantifier = .none
        isNegated = false
        test = .text(PatternSet([]))
        whenNull = variable.fallback != nil
        whenPresent = nil
        usable = variable.fallback == nil ? .value : .valueOrDefault
        source = Source(
            operatorName: "defined", values: [variable.fallback == nil ? "" : "default"], hasVariables: false)
    }

    /// What another test asks once its variables are replaced.
    private init(_ other: KeyTest, bound: ValueTest) {
        key = other.key
        quantifier = other.quantifier
        isNegated = other.isNegated
        test = bound
        whenNull = other.whenNull
        whenPresent = other.whenPresent
        usable = other.usable
        source = Source(
            operatorName: other.source.operatorName + " bound",
            values: other.source.values + bound.patterns.map { $0.symbols.description }, hasVariables: false)
    }

    /// The test with its variables replaced, of which each has to be among the bindings.
    func bound(_ bindings: Bindings) -> KeyTest { KeyTest(self, bound: test.bound(bindings)) }

    /// Whether both ask the same, for the same values of variables.
    func isSame(as other: KeyTest) -> Bool {
        self === other
            || (hash == other.hash && key == other.key && source == other.source && whenNull == other.whenNull)
    }

    // MARK: Answers

    /// The only value for which the answer is this, to variables; nil where there may be others.
    func onlyValue(_ isTrue: Bool) -> VariableValue? {
        if case .always(let answer) = toOne, case .always(let ofMany) = toMany {
            return answer != isTrue && ofMany != isTrue && whenEmptySet != isTrue ? .absent : nil
        }
        guard whenNull != isTrue, case .value(true) = toOne.negated(!isTrue), case .text(let set) = test,
            case .always(let ofMany) = toMany, ofMany != isTrue, whenEmptySet != isTrue, set.patterns.count == 1
        else { return nil }
        return set.patterns[0].literal.map { .text($0) }
    }

    /// What is asked of a key that has one value, or several.
    enum Question {
        case always(Bool)
        /// Whether a value matches, or does not if `wanted` is false.
        case value(wanted: Bool)
        /// Whether all of several do.
        case all(wanted: Bool)
        /// Whether any of them does.
        case any(wanted: Bool)

        func negated(_ isNegated: Bool) -> Question {
            guard isNegated else { return self }
            switch self {
            case .always(let answer): return .always(!answer)
            case .value(let wanted): return .value(wanted: !wanted)
            case .all(let wanted): return .any(wanted: !wanted)
            case .any(let wanted): return .all(wanted: !wanted)
            }
        }
    }

    /// The question to a key with one value, which is not empty.
    var toOne: Question {
        if usable != nil { return .always(true) }
        if let whenPresent { return .always(whenPresent) }
        return .value(wanted: !isNegated)
    }

    /// The question to a key with several values, of which some are not empty.
    var toMany: Question {
        if usable != nil { return .always(false) }
        if let whenPresent { return .always(whenPresent) }
        switch quantifier {
        case .none: return .always(false)
        case .forAllValues: return .all(wanted: !isNegated)
        case .forAnyValue: return .any(wanted: !isNegated)
        }
    }

    /// The answer for a set without values, which is null in conditions and no value to a variable.
    var whenEmptySet: Bool { usable == nil && whenNull }

    /// The answer for an empty text, which is null except for the keys that take it as a value.
    func whenEmpty(takesEmpty: Bool) -> Question {
        if usable != nil { return .always(whenNull) }
        return takesEmpty ? toOne : .always(whenNull)
    }

    var hasVariables: Bool { source.hasVariables && test.patterns.contains(where: \.hasVariables) }
}

extension KeyTest {
    /// The keys whose empty text says something (rule 38).
    static func takesEmpty(_ key: String) -> Bool { key == "s3:prefix" || key == "s3:delimiter" }
}
