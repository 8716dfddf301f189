/// Checks an input against the constraints of the model: required members, lengths, ranges, patterns, enumerations.
///
/// All failures are collected into one error, as AWS has it: code `ValidationError` of the query services,
/// `ValidationException` of the others, status 400.
public func validate(_ input: Structure, of operation: OperationShape) throws(ServiceError) {
    var validation = Validation(operation)
    validation.check(input)
    if let error = validation.error { throw error }
}

/// One walk over an input.
private struct Validation {
    private let operation: OperationShape
    private let hidesValues: Bool
    private var failures: [ValidationFailure] = []
    private var path: [PathPart] = []
    private var nameFailure: String?
    /// What Organizations tells of the first failure.
    private var invalidInput: ServiceError?

    private enum PathPart {
        case member(MemberShape)
        case element(Int)
        case key(String)
    }

    /// A message need not list the failures of thousands of elements.
    private static let limit = 100

    init(_ operation: OperationShape) {
        self.operation = operation
        hidesValues = Self.discreetOperations.contains(operation.name)
    }

    /// Operations of IAM that were seen to quote neither values nor enumerations.
    private static let discreetOperations: Set = [
        "UpdateServiceSpecificCredential", "ResetServiceSpecificCredential", "DeleteServiceSpecificCredential",
    ]

    var error: ServiceError? {
        if let nameFailure { return ServiceError(operation.validationErrorCode, nameFailure) }
        guard !failures.isEmpty else { return nil }
        if operation.serviceID == "Organizations", let invalidInput { return invalidInput }
        let noun = failures.count == 1 ? "error" : "errors"
        return ServiceError(
            operation.validationErrorCode,
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
                invalidInput =
                    invalidInput
                    ?? .invalidInput("INPUT_REQUIRED", "You must include a value for all required parameters.")
                fail("Value null", "Member must not be null")
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
        if elements.contains(where: { !Constraint.broken(by: $0, shape.element).isEmpty }) {
            invalidInput =
                invalidInput
                ?? .invalidInput("INVALID_LIST_MEMBER", "You provided a list that contains at least one invalid value.")
            fail(quoted(list, .list(shape)), "Member must satisfy constraint: \(Constraint.all(of: shape.element))")
        }
    }

    private mutating func checkEntries(_ entries: [MapEntry], of map: Value, _ shape: MapShape) {
        if entries.contains(where: { !Constraint.broken(by: .string($0.key), shape.key).isEmpty }) {
            fail(quoted(map, .map(shape)), "Map keys must satisfy constraint: \(Constraint.all(of: shape.key))")
        }
        guard !shape.value.isAggregate else {
            for entry in entries where failures.count < Self.limit {
                path.append(.key(entry.key))
                check(entry.value, shape.value)
                path.removeLast()
            }
            return
        }
        if entries.contains(where: { !Constraint.broken(by: $0.value, shape.value).isEmpty }) {
            fail(quoted(map, .map(shape)), "Map value must satisfy constraint: \(Constraint.all(of: shape.value))")
        }
    }

    private mutating func fail(_ constraint: Constraint, of value: Value, _ shape: Shape) {
        if case .pattern(Self.namePattern) = constraint, operation.serviceID == "IAM", path.count == 1, !hidesValues {
            nameFailure =
                nameFailure
                ?? "The specified value for \(pathText) is invalid. "
                + "It must contain only alphanumeric characters and/or the following: +=,.@_-"
        }
        invalidInput = invalidInput ?? .invalidInput(constraint)
        let text =
            if hidesValues, case .values = constraint { "Member must satisfy enum value set" } else { constraint.text }
        fail(quoted(value, shape), text)
    }

    /// The pattern of the names of users, roles and their like, for which IAM has a text of its own.
    private static let namePattern = #"[\w+=,.@-]+"#

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
        guard !hidesValues, let text = text(value, shape) else { return "Value" }
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

extension ServiceError {
    /// Organizations has an error of its own for values that break the model's constraints, with a reason.
    /// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeAccount.html#API_DescribeAccount_Errors>
    fileprivate static func invalidInput(_ reason: String, _ message: String) -> ServiceError {
        ServiceError("InvalidInputException", message, members: ["Reason": .string(reason)])
    }

    fileprivate static func invalidInput(_ constraint: Constraint) -> ServiceError {
        switch constraint {
        case .maximumLength:
            invalidInput("MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed.")
        case .minimumLength:
            invalidInput("MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed.")
        case .maximum:
            invalidInput("MAX_VALUE_EXCEEDED", "You provided a numeric parameter that has a larger value than allowed.")
        case .minimum:
            invalidInput(
                "MIN_VALUE_EXCEEDED", "You provided a numeric parameter that has a smaller value than allowed.")
        case .pattern: invalidInput("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
        case .values: invalidInput("INVALID_ENUM", "You specified an invalid value.")
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
