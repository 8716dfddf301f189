// Rules are numbered as in Documentation/PolicyRules.md.

/// One key under one operator, its values typed.
struct CompiledCondition: BitwiseCopyable, @unchecked Sendable {
    private let key: Unmanaged<ConditionKey>
    private let condition: ConditionOperator
    private let test: ValueTest
    private let hasNoValues: Bool
    /// Whether an empty string is a value of the key like any other (rule 38).
    private let takesEmpty: Bool

    /// The keys whose empty string says something: S3 lists the top of a bucket for an empty prefix.
    private static let takingEmpty: Set<String> = ["s3:prefix", "s3:delimiter"]

    /// - Precondition: the parser has seen to it that the operator exists; one that does not is never true.
    init(_ source: Statement.Condition, version: PolicyDocument.Version, in memory: PolicyMemory) {
        key = memory.keep(ConditionKey(source.key.value))
        let values = source.values.map(\.value)
        takesEmpty = Self.takingEmpty.contains(source.key.value.lowercasedASCII)
        hasNoValues = values.isEmpty
        if let condition = ConditionOperator(source.operatorName.value) {
            self.condition = condition
            test = ValueTest(condition.comparison, values, version, memory)
        } else {
            condition = .never
            test = .never
        }
    }

    /// Whether the condition holds for a request.
    func holds(_ context: Lookup) -> Bool {
        let found = key._withUnsafeGuaranteedRef(context)
        if case .null(let absent, let present) = test {
            switch condition.quantifier {
            case .forAllValues: return true  // Rule 37.
            case .forAnyValue: return false
            case .none: return isNull(found) ? absent : present
            }
        }
        guard let found, !isNull(found) else { return holdsForMissingKey }
        // Rule 36; without IfExists and quantifier, no value is just none of the values (rule 31).
        if hasNoValues, condition.ifExists || condition.quantifier != .none { return false }
        switch found {
        case .one(let value): return holds(value, context)
        case .many(let values):
            switch condition.quantifier {
            case .none: return false  // Rule 39.
            case .forAllValues: return values.allSatisfy { holds($0, context) }
            case .forAnyValue: return values.contains { holds($0, context) }
            }
        }
    }

    private func isNull(_ found: ContextValue?) -> Bool {
        if takesEmpty, case .one = found { return false }
        return found.isNull
    }

    /// Rules 32, 33, 35, 36.
    private var holdsForMissingKey: Bool {
        switch condition.quantifier {
        case .none: condition.ifExists || condition.isNegated
        case .forAllValues: true
        case .forAnyValue: condition.ifExists && !hasNoValues
        }
    }

    /// Whether one value of the request passes: it matches one of the policy's values, or none if negated.
    private func holds(_ value: String, _ context: Lookup) -> Bool {
        let utf8 = value.utf8
        return test.matchesAny(utf8.span, context) != condition.isNegated
    }
}

extension ConditionOperator {
    /// Stands for a name that is no operator.
    fileprivate static let never = ConditionOperator(
        quantifier: .none, comparison: .null, isNegated: false, ifExists: false)

    private init(quantifier: Quantifier, comparison: Comparison, isNegated: Bool, ifExists: Bool) {
        self.quantifier = quantifier
        self.comparison = comparison
        self.isNegated = isNegated
        self.ifExists = ifExists
    }
}

extension ContextValue? {
    /// Whether the key counts as absent: an empty string and an empty set are null (rules 35 and 38).
    var isNull: Bool {
        switch self {
        case nil: true
        case .one(let value): value.isEmpty
        case .many(let values): values.allSatisfy(\.isEmpty)
        }
    }
}

/// The values of a condition, read once into the type that its operator compares.
///
/// A value of the policy that cannot be read as that type matches nothing, and so does one of the request.
private enum ValueTest: BitwiseCopyable, @unchecked Sendable {
    case text(TextComparison, UnsafeBufferPointer<TextPattern>)
    case numeric(ConditionOperator.Order, UnsafeBufferPointer<DecimalNumber>)
    case date(ConditionOperator.Order, UnsafeBufferPointer<PointInTime>)
    case binary(UnsafeBufferPointer<Bytes>)
    case address(UnsafeBufferPointer<AddressRange>)
    case null(absent: Bool, present: Bool)

