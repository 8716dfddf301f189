import Platform
import Wire

/// Answers with what it was given, member by member of the same name.
protocol EchoOperation: ComputeOperation {}

extension EchoOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessToAll }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        var output = Output()
        for member in Output.shape.members { output.structure[member.name] = input.structure[member.name] }
        return output
    }
}

/// Fails with the error of a code, which is given the input's members of the same name.
protocol FailOperation: ComputeOperation {
    static var service: ServiceShape { get }
}

extension FailOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessToAll }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        guard case .string(let code)? = input.structure["Code"] else { throw .internalFailure }
        var message = ""
        if case .string(let text)? = input.structure["message"] { message = text }
        var error = service.serviceError(code, message)
        for member in Input.shape.members where member.name != "Code" && member.name != "message" {
            error.members[member.name] = input.structure[member.name]
        }
        throw error
    }
}

extension Call {
    fileprivate var accessToAll: Authorization {
        .required(Access("\(module.actionPrefix):\(operation)", on: "*"))
    }
}
