import OrganizationsAPI
import Pages
import Platform
import Wire

/// What is changed in the tree: units, accounts, and what is attached to them.
enum OrganizationChanges {
    static let routes: [Route] = [
        change("units") { (visit, target) throws(ServiceError) in
            let made = try await visit.call(
                Organizations.CreateOrganizationalUnit.self,
                .init {
                    $0.parentId = target
                    $0.name = visit.form.text("name")
                })
            return (made.organizationalUnit?.id ?? target, "The organizational unit was created.")
        },
        change("rename") { (visit, target) throws(ServiceError) in
            _ = try await visit.call(
                Organizations.UpdateOrganizationalUnit.self,
                .init {
                    $0.organizationalUnitId = target
                    $0.name = visit.form.text("name")
                })
            return (target, "The organizational unit was renamed.")
        },
        change("delete") { (visit, target) throws(ServiceError) in
            _ = try await visit.call(
                Organizations.DeleteOrganizationalUnit.self, .init { $0.organizationalUnitId = target })
            return (nil, "The organizational unit was deleted.")
        },
        change("move") { (visit, target) throws(ServiceError) in
            _ = try await visit.call(
                Organizations.MoveAccount.self,
                .init {
                    $0.accountId = target
                    $0.sourceParentId = visit.form.text("from")
                    $0.destinationParentId = visit.form.text("to")
                })
            return (target, "The account was moved.")
        },
        change("close") { (visit, target) throws(ServiceError) in
            guard visit.form.text("account").trimmed == target else {
                throw .validation("To close the account, type its id: \(target).")
            }
            _ = try await visit.call(Organizations.CloseAccount.self, .init { $0.accountId = target })
            return (target, "The account is closed: it is suspended now.")
        },
        change("remove") { (visit, target) throws(ServiceError) in
            _ = try await visit.call(
                Organizations.RemoveAccountFromOrganization.self, .init { $0.accountId = target })
            return (nil, "The account is not in the organization any more.")
        },
        change("attach") { (visit, target) throws(ServiceError) in
            _ = try await visit.call(
                Organizations.AttachPolicy.self,
                .init {
                    $0.policyId = visit.form.text("policy")
                    $0.targetId = target
                })
            return (target, "The policy was attached.")
        },
        change("detach") { (visit, target) throws(ServiceError) in
            _ = try await visit.call(
                Organizations.DetachPolicy.self,
                .init {
                    $0.policyId = visit.form.text("policy")
                    $0.targetId = target
                })
            return (target, "The policy was detached.")
        },
    ]

    /// - Parameter body: makes the change; returns whose page is shown then (nil: the tree), and what is told.
    private static func change(
        _ what: String,
        _ body: @escaping @Sendable (Visit, String) async throws(ServiceError) -> (next: String?, done: String)
    ) -> Route {
        .post("organization/targets/{target}/" + what) { (visit) throws(ServiceError) in
            let (next, done) = try await body(visit, visit["target"])
            let page = next.map { "organization/targets/" + PercentEncoding.segment($0) } ?? "organization"
            return visit.redirect(page, done: done)
        }
    }
}
