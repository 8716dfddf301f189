import CognitoIDPAPI
import Directory
import Platform
import Policy
import STSAPI
import Wire

/// The role with which a pool sends text messages: Cognito must be allowed to assume it, and the role to publish.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-sms-settings.html>
enum SMSRole {
    static let principal = "cognito-idp.amazonaws.com"

    /// Assumes the role, as AWS does when a pool is told of it.
    /// - Parameter poolID: of the pool that may be yet to be made.
    /// - Throws: InvalidSmsRoleTrustRelationshipException, InvalidSmsRoleAccessPolicyException.
    static func check(
        _ configuration: CognitoIDP.SmsConfigurationType?, of poolID: String, _ call: Call
    ) async throws(ServiceError) {
        guard let configuration else { return }
        let arn = configuration.snsCallerArn
        guard let name = ARN(parsing: arn), name.service == "iam", name.account == call.accountID,
            name.typeAndRest?.type == "role",
            let role = call.directory.role(named: name.lastPart, in: call.accountID), role.arn == arn
        else { throw untrusting }
        let pool = UserPool.arn(poolID, region: call.region, account: call.accountID)
        do throws(ServiceError) {
            _ = try await call.environment.services(in: call.region).call(
                STS.AssumeRole.self,
                STS.AssumeRole.Input {
                    $0.roleArn = arn
                    $0.roleSessionName = sessionName
                    $0.externalId = configuration.externalId
                }, as: .own(principal, for: pool, in: call.accountID))
        } catch {
            guard error.status < 500 else { throw error }
            throw untrusting
        }
        let publisher = Call(
            environment: call.environment, requestID: call.requestID, time: call.time,
            caller: Caller(accountID: role.accountID, identity: .roleSession(role, name: sessionName)),
            module: call.module, operation: call.operation, region: call.region,
            source: Call.Source(service: principal, calledVia: []))
        guard try publisher.decision(Access("sns:Publish", on: "*")).isAllowed else {
            throw .cognito(
                .invalidSmsRoleAccessPolicyException, "Role does not have permission to publish with SNS")
        }
    }

    private static let sessionName = "CognitoIDP"

    private static var untrusting: ServiceError {
        .cognito(
            .invalidSmsRoleTrustRelationshipException,
            "Role does not have a trust relationship allowing Cognito to assume the role")
    }
}
