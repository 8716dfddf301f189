/// What a query finds at one place.
enum QueryResult {
    case found(GuardValue)
    /// A value of the rules themselves, which some comparisons treat in another way.
    case literal(GuardValue)
    /// A part of the way was not there.
    case missing

    var value: GuardValue? {
        switch self {
        case .found(let value), .literal(let value): value
        case .missing: nil
        }
    }
}

extension Evaluation {
    func results(of query: Query, _ scope: Scope) throws(GuardEvaluationError) -> [QueryResult] {
        var results: [QueryResult]
        var start = 0
        switch query.parts.first {
        case .variable(let name):
            results = try self.results(ofVariable: name, scope)
            start = 1
            // A variable's values are a collection already.
            if query.parts.count > 1, case .allIndices = query.parts[1] { start = 2 }
            if start < query.parts.count {
                try charge(results.count)
                results = results.map { $0.value.map { .found($0) } ?? .missing }
            }
        case .this:
            results = [.found(scope.value)]
            start = 1
        default: results = [.found(scope.value)]
        }
        for place in query.parts.indices.dropFirst(start) {
            var next: [QueryResult] = []
            for result in results {
                try step()
                guard let value = result.value else {
                    next.append(.missing)
                    continue
                }
                let before = place == 0 ? nil : query.parts[place - 1]
                let count = next.count
                try take(query.parts[place], after: before, of: value, scope, into: &next)
                try charge(next.count - count)
            }
            results = next
        }
        return results
    }

    private func take(
        _ part: QueryPart, after before: QueryPart?, of value: GuardValue, _ scope: Scope,
        into results: inout [QueryResult]
    ) throws(GuardEvaluationError) {
        switch part {
        case .this: results.append(.found(value))
        case .key(let key):
            try charge(value.size)
            results.append(value.member(key).map { .found($0) } ?? .missing)
        case .index(let index): results.append(value.element(index).map { .found($0) } ?? .missing)
        case .variable(let name):
            for key in try self.results(ofVariable: name, scope) {
                let members = value.members(of: key.value)
                try step()
                try charge(members.count, times: value.size)
                results.append(contentsOf: members)
            }
        case .allValues:
            switch value {
            case .map(let members) where !members.isEmpty:
                for member in members { results.append(.found(member.value)) }
            case .list(let values) where !values.isEmpty: for value in values { results.append(.found(value)) }
            case .map, .list: results.append(.missing)
            default: results.append(.found(value))
            }
        case .allIndices:
            guard case .list(let values) = value else {
                results.append(.found(value))
                return
            }
            if values.isEmpty { results.append(.missing) }
            for value in values { results.append(.found(value)) }
        case .filter(let capture, let conditions):
            try filter(value, conditions, capture, after: before, scope, into: &results)
        case .keys(let capture, let comparator, let isInverse, let operand):
            try filterKeys(value, comparator, isInverse, operand, capture, scope, into: &results)
        }
    }

    private func filter(
        _ value: GuardValue, _ conditions: Conjunctions, _ capture: String?, after before: QueryPart?, _ scope: Scope,
        into results: inout [QueryResult]
    ) throws(GuardEvaluationError) {
        func selects(_ value: GuardValue) throws(GuardEvaluationError) -> Bool {
            try step()
            let inner = Scope(value, variables: [:], parent: scope)
            return try deeper { () throws(GuardEvaluationError) in try holds(conditions, inner) }
        }
        switch value {
        case .list(let values):
            for value in values where try selects(value) { results.append(.found(value)) }
        case .map(let members):
            switch before {
            case .key?, .allIndices?, .this?, nil:
                for member in members where try selects(member.value) {
                    results.append(.found(member.value))
                    if let capture { scope.capture(capture, member.key) }
                }
            default: if try selects(value) { results.append(.found(value)) }
            }
        default:
            switch before {
            case .allIndices?, .variable?: if try selects(value) { results.append(.found(value)) }
            default: results.append(.missing)
            }
        }
    }

    private func filterKeys(
        _ value: GuardValue, _ comparator: Comparator, _ isInverse: Bool, _ operand: Operand, _ capture: String?,
        _ scope: Scope, into results: inout [QueryResult]
    ) throws(GuardEvaluationError) {
        guard case .map(let members) = value else {
            results.append(.missing)
            return
        }
        let right = try self.results(of: operand, scope)
        for (key, value) in members {
            try step()
            let verdicts = try compare([.found(.string(key))], right, comparator, isInverse)
            guard !verdicts.isEmpty, verdicts.allSatisfy({ $0 }) else { continue }
            results.append(.found(value))
            if let capture { scope.capture(capture, key) }
        }
    }
}

extension Scope {
    fileprivate func capture(_ name: String, _ key: String) {
        known[name, default: []].append(.found(.string(key)))
    }
}

extension GuardValue {
    /// A member of a map, by its key or by that key in another case; an element of a list by its number.
    fileprivate func member(_ key: String) -> GuardValue? {
        switch self {
        case .map(let members):
            if let member = members.first(where: { $0.key == key }) { return member.value }
            for spelling in KeySpellings(key).all {
                if let member = members.first(where: { $0.key == spelling }) { return member.value }
            }
            return nil
        case .list: return Int(key).flatMap { element($0) }
        default: return nil
        }
    }

    /// How much there is to search for a member.
    fileprivate var size: Int {
        if case .map(let members) = self { return members.count }
        return 1
    }

    fileprivate func element(_ index: Int) -> GuardValue? {
        guard case .list(let values) = self, index.magnitude < values.count else { return nil }
        return values[Int(index.magnitude)]
    }

    /// The members whose keys are the values of a variable.
    fileprivate func members(of key: GuardValue?) -> [QueryResult] {
        switch key {
        case .string(let key)?: [member(key).map { .found($0) } ?? .missing]
        case .int(let index)?: [element(index).map { .found($0) } ?? .missing]
        case .list(let keys)?: keys.flatMap { members(of: $0) }
        default: [.missing]
        }
    }
}

/// The ways in which a key may be spelt in documents: `publicAccess`, `PublicAccess`, `public_access`, `public-access`…
struct KeySpellings {
    let all: [String]

    init(_ key: String) {
        let words = Self.words(key)
        let lower = words.map { $0.lowercased() }
        let title = lower.map { $0.prefix(1).uppercased() + $0.dropFirst() }
        let camel = (lower.first ?? "") + title.dropFirst().joined()
        all = [
            camel, title.joined(), lower.joined(separator: "-"), lower.joined(separator: "_"),
            title.joined(separator: " "), title.joined(separator: "-"),
        ].filter { $0 != key }
    }

    private static func words(_ key: String) -> [String] {
        var words: [String] = []
        var word = ""
        let characters = Array(key)
        for (place, character) in characters.enumerated() {
            if character == "_" || character == "-" || character == " " {
                if !word.isEmpty { words.append(word) }
                word = ""
                continue
            }
            let isAfterLower = place > 0 && (characters[place - 1].isLowercase || characters[place - 1].isNumber)
            let isBeforeLower = place + 1 < characters.count && characters[place + 1].isLowercase
            let isAfterUpper = place > 0 && characters[place - 1].isUppercase
            if character.isUppercase, isAfterLower || isAfterUpper && isBeforeLower, !word.isEmpty {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
