import IAMAPI
import Platform
import Wire

/// Access keys: made, switched off and on, deleted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html>
enum AccessKeyPages {
    static let routes: [Route] = CredentialOwner.bases.flatMap { base in
        [
            Route.post("\(base)/create-access-key") { (visit) throws(ServiceError) in try await create(visit) },
            Route.post("\(base)/access-key") { (visit) throws(ServiceError) in try await change(visit) },
        ]
    }

    struct Row: Sendable {
        let keyID: String
        let isActive: Bool
        let created: Moment?
        let lastUsed: Moment?
        /// `s3 in eu-central-1`
        let usedFor: String?
        /// The last use can't be told.
        let useProblem: Problem?
        let isOld: Bool
    }

    static func rows(_ owner: CredentialOwner, _ visit: Visit) async -> Attempted<[Row]> {
        let keys = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListAccessKeys.self, .init { $0.userName = owner.userName })
        }
        guard let keys = keys.value else { return Attempted(value: nil, problem: keys.problem) }
        var rows: [Row] = []
        for key in keys {
            let id = key.accessKeyId ?? ""
            let use = await visit.find { () throws(ServiceError) in
                try await visit.call(IAM.GetAccessKeyLastUsed.self, .init { $0.accessKeyId = id }).accessKeyLastUsed
            }
            let last = use.value.flatMap { $0 }
            let age = key.createDate.map { visit.environment.now() - $0.secondsSinceEpoch } ?? 0
            rows.append(
                Row(
                    keyID: id, isActive: key.status == "Active", created: key.createDate.map { visit.moment($0) },
                    lastUsed: last?.lastUsedDate.map { visit.moment($0) },
                    usedFor: last?.lastUsedDate == nil ? nil : last.map { "\($0.serviceName) in \($0.region)" },
                    useProblem: use.problem, isOld: age > 90 * 86_400))
        }
        return Attempted(value: rows, problem: nil)
    }

    /// The secret is shown on this one page, and nowhere else.
    private static func create(_ visit: Visit) async throws(ServiceError) -> Reply {
        let owner = try CredentialOwner(visit)
        let key = try await visit.call(IAM.CreateAccessKey.self, .init { $0.userName = owner.userName }).accessKey
        return visit.page(
            "access-key-created", "Access key of \(owner.name)",
            [
                "back": owner.path, "owner": owner.name, "keyID": key.accessKeyId, "secret": key.secretAccessKey,
                "isRootUser": owner.userName == nil,
            ])
    }

    private static func change(_ visit: Visit) async throws(ServiceError) -> Reply {
        let owner = try CredentialOwner(visit)
        let id = visit.form.text("key")
        switch visit.form["action"] {
        case "delete":
            let input = IAM.DeleteAccessKey.Input {
                $0.userName = owner.userName
                $0.accessKeyId = id
            }
            _ = try await visit.call(IAM.DeleteAccessKey.self, input)
            return visit.redirect(owner.path, done: "The access key \(id) was deleted.")
        case "activate", "deactivate":
            let isActive = visit.form["action"] == "activate"
            let input = IAM.UpdateAccessKey.Input {
                $0.userName = owner.userName
                $0.accessKeyId = id
                $0.status = isActive ? "Active" : "Inactive"
            }
            _ = try await visit.call(IAM.UpdateAccessKey.self, input)
            return visit.redirect(
                owner.path, done: "The access key \(id) is \(isActive ? "active" : "inactive") now.")
        default: throw .validation("Say what is to be done with the access key.")
        }
    }
}
