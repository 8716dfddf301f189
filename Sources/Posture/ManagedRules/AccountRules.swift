import Platform
import Wire

/// Rules about an account: its root user, its users' credentials, its password policy.
package enum AccountRules {
    package static let all: [String: ManagedRule.Evaluation] = [
        "ACCESS_KEYS_ROTATED": .account([.credentials], accessKeysRotated),
        "ACCOUNT_PART_OF_ORGANIZATIONS": .account([.organization], partOfOrganizations),
        "IAM_PASSWORD_POLICY": .account([.passwordPolicy], passwordPolicy),
        "IAM_POLICY_IN_USE": .account([.policyUse], policyInUse),
        "IAM_ROOT_ACCESS_KEY_CHECK": .account([.summary], rootAccessKey),
        "IAM_USER_MFA_ENABLED": .account([.credentials], userMFA),
        "IAM_USER_UNUSED_CREDENTIALS_CHECK": .account([.credentials], unusedCredentials),
        "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS": .account([.credentials], consoleMFA),
        "ROOT_ACCOUNT_HARDWARE_MFA_ENABLED": .account([.summary], rootHardwareMFA),
        "ROOT_ACCOUNT_MFA_ENABLED": .account([.summary], rootMFA),
        "S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC": .account([.accountBlock], accountBlocks),
        "SECURITY_ACCOUNT_INFORMATION_PROVIDED": .account([.securityContact], securityContact),
    ]

    package static let userType = "AWS::IAM::User"
    private static let day = 86_400.0

    package static func ofAccount(_ facts: AccountFacts, _ verdict: RuleVerdict) -> [ResourceVerdict] {
        [ResourceVerdict(ResourceVerdict.accountType, facts.account, verdict)]
    }

    // MARK: The root user

    private static func rootAccessKey(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let keys = facts.summary["AccountAccessKeysPresent"] ?? 0
        return ofAccount(facts, .when(keys == 0, otherwise: "The root user has access keys."))
    }

    private static func rootMFA(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        ofAccount(
            facts, .when(facts.summary["AccountMFAEnabled"] == 1, otherwise: "MFA is not enabled for the root user."))
    }

    private static func rootHardwareMFA(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        guard facts.summary["AccountMFAEnabled"] == 1 else { return rootMFA(facts, parameters) }
        return ofAccount(
            facts, .when(!facts.hasVirtualRootDevice, otherwise: "The root user's MFA device is a virtual one."))
    }

    // MARK: The account

    private static func passwordPolicy(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        guard let policy = facts.passwordPolicy else {
            return ofAccount(facts, .nonCompliant("The account has no password policy of its own."))
        }
        let flags = [
            ("RequireUppercaseCharacters", policy.requiresUppercase),
            ("RequireLowercaseCharacters", policy.requiresLowercase), ("RequireSymbols", policy.requiresSymbols),
            ("RequireNumbers", policy.requiresNumbers),
        ]
        for (name, isRequired) in flags where parameters.flag(name) == true && !isRequired {
            return ofAccount(facts, .nonCompliant("The password policy lacks \(name)."))
        }
        if let length = parameters.number("MinimumPasswordLength"), policy.minimumLength < length {
            return ofAccount(facts, .nonCompliant("Passwords may be shorter than \(length) characters."))
        }
        if let count = parameters.number("PasswordReusePrevention"), (policy.reusePrevention ?? 0) < count {
            return ofAccount(facts, .nonCompliant("Fewer than \(count) passwords are remembered."))
        }
        if let age = parameters.number("MaxPasswordAge"), policy.maxAge.map({ $0 > age }) ?? true {
            return ofAccount(facts, .nonCompliant("Passwords may be older than \(age) days."))
        }
        return ofAccount(facts, .compliant)
    }

    private static func partOfOrganizations(
        _ facts: AccountFacts, _ parameters: RuleParameters
    ) -> [ResourceVerdict] {
        guard let management = facts.managementAccount else {
            return ofAccount(facts, .nonCompliant("The account is in no organization."))
        }
        guard let wanted = parameters["MasterAccountId"] else { return ofAccount(facts, .compliant) }
        return ofAccount(
            facts, .when(management == wanted, otherwise: "The management account is \(management)."))
    }

    private static func securityContact(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        ofAccount(facts, .when(facts.hasSecurityContact, otherwise: "There is no security contact."))
    }

    private static func accountBlocks(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        ofAccount(facts, S3Rules.accountVerdict(facts.accountBlock, parameters))
    }

    private static func policyInUse(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let wanted = parameters["policyUsageType"].flatMap { AccountFacts.PolicyUse(rawValue: $0) }
        let isUsed = facts.policyUse.contains { wanted == nil || wanted == $0 }
        return ofAccount(
            facts, .when(isUsed, otherwise: "The policy \(parameters["policyARN"] ?? "") is not attached."))
    }

    // MARK: Users

    private static func users(
        _ facts: AccountFacts, _ verdict: (AccountFacts.User) -> RuleVerdict
    ) -> [ResourceVerdict] {
        facts.users.map { ResourceVerdict(userType, $0.id, verdict($0)) }
    }

    private static func userMFA(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        users(facts) { .when($0.hasMFA, otherwise: "MFA is not enabled for the user.") }
    }

    private static func consoleMFA(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        users(facts) { user in
            user.hasPassword ? .when(user.hasMFA, otherwise: "The user has a password and no MFA.") : .notApplicable
        }
    }

    private static func accessKeysRotated(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let most = Double(parameters.number("maxAccessKeyAge") ?? 90) * day
        return users(facts) { user in
            let old = user.keys.contains { $0.isActive && facts.now - ($0.rotated ?? user.created) > most }
            return .when(!old, otherwise: "An active access key is too old.")
        }
    }

    private static func unusedCredentials(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let most = Double(parameters.number("maxCredentialUsageAge") ?? 90) * day
        return users(facts) { user in
            // What was never used counts from when it was made.
            if user.hasPassword, facts.now - (user.passwordUsed ?? user.passwordChanged ?? user.created) > most {
                return .nonCompliant("The password was not used for too long.")
            }
            let isUnused = user.keys.contains {
                $0.isActive && facts.now - ($0.used ?? $0.rotated ?? user.created) > most
            }
            return .when(!isUnused, otherwise: "An active access key was not used for too long.")
        }
    }
}
