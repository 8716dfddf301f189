/// Checks an input against the constraints of the model: required members, lengths, ranges, patterns, enumerations.
///
/// All failures are collected into one error, which the service words in its own way: see ``ValidationRules``.
///
/// - Throws: ``ServiceError``: `ValidationError` of the query services, `ValidationException` of the others, status
///   400; or the service's own.
/// - Complexity: linear in the input. A pattern that needs backtracking sees only short values.
public func validate(
    _ input: Structure, of operation: OperationShape, by rules: ValidationRules = ValidationRules()
) throws(ServiceError) {
    var validation = Validation(operation, rules)
    validation.check(input)
    if let error = validation.error { throw error }
}

/// One walk over an input.
private struct Validation {
    private let operation: OperationShape
    private let rules: ValidationRules
    private var failures: [ValidationFailure] = []
    private var path: [PathPart] = []
    /// What the service says of the first failure in its own words.
    private var ownText: String?
    private var first: (broken: BrokenConstraint, member: MemberShape, text: String?)?

    private enum PathPart {
        case member(MemberShape)
        case element(Int)
        case key(String)
    }

    /// A message need not list the failures of thousands of elements.
    private static let limit = 100

    init(_ operation: OperationShape, _ rules: ValidationRules) {
        self.operation = operation
        self.rules = rules
    }

    var error: ServiceError? {
        let code = rules.code ?? operation.validationErrorCode
        if let ownText { return ServiceError(code, ownText) }
        guard !failures.isEmpty else { return nil }
        if let first, let error = rules.error?(first.broken, first.member, first.text) { return error }
        let noun = failures.count == 1 ? "error" : "errors"
        return ServiceError(
            code,
            "\(failures.count) validation \(noun) detected: " + failures.map(\.text).joined(separator: "; "),
            members: ValidationFailure.members(failures, of: operation))
    }

    mutating func check(_ structure: Structure) {
        for (index, member) in structure.shape.members.enumerated() {
            let value = structure[member: index]
            if value == nil, !member.isRequired { continue }
            path.append(.member(member))
            if let value {
                check(value, member.shape)
            } else {
                note(.required)
                fail(rules.quotesValues ? "Value null" : "Value", Self.required)
            }
            path.removeLast()
        }
    }

    private mutating func check(_ value: Value, _ shape: Shape) {
        switch (value, shape) {
        case (.structure(let structure), _): check(structure)
        case (.list(let elements), .list(let shape)):
            checkLength(elements.count, shape.bounds, of: value, .list(shape))
            checkElements(elements, of: value, shape)
        case (.map(let entries), .map(let shape)):
            checkLength(entries.count, shape.bounds, of: value, .map(shape))
            checkEntries(entries, of: value, shape)
        default:
            for constraint in Constraint.broken(by: value, shape) { fail(constraint, of: value, shape) }
        }
    }

    private mutating func checkLength(_ count: Int, _ bounds: Bounds, of value: Value, _ shape: Shape) {
        for constraint in Constraint.brokenLength(count, bounds) { fail(constraint, of: value, shape) }
    }

    /// Structures have paths of their own; the constraints of plain elements are named all together, at the list.
    private mutating func checkElements(_ elements: [Value], of list: Value, _ shape: ListShape) {
        guard !shape.element.isAggregate else {
            for (index, element) in elements.enumerated() where failures.count < Self.limit {
                path.append(.element(index + 1))
                check(element, shape.element)
                path.removeLast()
            }
            return
        }
        guard !rules.ignored.contains(.element) else { return }
        if elements.contains(where: { !Constraint.broken(by: $0, shape.element).isEmpty }) {
            note(.element)
            var constraints = Constraint.all(of: shape.element).map(text)
            if rules.elementsAreRequired { constraints.append(Self.required) }
            fail(quoted(list, .list(shape)), "Member must satisfy constraint: \(Self.list(constraints))")
        }
    }

    private mutating func checkEntries(_ entries: [MapEntry], of map: Value, _ shape: MapShape) {
        let ignoresPlain = rules.ignored.contains(.element)
        if !ignoresPlain, entries.contains(where: { !Constraint.broken(by: .string($0.key), shape.key).isEmpty }) {
            fail(
                quoted(map, .map(shape)),
                "Map keys must satisfy constraint: \(Self.list(Constraint.all(of: shape.key).map(text)))")
        }
        guard !shape.value.isAggregate else {
            for entry in entries where failures.count < Self.limit {
                path.append(.key(entry.key))
                check(entry.value, shape.value)
                path.removeLast()
            }
            return
        }
        if !ignoresPlain, entries.contains(where: { !Constraint.broken(by: $0.value, shape.value).isEmpty }) {
            fail(
                quoted(map, .map(shape)),
                "Map value must satisfy constraint: \(Self.list(Constraint.all(of: shape.value).map(text)))")
        }
    }

    private mutating func fail(_ constraint: Constraint, of value: Value, _ shape: Shape) {
        if case .pattern(let source) = constraint, path.count == 1, let rule = rules.patternTexts[source] {
            ownText = ownText ?? "The specified value for \(pathText) is invalid. \(rule)"
        }
        let broken = BrokenConstraint(constraint)
        if broken == .pattern || broken == .values, case .member(let member)? = path.last,
            rules.ignoredMembers.contains(member.name)
        {
            return
        }
        guard rules.ignored.isEmpty || !rules.ignored.contains(broken) else { return }
        note(broken, text(value, shape))
        fail(quoted(value, shape), text(constraint))
    }

    /// Keeps the first failure for a service that has an error of its own.
    private mutating func note(_ broken: BrokenConstraint, _ text: String? = nil) {
        guard first == nil else { return }
        for case .member(let member) in path.reversed() {
            first = (broken, member, text)
            return
        }
    }

    private static let required = "Member must not be null"

    /// Whoever must not quote a value does not list those of an enumeration either.
    private func text(_ constraint: Constraint) -> String {
        guard !rules.quotesValues, case .values = constraint else { return constraint.text }
        return "Member must satisfy enum value set"
    }

    private static func list(_ constraints: [String]) -> String { "[\(constraints.joined(separator: ", "))]" }

    private mutating func fail(_ value: String, _ constraint: String) {
        guard failures.count < Self.limit else { return }
        failures.append(ValidationFailure(value: value, path: pathText, constraint: constraint))
    }

    /// `tags.1.member.tagKey`
    private var pathText: String {
        path.map {
            switch $0 {
            case .member(let member): member.camelCaseName
            case .element(let index): "\(index).member"
            case .key(let key): "\(key).member"
            }
        }.joined(separator: ".")
    }

    /// `Value 'x'`, or `Value` alone for what must not be shown or has no short text.
    private func quoted(_ value: Value, _ shape: Shape) -> String {
        guard rules.quotesValues, let text = text(value, shape) else { return "Value" }
        return "Value '\(text)'"
    }

    private func text(_ value: Value, _ shape: Shape) -> String? {
        guard !shape.isSensitive else { return nil }
        switch (value, shape) {
        case (.string(let string), _): return string
        case (.integer(let integer), _): return String(integer)
        case (.double(let double), _): return String(double)
        case (.list(let elements), .list(let shape)) where !shape.element.isAggregate:
            let texts = elements.compactMap { text($0, shape.element) }
            return texts.count == elements.count ? "[\(texts.joined(separator: ", "))]" : nil
        default: return nil
        }
    }
}

extension Shape {
    fileprivate var isAggregate: Bool {
        switch self {
        case .list, .map, .structure: true
        default: false
        }
    }
}
