import AccountAPI
import IAMAPI
import Pages
import Platform
import Wire

/// What holds for the account as a whole: its alias, its password policy, security token settings, regions, quotas.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html>
enum AccountSettingsPages {
    static let routes: [Route] = [
        .get("account-settings") { (visit) throws(ServiceError) in await show(visit) },
        .post("account-settings/password-policy") { (visit) throws(ServiceError) in try await setPolicy(visit) },
        .post("account-settings/alias") { (visit) throws(ServiceError) in try await setAlias(visit) },
        .post("account-settings/tokens") { (visit) throws(ServiceError) in try await setTokens(visit) },
        .post("account-settings/region") { (visit) throws(ServiceError) in try await setRegion(visit) },
    ]

    // MARK: The page

    private static func show(_ visit: Visit, problem: Problem? = nil, status: Int = 200) async -> Reply {
        let alias = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListAccountAliases.self).accountAliases.first
        }
        let policy = await visit.find { () throws(ServiceError) in
            try await visit.call(IAM.GetAccountPasswordPolicy.self).passwordPolicy
        }
        let summary = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.GetAccountSummary.self).summaryMap ?? [:]
        }
        let regions = await visit.attempt { () throws(ServiceError) in
            try await visit.all(AccountManagement.ListRegions.self)
        }
        let isV2 = summary.value?["GlobalEndpointTokenVersion"] == 2
        return visit.page(
            "account-settings", "Account settings",
            [
                "problem": problem, "alias": alias.value.flatMap { $0 }, "aliasProblem": alias.problem,
                "signIn": visit.signInAddress, "policyProblem": policy.problem, "policy": PolicyForm(policy.value),
                "isDefault": policy.value == nil && policy.problem == nil, "hasOwn": policy.value != nil,
                "summaryProblem": summary.problem, "isV1": summary.value != nil && !isV2, "isV2": isV2,
                "quotas": summary.value.map(quotas), "facts": summary.value.map(facts),
                "regionsProblem": regions.problem, "regionRows": regions.value?.map(RegionRow.init),
            ], status: status)
    }

    /// The password policy as the form's fields have it; AWS's default where the account has none.
    private struct PolicyForm {
        let length: Int
        let upper: Bool
        let lower: Bool
        let digits: Bool
        let symbols: Bool
        let mayChange: Bool
        let maxAge: Int?
        let reuse: Int?
        let hardExpiry: Bool

        init(_ policy: IAM.PasswordPolicy?) {
            length = policy?.minimumPasswordLength ?? 8
            upper = policy?.requireUppercaseCharacters ?? false
            lower = policy?.requireLowercaseCharacters ?? false
            digits = policy?.requireNumbers ?? false
            symbols = policy?.requireSymbols ?? false
            mayChange = policy?.allowUsersToChangePassword ?? false
            maxAge = policy?.maxPasswordAge
            reuse = policy?.passwordReusePrevention
            hardExpiry = policy?.hardExpiry ?? false
        }
    }

    private struct Quota: Sendable {
        let quotaName: String
        let used: Int
        let quota: Int
        let isNear: Bool
    }

    private static func quotas(_ summary: [String: Int]) -> [Quota] {
        let names = [
            ("Users", "Users"), ("Groups", "User groups"), ("Roles", "Roles"),
            ("Policies", "Customer managed policies"), ("PolicyVersionsInUse", "Policy versions in use"),
            ("InstanceProfiles", "Instance profiles"),
            ("ServerCertificates", "Server certificates"),
        ]
        return names.compactMap { (key, name) in
            guard let used = summary[key], let quota = summary[key + "Quota"] else { return nil }
            return Quota(quotaName: name, used: used, quota: quota, isNear: used > quota - quota / 5)
        }
    }

    private struct Fact: Sendable {
        let factName: String
        let factText: String
        var factTone: String?
    }

    private static func facts(_ summary: [String: Int]) -> [Fact] {
        func fact(_ name: String, _ key: String, _ yes: String, _ no: String, isGoodIfYes: Bool) -> Fact {
            let isYes = (summary[key] ?? 0) > 0
            return Fact(
                factName: name, factText: isYes ? yes : no, factTone: isYes == isGoodIfYes ? "good" : "bad")
        }
        return [
            fact("MFA of the root user", "AccountMFAEnabled", "On", "Off", isGoodIfYes: true),
            fact(
                "Access keys of the root user", "AccountAccessKeysPresent", "Present", "None", isGoodIfYes: false),
            Fact(
                factName: "MFA devices",
                factText: "\(summary["MFADevicesInUse"] ?? 0) in use, \(summary["MFADevices"] ?? 0) in all"),
            Fact(factName: "Identity providers", factText: "\(summary["Providers"] ?? 0)"),
            Fact(
                factName: "Access keys for each user", factText: "\(summary["AccessKeysPerUserQuota"] ?? 0) at most"),
            Fact(factName: "Groups for each user", factText: "\(summary["GroupsPerUserQuota"] ?? 0) at most"),
            Fact(
                factName: "Policies attached to each user",
                factText: "\(summary["AttachedPoliciesPerUserQuota"] ?? 0) at most"),
        ]
    }

    private struct RegionRow: Sendable {
        let regionName: String
        let regionStatus: String
        let mayEnable: Bool
        let mayDisable: Bool
        let isOn: Bool

        init(_ region: AccountManagement.Region) {
            let status = region.regionOptStatus ?? ""
            regionName = region.regionName ?? ""
            regionStatus =
                switch status {
                case "ENABLED_BY_DEFAULT": "On by default"
                case "ENABLED": "On"
                case "ENABLING": "Being turned on"
                case "DISABLING": "Being turned off"
                default: "Off"
                }
            mayEnable = status == "DISABLED"
            mayDisable = status == "ENABLED"
            isOn = status.hasPrefix("ENABLED")
        }
    }

    // MARK: The forms

    private static func changed(
        _ visit: Visit, _ done: String, _ body: () async throws(ServiceError) -> Void
    ) async -> Reply {
        do throws(ServiceError) {
            try await body()
        } catch {
            return await show(visit, problem: visit.problem(error), status: error.status)
        }
        return visit.redirect("account-settings", done: done)
    }

    private static func setPolicy(_ visit: Visit) async throws(ServiceError) -> Reply {
        let form = visit.form
        if form.isOn("default") {
            return await changed(visit, "AWS's default password policy is in force.") { () throws(ServiceError) in
                _ = try await visit.call(IAM.DeleteAccountPasswordPolicy.self)
            }
        }
        return await changed(visit, "The password policy was saved.") { () throws(ServiceError) in
            let input = IAM.UpdateAccountPasswordPolicy.Input {
                $0.minimumPasswordLength = number("length", form) ?? 8
                $0.requireUppercaseCharacters = form.isOn("upper")
                $0.requireLowercaseCharacters = form.isOn("lower")
                $0.requireNumbers = form.isOn("digits")
                $0.requireSymbols = form.isOn("symbols")
                $0.allowUsersToChangePassword = form.isOn("may-change")
                $0.maxPasswordAge = form.isOn("expires") ? number("max-age", form) ?? 90 : nil
                $0.hardExpiry = form.isOn("expires") && form.isOn("hard")
                $0.passwordReusePrevention = form.isOn("no-reuse") ? number("reuse", form) ?? 5 : nil
            }
            _ = try await visit.call(IAM.UpdateAccountPasswordPolicy.self, input)
        }
    }

    /// A number that was typed. What is none fails the model's checks, whose text says between which numbers it has to be.
    private static func number(_ name: String, _ form: FormFields) -> Int? {
        form.optional(name).map { Int($0) ?? -1 }
    }

    private static func setAlias(_ visit: Visit) async throws(ServiceError) -> Reply {
        if visit.form.isOn("remove") {
            return await changed(visit, "The account alias was deleted.") { () throws(ServiceError) in
                _ = try await visit.call(
                    IAM.DeleteAccountAlias.self, .init { $0.accountAlias = visit.form.text("old") })
            }
        }
        let alias = visit.form.typed("alias")
        return await changed(visit, "The account alias is \(alias) now.") { () throws(ServiceError) in
            _ = try await visit.call(IAM.CreateAccountAlias.self, .init { $0.accountAlias = alias })
        }
    }

    private static func setTokens(_ visit: Visit) async throws(ServiceError) -> Reply {
        let version = visit.form.text("version")
        return await changed(visit, "The global endpoint issues \(version)s now.") { () throws(ServiceError) in
            _ = try await visit.call(
                IAM.SetSecurityTokenServicePreferences.self, .init { $0.globalEndpointTokenVersion = version })
        }
    }

    private static func setRegion(_ visit: Visit) async throws(ServiceError) -> Reply {
        let region = visit.form.text("region")
        if visit.form["action"] == "enable" {
            return await changed(visit, "The region \(region) is being turned on.") { () throws(ServiceError) in
                _ = try await visit.call(AccountManagement.EnableRegion.self, .init { $0.regionName = region })
            }
        }
        return await changed(visit, "The region \(region) is being turned off.") { () throws(ServiceError) in
            _ = try await visit.call(AccountManagement.DisableRegion.self, .init { $0.regionName = region })
        }
    }
}
