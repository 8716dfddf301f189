import CloudWatchLogsAPI
import Directory
import Platform
import Policy
import STSAPI
import Wire

/// How CloudWatch Logs gets at where events are sent: with the role that the rule names, or, where it names none, in its own name,
/// as the resource's policy has to allow.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>
struct SubscriptionAccess: Sendable {
    static let service = "logs.amazonaws.com"
    private static let session = "CloudWatchLogs"

    let environment: Environment
    /// What events are sent from, or the destination that they come by.
    let sourceARN: String
    let account: String
    let region: String
    let roleARN: String?
    /// Whose role it has to be: the account of the rule, or of the destination. Nobody can pass on another account's.
    let roleAccount: String

    /// - Throws: AccessDenied where the role can't be had.
    func identity() async throws(ServiceError) -> ServiceIdentity {
        guard let roleARN else { return .own(Self.service, for: sourceARN, in: account) }
        return .assuming(
            try await role(roleARN), session: Self.session, Self.service, for: sourceARN, in: account)
    }

    private func role(_ arn: String) async throws(ServiceError) -> Role {
        guard ARN(parsing: arn)?.account == roleAccount else {
            throw ServiceError("AccessDenied", "The role is another account's.", status: 403)
        }
        _ = try await environment.services(in: region).call(
            STS.AssumeRole.self,
            STS.AssumeRole.Input {
                $0.roleArn = arn
                $0.roleSessionName = Self.session
            }, as: .own(Self.service, for: sourceARN, in: account))
        guard let arn = ARN(parsing: arn), let name = arn.resource.split(separator: "/").last,
            let role = environment.directory.role(named: String(name), in: arn.account)
        else { throw ServiceError("AccessDenied", "The role is not there.", status: 403) }
        return role
    }

    /// Asks whether events can be sent to something, without sending any: the policies decide as they will then.
    /// - Throws: AccessDenied.
    func check(_ action: String, on arn: String) async throws(ServiceError) {
        guard let module = environment.modules(signingAs: "logs").first else { throw .internalFailure }
        let time = environment.now()
        let service = ServicePrincipal(Self.service, sourceARN: sourceARN, sourceAccount: account)
        var source = Call.Source(service: Self.service, calledVia: [])
        var caller = Caller(accountID: account, identity: .service(service))
        if let roleARN {
            let role = try await role(roleARN)
            caller = Caller(accountID: role.accountID, identity: .roleSession(role, name: Self.session))
            source.principal = service
        }
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time, caller: caller,
            module: module, operation: "PutSubscriptionFilter", region: region, source: source)
        guard try call.decision(Access(action, on: arn)).isAllowed else {
            throw ServiceError("AccessDenied", "CloudWatch Logs may not \(action) on \(arn).", status: 403)
        }
    }
}
