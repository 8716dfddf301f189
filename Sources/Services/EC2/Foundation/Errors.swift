import Platform
import Wire

// The errors of EC2. Its model declares none.
// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
extension ServiceError {
    static var dryRun: ServiceError {
        ServiceError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", status: 412)
    }

    /// - Parameter code: such as `InvalidVpcID.NotFound`.
    static func ec2(_ code: String, _ message: String) -> ServiceError { ServiceError(code, message, status: 400) }

    static func invalidValue(_ message: String) -> ServiceError { .ec2("InvalidParameterValue", message) }

    /// - Parameters:
    ///   - value: what was given.
    ///   - parameter: as the request has it, its first letter small.
    ///   - reason: a sentence; empty: there is none.
    static func invalidValue(_ value: String, of parameter: String, _ reason: String = "") -> ServiceError {
        .invalidValue("Value (\(value)) for parameter \(parameter) is invalid.\(reason.isEmpty ? "" : " \(reason)")")
    }

    static func missingParameter(_ name: String) -> ServiceError {
        .ec2("MissingParameter", "The request must contain the parameter \(name)")
    }

    static func invalidCombination(_ message: String) -> ServiceError {
        .ec2("InvalidParameterCombination", message)
    }

    static func dependency(_ message: String) -> ServiceError { .ec2("DependencyViolation", message) }

    /// What hangs on a resource that is to be deleted.
    static func dependency(_ noun: String, _ id: String) -> ServiceError {
        .dependency("The \(noun) '\(id)' has dependencies and cannot be deleted.")
    }

    static func inUse(_ code: String, _ message: String) -> ServiceError { .ec2(code, message) }

    static func forbidden(_ message: String) -> ServiceError { .ec2("OperationNotPermitted", message) }

    static func notBuiltInEC2(_ what: String) -> ServiceError { .notImplemented("Gatehouse's EC2 has no \(what) yet.") }
}

extension MemberShape {
    /// The bounds of a number, as messages name them.
    fileprivate var bounds: (lower: String, upper: String) {
        guard case .integer(let number) = shape else { return ("", "") }
        func text(_ bound: Double?) -> String { bound.flatMap(Int.init(exactly:)).map(String.init) ?? "" }
        return (text(number.bounds.minimum), text(number.bounds.maximum))
    }
}

extension ValidationRules {
    /// How EC2 words what breaks its model: one thing, by the parameter's name.
    static let ofEC2 = ValidationRules { broken, member, text in
        let name = member.name.prefix(1).lowercased() + member.name.dropFirst()
        return switch broken {
        case .required: .missingParameter(name)
        case .minimum:
            .invalidValue(
                "Value ( \(text ?? "") ) for parameter \(name) is invalid. Expecting a value greater than or equal to \(member.bounds.lower)."
            )
        case .maximum:
            .invalidValue(
                "Value ( \(text ?? "") ) for parameter \(name) is invalid. Expecting a value less than or equal to \(member.bounds.upper)."
            )
        case .values where name == "instanceType":
            .invalidValue("Invalid value '\(text ?? "")' for InstanceType.")
        case _ where name == "launchTemplateName": .malformedLaunchTemplateName
        default: .invalidValue(text ?? "", of: name)
        }
    }
}
