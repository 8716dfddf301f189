extension Evaluation {
    func status(of clause: ComparisonClause, _ scope: Scope) throws(GuardEvaluationError) -> GuardStatus {
        let left = try results(of: clause.query, scope)
        let verdicts: [Bool]
        if clause.comparator.isUnary {
            let isInverse = clause.isInverse != clause.isNegated
            if clause.comparator == .isEmpty, clause.query.isCollection {
                guard !left.isEmpty else { return isInverse ? .fail : .pass }
                // Values that are there make the collection not empty, whatever they are.
                verdicts = left.map { result in
                    let isEmpty =
                        switch result.value {
                        case .null?, nil: true
                        default: false
                        }
                    return isEmpty != isInverse
                }
            } else {
                guard !left.isEmpty else { return .skip }
                verdicts = try left.map { (result) throws(GuardEvaluationError) in
                    try holds(clause.comparator, result.value) != isInverse
                }
            }
        } else {
            // As AWS's own evaluator has it, a `not` before a comparison of two says nothing; `!=` and `not in` do.
            guard !left.isEmpty, let operand = clause.operand else { return .skip }
            let right = try results(of: operand, scope)
            guard !right.isEmpty else { return .skip }
            verdicts = try compare(left, right, clause.comparator, clause.isInverse)
        }
        if clause.query.isSome { return verdicts.contains(true) ? .pass : .fail }
        return verdicts.contains(false) ? .fail : .pass
    }

    private func holds(_ comparator: Comparator, _ value: GuardValue?) throws(GuardEvaluationError) -> Bool {
        switch (comparator, value) {
        case (.exists, _): return value != nil
        case (.isEmpty, nil): return true
        case (.isEmpty, .list(let values)?): return values.isEmpty
        case (.isEmpty, .map(let members)?): return members.isEmpty
        case (.isEmpty, .string(let text)?): return text.isEmpty
        case (.isEmpty, .bool?): return false
        case (.isEmpty, _): throw .incompatible("whether a number or null is empty")
        case (.isString, .string?), (.isList, .list?), (.isStruct, .map?), (.isBool, .bool?), (.isInt, .int?),
            (.isFloat, .float?), (.isNull, .null?):
            return true
        default: return false
        }
    }

    /// The verdicts on what was compared. A value that is missing, or can't be compared, is a failure either way.
    func compare(
        _ left: [QueryResult], _ right: [QueryResult], _ comparator: Comparator, _ isInverse: Bool
    ) throws(GuardEvaluationError) -> [Bool] {
        let missing = left.count { $0.value == nil } + right.count { $0.value == nil }
        var verdicts = Array(repeating: false, count: missing)
        let (leftValues, rightValues) = (left.compactMap(\.value), right.compactMap(\.value))
        guard !leftValues.isEmpty, !rightValues.isEmpty else { return verdicts }
        let leftLiteral = Self.literal(left)
        let rightLiteral = Self.literal(right)
        switch comparator {
        case .equal where leftLiteral == nil && rightLiteral == nil:
            verdicts += try compareSets(leftValues, rightValues, isInverse)
        case .equal where leftLiteral != nil && rightLiteral != nil:
            verdicts.append(try equals(leftValues[0], rightValues[0]).map { $0 != isInverse } ?? false)
        case .isIn:
            for value in leftValues {
                try step()
                verdicts += try areIn(
                    value, rightValues, isLiteral: leftLiteral != nil, isExact: rightLiteral != nil, isInverse)
            }
        default:
            for value in leftValues {
                for other in rightValues {
                    try step()
                    verdicts += try pairs(value, other, comparator).map { holds in
                        holds.map { $0 != isInverse } ?? false
                    }
                }
            }
        }
        return verdicts
    }

    private static func literal(_ results: [QueryResult]) -> GuardValue? {
        guard results.count == 1, case .literal(let value) = results[0] else { return nil }
        return value
    }

    /// Of two queries, the values of the one that has more are looked for in the other.
    private func compareSets(
        _ left: [GuardValue], _ right: [GuardValue], _ isInverse: Bool
    ) throws(GuardEvaluationError) -> [Bool] {
        let isLarger = left.count > right.count
        var missing: [GuardValue] = []
        for value in isLarger ? left : right where try !contains(isLarger ? right : left, value) {
            missing.append(value)
        }
        guard isInverse else { return try missing.isEmpty ? left.map { _ in true } : verdicts(left, missing) }
        if missing.isEmpty { return left.map { _ in false } }
        return try left.map { (value) throws(GuardEvaluationError) in try contains(missing, value) }
    }

    private func verdicts(_ left: [GuardValue], _ missing: [GuardValue]) throws(GuardEvaluationError) -> [Bool] {
        var verdicts: [Bool] = []
        for value in left { verdicts.append(try !contains(missing, value)) }
        return verdicts + [false]
    }

    /// Whether two values are equal; nil: values of these types can't be compared.
    private func equals(_ left: GuardValue, _ right: GuardValue) throws(GuardEvaluationError) -> Bool? {
        var work = 0
        let equals = left.equals(right, &work)
        try charge(work)
        return equals
    }

    private func contains(_ values: [GuardValue], _ value: GuardValue) throws(GuardEvaluationError) -> Bool {
        for other in values {
            try step()
            if try equals(value, other) == true { return true }
        }
        return false
    }

    private func areIn(
        _ value: GuardValue, _ right: [GuardValue], isLiteral: Bool, isExact: Bool, _ isInverse: Bool
    ) throws(GuardEvaluationError) -> [Bool] {
        var verdicts: [Bool?] = []
        for other in right {
            try step()
            verdicts.append(try isIn(value, other, isInverse))
        }
        // A value of the rules has to be in all that the query finds, another in any of it.
        if isLiteral || isExact { return verdicts.map { $0.map { $0 != isInverse } ?? false } }
        return [verdicts.contains(true) != isInverse]
    }

    /// nil: values of these types can't be compared. Of a list all elements have to be in another, and for `not in` none.
    private func isIn(
        _ value: GuardValue, _ other: GuardValue, _ isInverse: Bool
    ) throws(GuardEvaluationError) -> Bool? {
        switch (value, other) {
        case (.string(let text), .string(let whole)):
            try charge(text.utf8.count + whole.utf8.count)
            return text.isEmpty || whole.contains(text)
        case (.list(let values), .list(let others)):
            if case .list? = others.first { return try contains(others, value) }
            if isInverse, !values.isEmpty {
                for value in values where try contains(others, value) { return true }
                return false
            }
            for value in values where try !contains(others, value) { return false }
            return true
        case (_, .list(let others)): return try contains(others, value)
        default: return try equals(value, other)
        }
    }

    /// The comparisons that two values stand for: lists are compared whole with each other, and element by element with
    /// what is none.
    private func pairs(
        _ left: GuardValue, _ right: GuardValue, _ comparator: Comparator
    ) throws(GuardEvaluationError) -> [Bool?] {
        switch (left, right) {
        case (.list(let lefts), .list(let rights)) where comparator != .equal:
            return try all(lefts, rights, comparator)
        case (.list, .list): return [try holds(left, right, comparator)]
        case (.list(let values), _): return try all(values, [right], comparator)
        case (_, .list(let values)) where left.isScalar:
            if comparator == .equal, values.count != 1 { return [nil] }
            return try all([left], values, comparator)
        default: return [try holds(left, right, comparator)]
        }
    }

    private func all(
        _ lefts: [GuardValue], _ rights: [GuardValue], _ comparator: Comparator
    ) throws(GuardEvaluationError) -> [Bool?] {
        var verdicts: [Bool?] = []
        for left in lefts {
            for right in rights {
                try step()
                verdicts.append(try holds(left, right, comparator))
            }
        }
        return verdicts
    }

    private func holds(
        _ left: GuardValue, _ right: GuardValue, _ comparator: Comparator
    ) throws(GuardEvaluationError) -> Bool? {
        switch comparator {
        case .equal: try equals(left, right)
        case .less: left.order(right).map { $0 < 0 }
        case .lessOrEqual: left.order(right).map { $0 <= 0 }
        case .greater: left.order(right).map { $0 > 0 }
        case .greaterOrEqual: left.order(right).map { $0 >= 0 }
        default: nil
        }
    }
}

extension Query {
    /// Whether `empty` asks if anything was found, and not if what was found is empty.
    fileprivate var isCollection: Bool {
        switch parts.last {
        case .filter?, .keys?: true
        default: isVariableOnly
        }
    }
}
