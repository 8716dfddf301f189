import IAMAPI
import Platform
import Wire

/// What the pages of a role change.
enum RoleForms {
    static func attached(_ visit: Visit, _ name: String) async throws(ServiceError) -> [IAM.AttachedPolicy] {
        try await visit.everything { (marker) throws(ServiceError) in
            let answer = try await visit.call(
                IAM.ListAttachedRolePolicies.self,
                .init {
                    $0.roleName = name
                    $0.marker = marker
                })
            return (answer.attachedPolicies ?? [], answer.marker)
        }
    }

    /// The names of the inline policies.
    static func inline(_ visit: Visit, _ name: String) async throws(ServiceError) -> [String] {
        try await visit.everything { (marker) throws(ServiceError) in
            let answer = try await visit.call(
                IAM.ListRolePolicies.self,
                .init {
                    $0.roleName = name
                    $0.marker = marker
                })
            return (answer.policyNames, answer.marker)
        }
    }

    static func attach(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        let arns = visit.form.values("policy")
        guard !arns.isEmpty else { throw .validation("Choose at least one policy.") }
        for arn in arns { try await PolicyForms.attach(arn, to: "role", name, visit) }
        return visit.redirect(
            RolePages.path(name),
            done: arns.count == 1 ? "The policy was attached." : "\(arns.count) policies were attached.")
    }

    static func detach(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        let arn = visit.form.text("policy")
        try await detach(arn, name, visit)
        return visit.redirect(RolePages.path(name), done: "The policy \(arn) was detached.")
    }

    private static func detach(_ arn: String, _ name: String, _ visit: Visit) async throws(ServiceError) {
        _ = try await visit.call(
            IAM.DetachRolePolicy.self,
            .init {
                $0.roleName = name
                $0.policyArn = arn
            })
    }

    static func deleteInline(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        let policy = visit.form.text("policy")
        try await deleteInline(policy, name, visit)
        return visit.redirect(RolePages.path(name), done: "The inline policy \(policy) was deleted.")
    }

    private static func deleteInline(_ policy: String, _ name: String, _ visit: Visit) async throws(ServiceError) {
        _ = try await visit.call(
            IAM.DeleteRolePolicy.self,
            .init {
                $0.roleName = name
                $0.policyName = policy
            })
    }

    static func setBoundary(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        if visit.form["do"] == "remove" {
            _ = try await visit.call(IAM.DeleteRolePermissionsBoundary.self, .init { $0.roleName = name })
            return visit.redirect(RolePages.path(name), done: "The permissions boundary was removed.")
        }
        let arn = try await policyARN(visit.form.text("boundary").trimmed, visit)
        _ = try await visit.call(
            IAM.PutRolePermissionsBoundary.self,
            .init {
                $0.roleName = name
                $0.permissionsBoundary = arn
            })
        return visit.redirect(RolePages.path(name), done: "The permissions boundary was set.")
    }

    /// The ARN of a managed policy that was typed by its ARN or its name.
    static func policyARN(_ typed: String, _ visit: Visit) async throws(ServiceError) -> String {
        if typed.hasPrefix("arn:") { return typed }
        guard let found = try await PolicyPages.all(visit, "all").first(where: { $0.policyName == typed })?.arn else {
            throw .validation("There is no managed policy \(typed). Write its ARN or its name.")
        }
        return found
    }

    static func tag(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        if let key = visit.form["remove"] {
            _ = try await visit.call(
                IAM.UntagRole.self,
                .init {
                    $0.roleName = name
                    $0.tagKeys = [key]
                })
            return visit.redirect(RolePages.path(name, "tags"), done: "The tag \(key) was removed.")
        }
        let tag = TagForms.added(visit.form)
        _ = try await visit.call(
            IAM.TagRole.self,
            .init {
                $0.roleName = name
                $0.tags = [tag]
            })
        return visit.redirect(RolePages.path(name, "tags"), done: "The tag \(tag.key) was set.")
    }

    static func update(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        guard let seconds = Int(visit.form.text("duration").trimmed) else {
            throw .validation("The maximum session duration is a number of seconds, from 3600 to 43200.")
        }
        let description = visit.form.text("description")
        _ = try await visit.call(
            IAM.UpdateRole.self,
            .init {
                $0.roleName = name
                $0.description = description
                $0.maxSessionDuration = seconds
            })
        return visit.redirect(RolePages.path(name, "settings"), done: "The role was changed.")
    }

    // MARK: Sessions

    static let revocationName = "AWSRevokeOlderSessions"

    /// As AWS's console writes it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>
    static func revocation(at time: Timestamp) -> String {
        """
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Action": [
                        "*"
                    ],
                    "Resource": [
                        "*"
                    ],
                    "Condition": {
                        "DateLessThan": {
                            "aws:TokenIssueTime": "\(time.iso8601WithMilliseconds)"
                        }
                    }
                }
            ]
        }
        """
    }

    static func revokeSessions(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        guard visit.form.isOn("acknowledged") else {
            throw .validation("Tick the box to say that you know what revoking the sessions does.")
        }
        let document = revocation(at: Timestamp(secondsSinceEpoch: visit.environment.now()))
        _ = try await visit.call(
            IAM.PutRolePolicy.self,
            .init {
                $0.roleName = name
                $0.policyName = revocationName
                $0.policyDocument = document
            })
        return visit.redirect(
            RolePages.path(name), done: "All sessions of \(name) that began before now may do nothing.")
    }

    // MARK: The end

    /// Deletes a role with all that it has, as AWS's console does.
    static func delete(_ visit: Visit) async throws(ServiceError) -> Reply {
        let name = visit["name"]
        guard visit.form.text("confirmation").trimmed == name else {
            throw .validation("To delete the role, type its name, \(name), into the field.")
        }
        let role = try await visit.call(IAM.GetRole.self, .init { $0.roleName = name }).role
        if RolePages.isLinked(role.path) {
            _ = try await visit.call(IAM.DeleteServiceLinkedRole.self, .init { $0.roleName = name })
            return visit.redirect("roles", done: "The role \(name) is being deleted by its service.")
        }
        for policy in try await attached(visit, name) { try await detach(policy.policyArn ?? "", name, visit) }
        for policy in try await inline(visit, name) { try await deleteInline(policy, name, visit) }
        let profiles = try await visit.call(IAM.ListInstanceProfilesForRole.self, .init { $0.roleName = name })
        for profile in profiles.instanceProfiles {
            _ = try await visit.call(
                IAM.RemoveRoleFromInstanceProfile.self,
                .init {
                    $0.instanceProfileName = profile.instanceProfileName
                    $0.roleName = name
                })
        }
        _ = try await visit.call(IAM.DeleteRole.self, .init { $0.roleName = name })
        return visit.redirect("roles", done: "The role \(name) was deleted.")
    }
}
