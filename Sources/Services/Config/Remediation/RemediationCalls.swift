import Directory
import FoundationEssentials
import Platform
import Policy
import Posture
import STSAPI
import Wire

/// Calls services for a document, with the role that it assumes: policies decide, and each call is recorded.
struct RemediationCalls: Sendable {
    static let principal = "ssm.amazonaws.com"
    private static let session = "AWSConfigRemediation"

    let account: String
    let region: String
    let environment: Environment
    private let identity: ServiceIdentity

    /// Assumes the role.
    /// - Throws: an error for a role that is not there, or that Systems Manager may not have.
    init(role arn: String, account: String, region: String, _ environment: Environment) async throws(ServiceError) {
        guard let name = ARN(parsing: arn), name.service == "iam", name.account == account,
            let role = environment.directory.role(named: name.lastPart, in: account), role.arn == arn
        else {
            throw ServiceError("InvalidRole", "The role \(arn) does not exist.", status: 400)
        }
        // Trust policies ask for it, as AWS documents: `ArnLike` `arn:aws:ssm:*:ACCOUNT:automation-execution/*`.
        let execution = ARN.text(
            "ssm", region, account, "automation-execution/", UUID().uuidString.lowercased())
        _ = try await environment.services(in: region).call(
            STS.AssumeRole.self,
            STS.AssumeRole.Input {
                $0.roleArn = arn
                $0.roleSessionName = Self.session
            }, as: .own(Self.principal, for: execution, in: account))
        identity = .assuming(role, session: Self.session, Self.principal, for: execution, in: account)
        (self.account, self.region, self.environment) = (account, region, environment)
    }

    /// The caller hands a role to Systems Manager.
    static func passing(_ role: String) -> Access {
        Access("iam:PassRole", on: role, context: ["iam:passedtoservice": .one(principal)])
    }

    @discardableResult
    func call<O: OperationModel>(_ operation: O.Type, _ input: O.Input) async throws(ServiceError) -> O.Output {
        try await environment.services(in: region).call(operation, input, as: identity)
    }
}
