/// One constraint that an input breaks.
struct ValidationFailure {
    /// `Value 'x'`, or `Value` alone for what must not be shown.
    let value: String
    /// `tags.1.member.tagKey`
    let path: String
    let constraint: String

    var text: String { "\(value) at '\(path)' failed to satisfy constraint: \(constraint)" }

    /// What the error says beside its message where the service's model has members for it, as newer models do: that
    /// fields were at fault, and which.
    static func members(_ failures: [ValidationFailure], of operation: OperationShape) -> [String: Value] {
        guard let error = operation.errors.first(where: { $0.error?.code == operation.validationErrorCode }) else {
            return [:]
        }
        var members: [String: Value] = [:]
        for member in error.members {
            switch member.shape {
            case .string(let shape):
                if let reason = shape.values.first(where: isFieldValidation) { members[member.name] = .string(reason) }
            case .list(let list):
                guard case .structure(let field) = list.element,
                    let path = field.members.first(where: { ["name", "path"].contains($0.name) }),
                    let message = field.index(of: "message")
                else { continue }
                members[member.name] = .list(
                    failures.map { failure in
                        var structure = Structure(field)
                        structure[path.name] = .string(failure.path)
                        structure[member: message] = .string(failure.constraint)
                        return .structure(structure)
                    })
            default: continue
            }
        }
        return members
    }

    /// `fieldValidationFailed`, `FIELD_VALIDATION_FAILED`: models spell it as they like.
    private static func isFieldValidation(_ value: String) -> Bool {
        value.lowercased().filter { $0.isLetter } == "fieldvalidationfailed"
    }
}
