import IAMAPI
import Platform
import Wire

/// Whose credentials a page is about: a user's, or the person's own.
///
/// The same forms lie below `users/NAME/security-credentials` and below `security-credentials`.
struct CredentialOwner: Sendable {
    /// nil: the root user, who is the person then.
    let userName: String?
    /// Of the page, below ``Console/root``.
    let path: String
    /// What the MFA operations call it: for the root user they take the account's number.
    let deviceOwner: String
    let isSelf: Bool

    /// The paths of the pages that have these forms.
    static let bases = ["users/{name}/security-credentials", "security-credentials"]

    /// - Throws: ValidationError for a person who has no credentials of their own: a session of a role.
    init(_ visit: Visit) throws(ServiceError) {
        let named = visit["name"]
        guard named.isEmpty else {
            userName = named
            path = UserPages.path(named) + "/security-credentials"
            deviceOwner = named
            isSelf = visit.isSelf(named)
            return
        }
        path = "security-credentials"
        isSelf = true
        switch visit.caller.identity {
        case .user(let user):
            userName = user.name
            deviceOwner = user.name
        case .root:
            userName = nil
            deviceOwner = visit.account
        default:
            throw .validation("Your session is temporary: it has no password, access keys or MFA devices of its own.")
        }
    }

    /// `ann`, or `root`.
    var name: String { userName ?? "root" }

    /// What the templates of keys and devices show.
    func content(_ visit: Visit) async -> [String: Any?] {
        let keys = await AccessKeyPages.rows(self, visit)
        let devices = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListMFADevices.self, .init { $0.userName = userName })
        }
        return [
            "base": Console.root + path, "owner": name, "isRootUser": userName == nil,
            "keys": keys.value, "keysProblem": keys.problem, "hasNoKeys": keys.value?.isEmpty,
            "mayHaveKey": (keys.value?.count ?? 0) < 2,
            "devices": devices.value?.map { MFADevicePages.Row($0, visit) }, "devicesProblem": devices.problem,
            "isSelf": isSelf,
            "hasNoDevices": devices.value?.isEmpty, "userOption": userName.map { " --user-name \($0)" },
        ]
    }
}
