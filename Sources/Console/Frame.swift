import Directory
import Platform
import Wire

extension Visit {
    /// What the layout shows around every page: who is signed in, where, and the ways to the other pages.
    func frame(_ content: inout [String: Any]) {
        content["formKey"] = session.formKey
        content["account"] = account
        content["accountName"] = environment.directory.account(account)?.alias ?? account
        content["who"] = name(caller)
        content["arn"] = caller.arn
        content["region"] = region
        content["regions"] = Regions.all.filter { environment.isRegionOpen($0, to: account, at: environment.now()) }
            .map { Choice(name: $0, isCurrent: $0 == region) }
        content["here"] = request.target
        if let role = session.role {
            content["role"] = ["name": role.displayName, "color": role.color, "person": name(person)]
        }
        content["sections"] = Navigation.sections(at: request.segments, isOperator: isOperator)
    }

    private func name(_ caller: Caller) -> String {
        switch caller.identity {
        case .root: "Root user"
        case .user(let user): user.name
        case .roleSession(let role, let name): "\(role.name)/\(name)"
        case .federatedUser(_, let name): name
        case .webIdentity, .saml, .service, .anonymous: caller.userName
        }
    }
}

/// An entry of a list to choose from.
struct Choice {
    let name: String
    let isCurrent: Bool
}

/// The ways to all pages, in the order in which they are shown.
enum Navigation {
    struct Section: Sendable {
        /// nil: the pages stand by themselves.
        let heading: String?
        let pages: [Page]
    }

    struct Page: Sendable {
        let title: String
        let path: String
        var isCurrent = false
    }

    private static let all: [(heading: String?, pages: [(title: String, path: String)])] = [
        (nil, [("Home", "home"), ("Shared responsibility", "responsibility")]),
        (
            "Access",
            [
                ("Users", "users"),
                ("User groups", "groups"),
                ("Roles", "roles"),
                ("Policies", "policies"),
                ("Identity providers", "identity-providers"),
                ("Account settings", "account-settings"),
                ("Credential report", "credential-report"),
            ]
        ),
        (
            "Tools",
            [
                ("Policy editor", "policy-editor"),
                ("Simulator", "simulator"),
                ("Event history", "events"),
                ("Access Analyzer", "access-analyzer"),
                ("Outbox", "outbox"),
            ]
        ),
        ("Organization", [("Organization", "organization")]),
        ("Data", [("KMS keys", "keys"), ("S3 buckets", "buckets")]),
    ]

    /// - Parameter isOperator: whether there are the pages that are for nobody else.
    static func sections(at segments: [String], isOperator: Bool) -> [Section] {
        all.map { section in
            Section(
                heading: section.heading,
                pages: section.pages.filter { $0.path != "outbox" || isOperator }.map { page in
                    Page(
                        title: page.title, path: Console.root + page.path,
                        isCurrent: segments.first == page.path || segments.isEmpty && page.path == "home")
                })
        }
    }
}
