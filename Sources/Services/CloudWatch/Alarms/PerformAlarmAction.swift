import Directory
import Ledger
import Platform
import SNSAPI
import Wire

/// Does one action of an alarm that has come into a state, and writes down whether it could.
///
/// A message goes to a topic by SNS's API, in CloudWatch's own name, for the alarm: the topic's policy decides. Actions of other
/// services, which Gatehouse does not have, fail as they do on AWS where they can't be done.
struct PerformAlarmAction: Job {
    static let kind = "CloudWatch::PerformAlarmAction"
    static let concurrency = 4
    /// As a principal.
    static let service = "cloudwatch.amazonaws.com"
    /// So often it is tried where the other service has a fault.
    private static let mostAttempts = 5

    let alarm: String
    let alarmType: String
    let alarmARN: String
    /// The ARN of what is done.
    let action: String
    let subject: String
    let message: String
    /// Seconds since 1970.
    let stateUpdated: Double

    func run(_ context: JobContext) async throws(ServiceError) {
        var failure: ServiceError?
        do throws(ServiceError) { try await perform(context) } catch {
            if error.fault == .receiver, error.status != 501, context.attempts < Self.mostAttempts { throw error }
            failure = error
        }
        context.environment.metrics.add(1, to: failure == nil ? .alarmActions : .failedAlarmActions)
        let (failed, job, environment) = (failure, self, context.environment)
        try await context.finish { (records) throws(ServiceError) in
            try job.note(failed, environment.now(), records)
        }
    }

    private func perform(_ context: JobContext) async throws(ServiceError) {
        guard let arn = ARN(parsing: action), arn.service == "sns" else {
            throw .notImplemented("Gatehouse does not perform actions of this service.")
        }
        let (topic, subject, message) = (action, subject, message)
        let input = SNS.Publish.Input {
            $0.topicArn = topic
            $0.subject = subject
            $0.message = message
        }
        _ = try await context.environment.services(in: context.scope.region)
            .call(SNS.Publish.self, input, as: .own(Self.service, for: alarmARN, in: context.scope.account))
    }

    private func note(_ failure: ServiceError?, _ now: Double, _ records: MutableRecords) throws(ServiceError) {
        let summary =
            failure.map { "Failed to execute action \(action). Received error: \"\($0.message)\"" }
            ?? "Successfully executed action \(action)"
        try records.note(.action, of: alarm, alarmType, at: now, summary) { writer in
            writer.member("actionState", failure == nil ? "Succeeded" : "Failed")
            writer.key("stateUpdateTimestamp")
            writer.integer(Int(stateUpdated * 1000))
            writer.member("notificationResource", action)
            if let failure {
                writer.member("error", "\(failure.code): \(failure.message)")
            } else {
                writer.member("publishedMessage", String(message.prefix(3000)))
            }
        }
    }
}
