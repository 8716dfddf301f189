import Directory
import IAMAPI
import Platform
import Policy
import Wire

/// Which resource an IAM request is about, for its authorization; the gate fetches its tags. Something that does not
/// exist, or not yet, has the ARN that its name would give it, and denials name what was asked for, not what was found.
/// So a caller without permission learns neither what exists nor under which path.
extension Call {
    /// An access with the operation's own action.
    func access(on resource: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        .required(need(on: resource, context))
    }

    /// The operation's own action on a resource type as a whole, as lists ask for it: `user/` with a path prefix.
    func access(onAll type: String, pathPrefix: String?) -> Authorization {
        access(on: "arn:aws:iam::\(accountID):\(type)\(pathPrefix ?? "/")")
    }

    /// Making a resource. To give it tags at once, the caller must be allowed to tag it, too.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html>
    func access(
        creating arn: String, _ tags: [IAM.Tag]?, taggedBy action: String, _ context: [String: ContextValue] = [:]
    ) -> Authorization {
        var create = need(on: arn, requestTags(tags).merging(context) { $1 })
        create.isOfNewResource = true
        guard !(tags ?? []).isEmpty else { return .required(create) }
        var tag = create
        tag.action = "iam:\(action)"
        return .required([create, tag])
    }

    func access(onUser name: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        .required(need(onUser: name, context))
    }
}

extension Call {
    /// Renaming or moving: AWS requires the permission on both the old and the new ARN.
    ///
    /// - Parameters:
    ///   - current: the access to the thing as it is.
    ///   - path: where it is; nil when there is no such thing.
    func access(
        changing current: Access, _ type: String, _ name: String, path: String?, toName newName: String?,
        toPath newPath: String?
    ) -> Authorization {
        guard newName != nil || newPath != nil else { return .required(current) }
        var new = current
        new.resource = ARN.iam(accountID, type, path: newPath ?? path ?? "/", name: newName ?? name)
        new.displayedResource = ARN.iam(accountID, type, path: newPath ?? "/", name: newName ?? name)
        return .required([current, new])
    }
}

/// The single accesses, for operations that ask for several.
extension Call {
    func need(on resource: String, _ context: [String: ContextValue] = [:]) -> Access {
        Access("\(service):\(operation)", on: resource, context: context)
    }

    func need(onUser name: String, _ context: [String: ContextValue] = [:]) -> Access {
        let user = directory.userEntry(named: name, in: accountID)?.bare
        let own = boundaryKeyIfKnown(user?.permissionsBoundary)
        return need("user", name, found: user?.arn, own.merging(context) { $1 })
    }

    func need(onGroup name: String, _ context: [String: ContextValue] = [:]) -> Access {
        need("group", name, found: directory.group(named: name, in: accountID)?.arn, context)
    }

    func need(onRole name: String, _ context: [String: ContextValue] = [:]) -> Access {
        let role = directory.roleEntry(named: name, in: accountID)?.bare
        let own = boundaryKeyIfKnown(role?.permissionsBoundary)
        return need("role", name, found: role?.arn, own.merging(context) { $1 })
    }

    func need(onInstanceProfile name: String, _ context: [String: ContextValue] = [:]) -> Access {
        need("instance-profile", name, found: directory.instanceProfile(named: name, in: accountID)?.arn, context)
    }

    private func need(
        _ type: String, _ name: String, found arn: String?, _ context: [String: ContextValue]
    ) -> Access {
        let asked = ARN.iam(accountID, type, name: name)
        var access = need(on: arn ?? asked, context)
        access.displayedResource = asked
        return access
    }

    /// The operations that know `iam:PermissionsBoundary`, by which delegated administration is limited.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_permissionsboundary>
    private static let boundaryOperations: Set<String> = [
        "PutUserPermissionsBoundary", "DeleteUserPermissionsBoundary", "AttachUserPolicy", "DetachUserPolicy",
        "PutUserPolicy", "DeleteUserPolicy", "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary",
        "AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "DeleteRolePolicy",
        "GetRole", "DeleteRole", "UpdateRole", "UpdateRoleDescription", "UpdateAssumeRolePolicy",
    ]

    private func boundaryKeyIfKnown(_ arn: String?) -> [String: ContextValue] {
        Self.boundaryOperations.contains(operation) ? boundaryKey(arn) : [:]
    }
}

/// `iam:PermissionsBoundary` of a boundary that a request brings.
func boundaryKey(_ arn: String?) -> [String: ContextValue] {
    arn.map { ["iam:permissionsboundary": .one($0)] } ?? [:]
}

/// Whose credentials or devices a request is about, when the user's name may be left out.
enum Owner {
    case user(String)
    case root

    /// - Throws: ValidationError for a role's session that names no user.
    init(_ userName: String?, _ call: Call) throws(ServiceError) {
        if let userName {
            self = .user(userName)
            return
        }
        switch call.caller.identity {
        case .root: self = .root
        case .user(let user): self = .user(user.name)
        case .roleSession, .federatedUser, .webIdentity, .saml, .service, .anonymous:
            throw .validation("Must specify userName when calling with non-User credentials")
        }
    }

    func access(_ call: Call, _ keys: [String: ContextValue] = [:]) -> Authorization {
        switch self {
        case .user(let name): call.access(onUser: name, keys)
        case .root: call.access(on: "arn:aws:iam::\(call.accountID):root", keys)
        }
    }

    /// The unique id that the owner's credentials refer to, and the name to show; root has none.
    func resolve(_ records: some RecordReading, _ call: Call) throws(ServiceError) -> (id: String, userName: String?) {
        switch self {
        case .root: return (call.accountID, nil)
        case .user(let name):
            let user = try records.user(name)
            return (user.uniqueID, user.name)
        }
    }
}
