import AccountAPI
import CloudTrailAPI
import FoundationEssentials
import IAMAPI
import Platform
import Wire

/// A step on the way to a safe account, and whether it has been taken: looked at whenever the page is shown.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html>
struct SecurityStep: Sendable {
    enum State: Sendable {
        case done, open
        /// Whoever looks may not see it.
        case unknown
    }

    let title: String
    let state: State
    /// What is there, or is missing.
    let finding: String
    /// Where it is mended.
    let link: (title: String, path: String)

    /// As the template shows it.
    var shown: [String: Any] {
        [
            "step": title, "isDone": state == .done, "isOpen": state == .open, "isUnknown": state == .unknown,
            "finding": finding, "linkTitle": link.title, "path": Console.root + link.path,
        ]
    }
}

/// The steps to secure a new account.
enum SecuritySteps {
    static func all(_ visit: Visit, _ summary: Attempted<[String: Int]>) async -> [SecurityStep] {
        let report = await visit.attempt { () throws(ServiceError) in try await CredentialRows(visit) }
        return [
            rootKeys(summary), rootFactor(summary), userFactors(report), await groups(visit), await passwords(visit),
            await trail(visit), await contact(visit),
        ]
    }

    /// A step about which something has been learnt, or not.
    private static func step<T>(
        _ title: String, _ link: (title: String, path: String), _ learnt: Attempted<T>,
        _ judge: (T) -> (isDone: Bool, finding: String)
    ) -> SecurityStep {
        guard let value = learnt.value else {
            return SecurityStep(
                title: title, state: .unknown, finding: learnt.problem?.text ?? "Nobody knows.", link: link)
        }
        let (isDone, finding) = judge(value)
        return SecurityStep(title: title, state: isDone ? .done : .open, finding: finding, link: link)
    }

    private static func rootKeys(_ summary: Attempted<[String: Int]>) -> SecurityStep {
        step("Root user without access keys", ("Security credentials", "security-credentials"), summary) { map in
            map["AccountAccessKeysPresent"] == 0
                ? (true, "The root user has no access keys.")
                : (false, "The root user has an access key. Make an administrator, use that, and delete the key.")
        }
    }

    private static func rootFactor(_ summary: Attempted<[String: Int]>) -> SecurityStep {
        step("MFA for the root user", ("Security credentials", "security-credentials"), summary) { map in
            map["AccountMFAEnabled"] == 1
                ? (true, "The root user signs in with a second factor.")
                : (false, "The root user has no MFA device. Sign in as root user, and assign one.")
        }
    }

    private static func userFactors(_ report: Attempted<CredentialRows>) -> SecurityStep {
        step("MFA for users with a password", ("Users", "users"), report) { rows in
            let without = rows.users.filter { $0.hasPassword && !$0.hasFactor }.map(\.name)
            return without.isEmpty
                ? (true, "Every user who has a password has an MFA device.")
                : (false, "Without an MFA device: \(list(without)).")
        }
    }

    private static func groups(_ visit: Visit) async -> SecurityStep {
        let found = await visit.attempt { () throws(ServiceError) in
            let input = IAM.GetAccountAuthorizationDetails.Input {
                $0.filter = ["User"]
                $0.maxItems = 1000
            }
            let users = try await visit.call(IAM.GetAccountAuthorizationDetails.self, input).userDetailList ?? []
            return users.filter { !($0.attachedManagedPolicies ?? []).isEmpty || !($0.userPolicyList ?? []).isEmpty }
                .map { $0.userName ?? "" }
        }
        return step("Permissions by groups", ("User groups", "groups"), found) { users in
            users.isEmpty
                ? (true, "No user has policies of their own.")
                : (false, "With policies of their own: \(list(users)). Groups are easier to keep in order.")
        }
    }

    private static func passwords(_ visit: Visit) async -> SecurityStep {
        let found = await visit.attempt { () async throws(ServiceError) -> Int? in
            do throws(ServiceError) {
                return try await visit.call(IAM.GetAccountPasswordPolicy.self).passwordPolicy.minimumPasswordLength ?? 6
            } catch {
                guard error.code == "NoSuchEntity" else { throw error }
                return nil
            }
        }
        return step("Password policy", ("Account settings", "account-settings"), found) { (length: Int?) in
            guard let length else { return (false, "AWS's default policy is in force. Set one of your own.") }
            return length >= 14
                ? (true, "Passwords have \(length) characters at least.")
                : (false, "Passwords need not be longer than \(length) characters; CIS asks for 14.")
        }
    }

    private static func trail(_ visit: Visit) async -> SecurityStep {
        let found = await visit.attempt { () async throws(ServiceError) -> [String] in
            let trails = try await visit.call(CloudTrail.DescribeTrails.self).trailList ?? []
            var logging: [String] = []
            for trail in trails.prefix(10) where trail.isMultiRegionTrail == true {
                let input = CloudTrail.GetTrailStatus.Input { $0.name = trail.trailARN ?? trail.name ?? "" }
                if try await visit.call(CloudTrail.GetTrailStatus.self, input).isLogging == true {
                    logging.append(trail.name ?? "")
                }
            }
            return logging
        }
        return step("A trail of all regions", ("Event history", "events"), found) { trails in
            trails.isEmpty
                ? (false, "No trail keeps the events of all regions. Without one they are gone after 90 days.")
                : (true, "Events are kept by: \(list(trails)).")
        }
    }

    private static func contact(_ visit: Visit) async -> SecurityStep {
        let found = await visit.attempt { () async throws(ServiceError) -> String? in
            let input = AccountManagement.GetAlternateContact.Input { $0.alternateContactType = "SECURITY" }
            do throws(ServiceError) {
                return try await visit.call(AccountManagement.GetAlternateContact.self, input).alternateContact?
                    .emailAddress
            } catch {
                guard error.code == "ResourceNotFoundException" else { throw error }
                return nil
            }
        }
        return step("Security contact", ("Account settings", "account-settings#contacts"), found) { (email: String?) in
            guard let email else { return (false, "Nobody is named who is told of threats to the account.") }
            return (true, "\(email) is told of threats to the account.")
        }
    }

    /// The first of many names.
    private static func list(_ names: [String]) -> String {
        let first = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(first) and \(names.count - 5) more" : first
    }
}

/// What the credential report says of users.
struct CredentialRows: Sendable {
    struct User: Sendable {
        let name: String
        let hasPassword: Bool
        let hasFactor: Bool
    }

    let users: [User]

    /// Asks for the report, which is made anew if it is older than four hours.
    init(_ visit: Visit) async throws(ServiceError) {
        _ = try await visit.call(IAM.GenerateCredentialReport.self)
        let table = try await CredentialTable.get(visit)
        users = table.names.compactMap { name in
            guard name != CredentialTable.root, let row = table.row(of: name) else { return nil }
            return User(
                name: name, hasPassword: row["password_enabled"] == "true", hasFactor: row["mfa_active"] == "true")
        }
    }
}
