import Directory
import IAMAPI
import Ledger
import Platform
import Posture
import Wire

/// Documents about users, policies and passwords.
enum IdentityRemedies {
    static let all = [
        RemediationDocument(
            "AWSConfigRemediation-SetIAMPasswordPolicy",
            """
            AllowUsersToChangePassword=false HardExpiry=false MaxPasswordAge=90 MinimumPasswordLength=14 \
            PasswordReusePrevention=24 RequireLowercaseCharacters=true RequireNumbers=true RequireSymbols=true \
            RequireUppercaseCharacters=true
            """
        ) { (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                IAM.UpdateAccountPasswordPolicy.self,
                IAM.UpdateAccountPasswordPolicy.Input {
                    $0.allowUsersToChangePassword = arguments.flag("AllowUsersToChangePassword")
                    $0.hardExpiry = arguments.flag("HardExpiry")
                    $0.maxPasswordAge = arguments.number("MaxPasswordAge")
                    $0.minimumPasswordLength = arguments.number("MinimumPasswordLength")
                    $0.passwordReusePrevention = arguments.number("PasswordReusePrevention")
                    $0.requireLowercaseCharacters = arguments.flag("RequireLowercaseCharacters")
                    $0.requireNumbers = arguments.flag("RequireNumbers")
                    $0.requireSymbols = arguments.flag("RequireSymbols")
                    $0.requireUppercaseCharacters = arguments.flag("RequireUppercaseCharacters")
                })
        },
        RemediationDocument("AWSConfigRemediation-RemoveUserPolicies", "IAMUserID PolicyType=All") {
            (calls, arguments) async throws(ServiceError) in
            try await removePolicies(calls, arguments)
        },
    ]

    private static func removePolicies(
        _ calls: RemediationCalls, _ arguments: RemediationArguments
    ) async throws(ServiceError) {
        let id = arguments["IAMUserID"]
        let user = try await calls.environment.read(Scope(account: calls.account)) { (records) throws(ServiceError) in
            try records.list(User.self).first { $0.uniqueID == id || $0.name == id }
        }
        guard let name = user?.name else {
            throw ServiceError("NoSuchEntity", "There is no user with the ID \(id).", status: 404)
        }
        let type = arguments["PolicyType"]
        if type != "Inline" {
            let attached = try await calls.call(
                IAM.ListAttachedUserPolicies.self, IAM.ListAttachedUserPolicies.Input { $0.userName = name })
            for policy in attached.attachedPolicies ?? [] {
                try await calls.call(
                    IAM.DetachUserPolicy.self,
                    IAM.DetachUserPolicy.Input {
                        $0.userName = name
                        $0.policyArn = policy.policyArn ?? ""
                    })
            }
        }
        if type != "Managed" {
            let names = try await calls.call(
                IAM.ListUserPolicies.self, IAM.ListUserPolicies.Input { $0.userName = name }
            ).policyNames
            for policy in names {
                try await calls.call(
                    IAM.DeleteUserPolicy.self,
                    IAM.DeleteUserPolicy.Input {
                        $0.userName = name
                        $0.policyName = policy
                    })
            }
        }
    }
}
