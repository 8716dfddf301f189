import IAMAPI
import Platform
import Wire

/// What the pages of a managed policy change.
enum PolicyForms {
    static func attach(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (arn, kind, name) = (visit["arn"], visit.form.text("kind"), visit.form.text("name").trimmed)
        try await attach(arn, to: kind, name, visit)
        return visit.redirect(
            PolicyPages.path(arn, "entities"), done: "The policy was attached to the \(kind) \(name).")
    }

    /// - Parameter kind: "user", "group" or "role".
    static func attach(_ arn: String, to kind: String, _ name: String, _ visit: Visit) async throws(ServiceError) {
        switch kind {
        case "user":
            _ = try await visit.call(
                IAM.AttachUserPolicy.self,
                .init {
                    $0.userName = name
                    $0.policyArn = arn
                })
        case "group":
            _ = try await visit.call(
                IAM.AttachGroupPolicy.self,
                .init {
                    $0.groupName = name
                    $0.policyArn = arn
                })
        case "role":
            _ = try await visit.call(
                IAM.AttachRolePolicy.self,
                .init {
                    $0.roleName = name
                    $0.policyArn = arn
                })
        default: throw .validation("A policy is attached to a user, a group or a role.")
        }
    }

    static func detach(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (arn, kind, name) = (visit["arn"], visit.form.text("kind"), visit.form.text("name"))
        switch kind {
        case "user":
            _ = try await visit.call(
                IAM.DetachUserPolicy.self,
                .init {
                    $0.userName = name
                    $0.policyArn = arn
                })
        case "group":
            _ = try await visit.call(
                IAM.DetachGroupPolicy.self,
                .init {
                    $0.groupName = name
                    $0.policyArn = arn
                })
        case "role":
            _ = try await visit.call(
                IAM.DetachRolePolicy.self,
                .init {
                    $0.roleName = name
                    $0.policyArn = arn
                })
        default: throw .validation("A policy is attached to a user, a group or a role.")
        }
        return visit.redirect(
            PolicyPages.path(arn, "entities"), done: "The policy was detached from the \(kind) \(name).")
    }

    /// Sets the version in force, or deletes one.
    static func version(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (arn, version) = (visit["arn"], visit.form.text("version"))
        switch visit.form["do"] {
        case "default":
            _ = try await visit.call(
                IAM.SetDefaultPolicyVersion.self,
                .init {
                    $0.policyArn = arn
                    $0.versionId = version
                })
            return visit.redirect(PolicyPages.path(arn, "versions"), done: "Version \(version) is in force.")
        case "delete":
            _ = try await visit.call(
                IAM.DeletePolicyVersion.self,
                .init {
                    $0.policyArn = arn
                    $0.versionId = version
                })
            return visit.redirect(PolicyPages.path(arn, "versions"), done: "Version \(version) was deleted.")
        default: throw .validation("A version is made the default, or deleted.")
        }
    }

    static func tag(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        if let key = visit.form["remove"] {
            _ = try await visit.call(
                IAM.UntagPolicy.self,
                .init {
                    $0.policyArn = arn
                    $0.tagKeys = [key]
                })
            return visit.redirect(PolicyPages.path(arn, "tags"), done: "The tag \(key) was removed.")
        }
        let tag = TagForms.added(visit.form)
        _ = try await visit.call(
            IAM.TagPolicy.self,
            .init {
                $0.policyArn = arn
                $0.tags = [tag]
            })
        return visit.redirect(PolicyPages.path(arn, "tags"), done: "The tag \(tag.key) was set.")
    }

    /// Deletes a policy with its versions, as AWS's console does; whoever has it keeps it from being deleted.
    static func delete(_ visit: Visit) async throws(ServiceError) -> Reply {
        let arn = visit["arn"]
        let name = arn.split(separator: "/").last.map(String.init) ?? arn
        guard visit.form.text("confirmation").trimmed == name else {
            throw .validation("To delete the policy, type its name, \(name), into the field.")
        }
        let entities = try await visit.call(IAM.ListEntitiesForPolicy.self, .init { $0.policyArn = arn })
        let isUsed = [
            entities.policyUsers?.isEmpty, entities.policyGroups?.isEmpty, entities.policyRoles?.isEmpty,
        ].contains(false)
        if !isUsed {
            let versions = try await visit.call(IAM.ListPolicyVersions.self, .init { $0.policyArn = arn }).versions
            for version in versions ?? [] where version.isDefaultVersion != true {
                _ = try await visit.call(
                    IAM.DeletePolicyVersion.self,
                    .init {
                        $0.policyArn = arn
                        $0.versionId = version.versionId ?? ""
                    })
            }
        }
        _ = try await visit.call(IAM.DeletePolicy.self, .init { $0.policyArn = arn })
        return visit.redirect("policies", done: "The policy \(name) was deleted.")
    }
}
