import IAMAPI
import Pages
import Platform
import Wire

/// A user's pages: what all have in common, and the one on which the API's own answers stand.
enum UserPages {
    static let routes: [Route] = [
        .get("users/{name}/json") { (visit) throws(ServiceError) in await showJSON(visit) }
    ]

    /// Of a user's first page, below ``Console/root``.
    static func path(_ name: String) -> String { PolicyHolder(.users, name).path }

    /// The pages of a user.
    enum Tab: String, CaseIterable {
        case permissions = ""
        case groups
        case tags
        case credentials = "security-credentials"
        case lastAccessed = "last-accessed"
        case json

        var title: String {
            switch self {
            case .permissions: "Permissions"
            case .groups: "Groups"
            case .tags: "Tags"
            case .credentials: "Security credentials"
            case .lastAccessed: "Last accessed"
            case .json: "JSON"
            }
        }
    }

    /// What stands at the head of each of a user's pages. The person need not be allowed to see the user.
    struct Head: Sendable {
        /// nil: the person may not see it.
        let user: IAM.User?
        fileprivate let problem: Problem?
        fileprivate let name: String
        fileprivate let tab: Tab
        fileprivate let created: Moment?
        fileprivate let lastSignIn: Moment?

        /// The user's ARN as the API tells it; where it does not, that of a user without a path.
        func arn(_ visit: Visit) -> String { user?.arn ?? "arn:aws:iam::\(visit.account):user/\(name)" }
    }

    /// - Throws: NoSuchEntity.
    static func head(_ tab: Tab, _ visit: Visit) async throws(ServiceError) -> Head {
        let name = visit["name"]
        var user: IAM.User?
        var problem: Problem?
        do throws(ServiceError) {
            user = try await visit.call(IAM.GetUser.self, .init { $0.userName = name }).user
        } catch {
            guard error.code != "NoSuchEntity" else { throw error }
            problem = visit.problem(error)
        }
        return Head(
            user: user, problem: problem, name: name, tab: tab, created: user.map { visit.moment($0.createDate) },
            lastSignIn: user?.passwordLastUsed.map { visit.moment($0) })
    }

    /// One of a user's pages.
    static func page(
        _ template: String, _ head: Head, _ visit: Visit, _ content: [String: Any?], status: Int = 200
    ) -> Reply {
        let base = Console.root + path(head.name)
        var content = content
        content["name"] = head.name
        content["path"] = path(head.name)
        content["headProblem"] = head.problem
        content["userARN"] = head.user?.arn
        content["userID"] = head.user?.userId
        content["eventsLink"] =
            Console.root + "events?attribute=Username&value=" + PercentEncoding.queryValue(head.name)
        content["simulateLink"] = head.user.map {
            "\(Console.root)simulator?principal=" + PercentEncoding.queryValue($0.arn)
        }
        content["userCreated"] = head.created
        content["lastSignIn"] = head.lastSignIn
        content["isRead"] = head.user != nil
        content["tabs"] = Tab.allCases.map { tab in
            TabLink(
                tabTitle: tab.title, tabLink: tab.rawValue.isEmpty ? base : base + "/" + tab.rawValue,
                isTab: tab == head.tab)
        }
        return visit.page(template, "\(head.name) · \(head.tab.title)", content, status: status)
    }

    private static func showJSON(_ visit: Visit) async -> Reply {
        let name = visit["name"]
        let option = "--user-name \(name)"
        let answers = [
            await visit.raw("aws iam get-user \(option)", IAM.GetUser.self, .init { $0.userName = name }),
            await visit.raw(
                "aws iam list-groups-for-user \(option)", IAM.ListGroupsForUser.self, .init { $0.userName = name }),
            await visit.raw(
                "aws iam list-attached-user-policies \(option)", IAM.ListAttachedUserPolicies.self,
                .init { $0.userName = name }),
            await visit.raw(
                "aws iam list-user-policies \(option)", IAM.ListUserPolicies.self, .init { $0.userName = name }),
            await visit.raw(
                "aws iam get-login-profile \(option)", IAM.GetLoginProfile.self, .init { $0.userName = name }),
            await visit.raw(
                "aws iam list-access-keys \(option)", IAM.ListAccessKeys.self, .init { $0.userName = name }),
            await visit.raw(
                "aws iam list-mfa-devices \(option)", IAM.ListMFADevices.self, .init { $0.userName = name }),
        ]
        let head = Head(user: nil, problem: nil, name: name, tab: .json, created: nil, lastSignIn: nil)
        return page("user-json", head, visit, ["answers": answers])
    }
}

/// A tab of a page that has several.
struct TabLink: Sendable {
    let tabTitle: String
    let tabLink: String
    let isTab: Bool
}