    enum TextComparison: BitwiseCopyable {
        case equal
        case equalIgnoringCase
        case like
        case bool
        case arn
    }

    static let never = ValueTest.null(absent: false, present: false)

    init(
        _ comparison: ConditionOperator.Comparison, _ values: [String], _ version: PolicyDocument.Version,
        _ memory: PolicyMemory
    ) {
        func patterns(_ wildcards: TextPattern.Wildcards) -> UnsafeBufferPointer<TextPattern> {
            memory.table(values.map { TextPattern($0, wildcards: wildcards, version: version, in: memory) })
        }
        switch comparison {
        case .stringEquals: self = .text(.equal, patterns(.none))
        case .stringEqualsIgnoreCase: self = .text(.equalIgnoringCase, patterns(.none))
        case .stringLike: self = .text(.like, patterns(.anywhere))
        case .bool: self = .text(.bool, patterns(.none))
        case .arnLike: self = .text(.arn, patterns(.anywhere))
        case .numeric(let order):
            self = .numeric(order, memory.table(values.compactMap { DecimalNumber($0.utf8.span) }))
        case .date(let order):
            self = .date(order, memory.table(values.compactMap { PointInTime($0.utf8.span) }))
        case .binaryEquals:
            self = .binary(
                memory.table(values.compactMap { Base64.decode($0.utf8.span) }.map { memory.table($0) }))
        case .ipAddress:
            self = .address(memory.table(values.compactMap { AddressRange($0.utf8.span) }))
        case .null:
            let wanted = values.map(\.lowercasedASCII)
            self = .null(absent: wanted.contains("true"), present: wanted.contains("false"))
        }
    }

    /// Whether one value of the request matches any of the policy's.
    func matchesAny(_ found: Span<UInt8>, _ context: Lookup) -> Bool {
        switch self {
        case .text(let comparison, let patterns):
            for pattern in patterns where comparison.matches(pattern, found, context) { return true }
            return false
        case .numeric(let order, let numbers):
            guard let number = DecimalNumber(found) else { return false }
            return numbers.contains { order.holds(number, $0) }
        case .date(let order, let dates):
            guard let point = PointInTime(found) else { return false }
            return dates.contains { order.holds(point, $0) }
        case .binary(let binaries):
            for bytes in binaries where Base64.matches(found, bytes.span) { return true }
            return false
        case .address(let addresses):
            guard let address = AddressRange(found) else { return false }
            return addresses.contains { $0.contains(address) }
        case .null: return false
        }
    }
}

extension ValueTest.TextComparison {
    /// A pattern with an undefined variable matches nothing (rule 53).
    fileprivate func matches(_ pattern: TextPattern, _ found: Span<UInt8>, _ context: Lookup) -> Bool {
        switch pattern {
        case .fixed(let glob):
            if self == .equal || self == .like { return glob.matches(found) }
            return matches(glob.bytes.span, found)
        case .template(let template):
            return template.withBytes(context) { matches($0, found) } ?? false
        }
    }

    private func matches(_ pattern: Span<UInt8>, _ found: Span<UInt8>) -> Bool {
        switch self {
        case .equal: pattern.hasSameBytes(as: found)
        case .equalIgnoringCase: pattern.hasSameBytesIgnoringCase(as: found)
        case .like: globMatches(pattern, found)
        case .arn: arnMatches(pattern, found)
        case .bool: found.isBoolean && pattern.hasSameBytesIgnoringCase(as: found)
        }
    }
}

extension Span<UInt8> {
    /// Whether this is "true" or "false" in any case.
    fileprivate var isBoolean: Bool {
        let isTrue = "true".utf8
        let isFalse = "false".utf8
        return hasSameBytesIgnoringCase(as: isTrue.span) || hasSameBytesIgnoringCase(as: isFalse.span)
    }
}
