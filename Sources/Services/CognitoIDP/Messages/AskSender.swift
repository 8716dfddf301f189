import Fetch
import Platform
import Wire

/// Leaves a message with the function that is to send it: at least once, as Lambda does it that invokes functions by events.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
struct AskSender: Job {
    static let kind = "CognitoIDP::AskSender"
    /// A function that hangs keeps its own messages waiting.
    static let concurrency = 32
    /// A function that fails is asked three times. A server that isn't there is waited for, for about a day.
    private static let (mostFailures, mostAttempts) = (3, 300)

    let trigger: String
    let arn: String
    let event: String
    /// The pool's.
    let accountID: String

    init(_ event: SenderEvent, accountID: String) {
        trigger = event.trigger.rawValue
        arn = event.arn
        self.event = event.event
        self.accountID = accountID
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        if let trigger = Trigger(rawValue: trigger) {
            let endpoint = TriggerEndpoint(arn: arn, trigger: trigger, context.environment.outsideServers)
            do throws(ServiceError) {
                try await endpoint.leave(Array(event.utf8), for: accountID)
            } catch {
                let hasFailed = error.code == "UserLambdaValidationException"
                guard context.attempts >= (hasFailed ? Self.mostFailures : Self.mostAttempts) else {
                    // Without what the function says: it is for the log, and the function knows the code.
                    var failure = ServiceError.internalFailure
                    failure.cause = hasFailed ? "the function \(arn) has failed" : error.message
                    throw failure
                }
            }
        }
        try await context.finish { (_) throws(ServiceError) in }
    }
}
