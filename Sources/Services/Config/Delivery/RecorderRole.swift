import AWSConfigAPI
import Directory
import Platform
import Policy
import STSAPI
import Wire

/// The role of a recorder, with which AWS Config delivers.
/// <https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html>
struct RecorderRole: Sendable {
    static let session = "AWSConfig-BucketConfigCheck"

    let arn: String
    let environment: Environment
    let account: String
    let region: String

    /// The role, once its trust policy lets AWS Config have it.
    /// - Throws: InvalidRoleException.
    func assumed() async throws(ServiceError) -> ServiceIdentity {
        guard let name = ARN(parsing: arn), name.service == "iam", name.account == account,
            name.typeAndRest?.type == "role",
            let role = environment.directory.role(named: name.lastPart, in: account), role.arn == arn
        else { throw invalid }
        do throws(ServiceError) {
            _ = try await environment.services(in: region).call(
                STS.AssumeRole.self,
                STS.AssumeRole.Input {
                    $0.roleArn = arn
                    $0.roleSessionName = Self.session
                }, as: .own(ConfigName.principal, for: nil, in: account))
        } catch {
            guard error.status < 500 else { throw error }
            throw invalid
        }
        return .assuming(role, session: Self.session, ConfigName.principal, for: nil, in: account)
    }

    private var invalid: ServiceError {
        AWSConfig.Failure.invalidRoleException(
            "The role '\(arn)' is not valid, or it does not allow AWS Config to assume it.")
    }
}
