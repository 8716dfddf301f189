import Platform
import STSAPI
import Wire

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html>
extension STS.DecodeAuthorizationMessage: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("sts:DecodeAuthorizationMessage", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let messages = call.environment.authorizationMessages
        guard let message = messages.decode(input.encodedMessage, account: call.accountID) else {
            throw STS.Failure.invalidAuthorizationMessageException("Message is not valid.")
        }
        return Output(decodedMessage: message)
    }
}
