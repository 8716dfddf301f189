import OrganizationsAPI
import Pages
import Platform
import Wire

/// The organization: its tree, or a way to one.
enum OrganizationPages {
    static let routes: [Route] = [
        .get("organization") { (visit) throws(ServiceError) in await show(visit) },
        .post("organization/create") { (visit) throws(ServiceError) in
            let all = visit.form["features"] != "CONSOLIDATED_BILLING"
            _ = try await visit.call(
                Organizations.CreateOrganization.self, .init { $0.featureSet = all ? "ALL" : "CONSOLIDATED_BILLING" })
            return visit.redirect("organization", done: "The organization was created. This is its management account.")
        },
        .post("organization/accounts") { (visit) throws(ServiceError) in try await createAccount(visit) },
        .get("organization/requests/{request}") { (visit) throws(ServiceError) in try await request(visit) },
    ]

    private static func show(_ visit: Visit) async -> Reply {
        let described = await visit.attempt { () throws(ServiceError) in
            try await visit.call(Organizations.DescribeOrganization.self).organization
        }
        if described.problem?.code == "AWSOrganizationsNotInUseException" {
            return visit.page(
                "organization-none", "Organization",
                ["command": CLICommand.aws("organizations", "create-organization", options: ["feature-set": "ALL"])])
        }
        let organization = described.value ?? nil
        let tree = await visit.attempt { () throws(ServiceError) in
            try await OrganizationTree(try await OrganizationLists.root(visit), visit)
        }
        return visit.page(
            "organization", "Organization",
            [
                "problem": described.problem, "organizationID": organization?.id, "ownARN": organization?.arn,
                "features": organization?.featureSet, "manager": organization?.masterAccountId,
                "managerEmail": organization?.masterAccountEmail,
                "isManagement": organization?.masterAccountId == visit.account, "isKnown": organization != nil,
                "treeProblem": tree.problem, "lines": tree.value?.lines, "hasTree": tree.value != nil,
                "isCutShort": tree.value?.isCutShort,
                "command": CLICommand.aws("organizations", "list-accounts"),
            ])
    }

    private static func createAccount(_ visit: Visit) async throws(ServiceError) -> Reply {
        let made = try await visit.call(
            Organizations.CreateAccount.self,
            .init {
                $0.accountName = visit.form.text("name")
                $0.email = visit.form.text("email").trimmed
                $0.roleName = visit.form["role"]?.trimmed
            })
        return visit.redirect("organization/requests/" + PercentEncoding.segment(made.createAccountStatus?.id ?? ""))
    }

    /// Accounts are made in the background.
    private static func request(_ visit: Visit) async throws(ServiceError) -> Reply {
        let status = try await visit.call(
            Organizations.DescribeCreateAccountStatus.self, .init { $0.createAccountRequestId = visit["request"] }
        ).createAccountStatus
        return visit.page(
            "account-request", "Account \(status?.accountName ?? "")",
            [
                "newName": status?.accountName, "state": status?.state, "reason": status?.failureReason,
                "isRunning": status?.state == "IN_PROGRESS", "isDone": status?.state == "SUCCEEDED",
                "newAccount": status?.accountId, "link": status?.accountId.map(OrganizationLists.link),
                "asked": status?.requestedTimestamp?.reading,
            ])
    }
}
