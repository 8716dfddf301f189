import BudgetsAPI
import Directory
import IAMAPI
import OrganizationsAPI
import Platform
import STSAPI
import Wire

/// What became of an action's execution.
struct ActionOutcome: Sendable {
    let status: String
    let message: String
}

/// Does what an action says, with its execution role: policies decide on every call, and each is recorded.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-controls.html>
struct ActionExecution: Sendable {
    private static let session = "AWSBudgetsAction"

    let action: BudgetAction
    let environment: Environment

    init(_ action: BudgetAction, _ environment: Environment) { (self.action, self.environment) = (action, environment) }

    /// Does it, or undoes it. What is there already, or gone already, is as it should be.
    func outcome(reversing: Bool) async -> ActionOutcome {
        do throws(ServiceError) {
            try await run(reversing: reversing)
            return ActionOutcome(
                status: reversing ? "REVERSE_SUCCESS" : "EXECUTION_SUCCESS",
                message: reversing ? "The action was reversed." : "The action was executed.")
        } catch {
            return ActionOutcome(
                status: reversing ? "REVERSE_FAILURE" : "EXECUTION_FAILURE", message: "\(error.code): \(error.message)")
        }
    }

    private func run(reversing: Bool) async throws(ServiceError) {
        let view = try action.view()
        let identity = try await role(view.executionRoleArn)
        if let definition = view.definition.iamActionDefinition {
            let policy = definition.policyArn
            for name in definition.users ?? [] {
                try await perform(identity, reversing, IAM.DetachUserPolicy.self, IAM.AttachUserPolicy.self) {
                    $0.userName = Self.lastPart(name)
                    $0.policyArn = policy
                } attaching: {
                    $0.userName = Self.lastPart(name)
                    $0.policyArn = policy
                }
            }
            for name in definition.groups ?? [] {
                try await perform(identity, reversing, IAM.DetachGroupPolicy.self, IAM.AttachGroupPolicy.self) {
                    $0.groupName = Self.lastPart(name)
                    $0.policyArn = policy
                } attaching: {
                    $0.groupName = Self.lastPart(name)
                    $0.policyArn = policy
                }
            }
            for name in definition.roles ?? [] {
                try await perform(identity, reversing, IAM.DetachRolePolicy.self, IAM.AttachRolePolicy.self) {
                    $0.roleName = Self.lastPart(name)
                    $0.policyArn = policy
                } attaching: {
                    $0.roleName = Self.lastPart(name)
                    $0.policyArn = policy
                }
            }
        }
        if let definition = view.definition.scpActionDefinition {
            for target in definition.targetIds {
                try await perform(identity, reversing, Organizations.DetachPolicy.self, Organizations.AttachPolicy.self)
                {
                    $0.policyId = definition.policyId
                    $0.targetId = target
                } attaching: {
                    $0.policyId = definition.policyId
                    $0.targetId = target
                }
            }
        }
    }

    private func perform<D: OperationModel, A: OperationModel>(
        _ identity: ServiceIdentity, _ reversing: Bool, _ detach: D.Type, _ attach: A.Type,
        detaching: (inout D.Input) -> Void, attaching: (inout A.Input) -> Void
    ) async throws(ServiceError) {
        let services = environment.services(in: environment.region)
        do throws(ServiceError) {
            if reversing {
                _ = try await services.call(detach, D.Input(detaching), as: identity)
            } else {
                _ = try await services.call(attach, A.Input(attaching), as: identity)
            }
        } catch {
            let isDone =
                error.code == "DuplicatePolicyAttachmentException" || error.code == "PolicyNotAttachedException"
                || reversing && error.code == "NoSuchEntity"
            guard isDone else { throw error }
        }
    }

    /// `/team/analyst` is `analyst`.
    private static func lastPart(_ name: String) -> String {
        name.split(separator: "/").last.map(String.init) ?? name
    }

    /// The execution role, once its trust policy lets AWS Budgets have it.
    private func role(_ arn: String) async throws(ServiceError) -> ServiceIdentity {
        let account = action.accountID
        guard let name = ARN(parsing: arn), name.service == "iam", name.account == account,
            let role = environment.directory.role(named: name.lastPart, in: account), role.arn == arn
        else { throw .invalidBudget("The role \(arn) does not exist.") }
        _ = try await environment.services(in: environment.region).call(
            STS.AssumeRole.self,
            STS.AssumeRole.Input {
                $0.roleArn = arn
                $0.roleSessionName = Self.session
            }, as: .own(BudgetAlerts.principal, for: action.arn, in: account))
        return .assuming(role, session: Self.session, BudgetAlerts.principal, for: action.arn, in: account)
    }
}
