import Directory
import IAMAPI
import KMSAPI
import OrganizationsAPI
import Platform
import Policy
import Remedies
import S3API
import Wire

/// What a form does to make a change of a remedy: calls of the API, made as whoever is signed in.
enum RemedyAction {
    /// An inline policy of a user, group or role.
    case inline(Holder, name: String, document: String)
    /// Another version of a customer managed policy.
    case version(policyARN: String, document: String)
    case trust(role: String, document: String)
    case bucket(String, document: String)
    case key(String, document: String)
    /// Another content of an organization's policy.
    case control(id: String, content: String)
    case newManaged(name: String, document: String, Holder, asBoundary: Bool)
    case newServiceControl(name: String, content: String, target: String)
    case detach(policyARN: String, Holder)

    /// A user, group or role of the account.
    struct Holder {
        enum Kind: String {
            case user, group, role
        }

        let kind: Kind
        let name: String

        /// nil: the ARN is of something else, or of another account, in which the same name is somebody else.
        init?(_ text: String?, in account: String) {
            guard let text, let arn = ARN(parsing: text), arn.service == "iam", arn.account == account,
                let kind = Kind(rawValue: String(arn.resource.prefix { $0 != "/" })),
                let name = arn.resource.split(separator: "/").last
            else { return nil }
            (self.kind, self.name) = (kind, String(name))
        }
    }

    /// nil: the change is no matter of a form.
    init?(_ change: Change, in account: String) {
        let holder = Holder(change.holder ?? change.policy?.attachedTo, in: account)
        if change.kind == .detachPolicy {
            guard let arn = change.policy?.arn, let holder, change.policyType == .identity else { return nil }
            self = .detach(policyARN: arn, holder)
            return
        }
        guard [.addStatement, .newPolicy, .narrowDeny].contains(change.kind), let document = change.after,
            let type = change.policyType
        else { return nil }
        if let arn = change.policy?.arn, change.kind != .newPolicy {
            guard let parsed = ARN(parsing: arn) else { return nil }
            switch type {
            case .serviceControl, .resourceControl:
                guard let id = parsed.resource.split(separator: "/").last else { return nil }
                self = .control(id: String(id), content: document)
            case .identity, .permissionsBoundary: self = .version(policyARN: arn, document: document)
            default: return nil
            }
            return
        }
        switch type {
        case .identity:
            guard let holder, let name = change.newName ?? change.policy?.name else { return nil }
            // Where a policy must be made and attached, there are two commands.
            self =
                change.commands.count > 1
                ? .newManaged(name: name, document: document, holder, asBoundary: false)
                : .inline(holder, name: name, document: document)
        case .permissionsBoundary:
            guard let holder, let name = change.newName else { return nil }
            self = .newManaged(name: name, document: document, holder, asBoundary: true)
        case .serviceControl:
            guard let name = change.newName, let target = change.holder else { return nil }
            self = .newServiceControl(name: name, content: document, target: target)
        case .roleTrust:
            guard let holder, holder.kind == .role else { return nil }
            self = .trust(role: holder.name, document: document)
        case .resource:
            guard let text = change.holder ?? change.policy?.attachedTo, let arn = ARN(parsing: text) else {
                return nil
            }
            switch arn.service {
            case "s3":
                guard arn.region.isEmpty, arn.account.isEmpty, let name = arn.resource.split(separator: "/").first
                else { return nil }
                self = .bucket(String(name), document: document)
            case "kms": self = .key(text, document: document)
            default: return nil
            }
        default: return nil
        }
    }

    /// Makes the change.
    /// - Throws: the error of the call that makes it, AccessDenied among them.
    func perform(_ visit: Visit) async throws(ServiceError) {
        switch self {
        case .inline(let holder, let name, let document): try await Self.put(document, as: name, of: holder, visit)
        case .version(let arn, let document):
            _ = try await visit.call(
                IAM.CreatePolicyVersion.self,
                .init {
                    $0.policyArn = arn
                    $0.policyDocument = document
                    $0.setAsDefault = true
                })
        case .trust(let role, let document):
            _ = try await visit.call(
                IAM.UpdateAssumeRolePolicy.self,
                .init {
                    $0.roleName = role
                    $0.policyDocument = document
                })
        case .bucket(let name, let document):
            _ = try await visit.s3(
                S3.PutBucketPolicy.self,
                .init {
                    $0.bucket = name
                    $0.policy = document
                })
        case .key(let arn, let document):
            _ = try await visit.call(
                KMS.PutKeyPolicy.self,
                .init {
                    $0.keyId = arn
                    $0.policyName = "default"
                    $0.policy = document
                })
        case .control(let id, let content):
            _ = try await visit.call(
                Organizations.UpdatePolicy.self,
                .init {
                    $0.policyId = id
                    $0.content = content
                })
        case .newManaged(let name, let document, let holder, let asBoundary):
            let made = try await visit.call(
                IAM.CreatePolicy.self,
                .init {
                    $0.policyName = name
                    $0.policyDocument = document
                })
            guard let arn = made.policy?.arn else { throw .internalFailure }
            try await Self.use(arn, for: holder, asBoundary: asBoundary, visit)
        case .newServiceControl(let name, let content, let target):
            let made = try await visit.call(
                Organizations.CreatePolicy.self,
                .init {
                    $0.name = name
                    $0.description = name
                    $0.type = "SERVICE_CONTROL_POLICY"
                    $0.content = content
                })
            guard let id = made.policy?.policySummary?.id else { throw .internalFailure }
            _ = try await visit.call(
                Organizations.AttachPolicy.self,
                .init {
                    $0.policyId = id
                    $0.targetId = target
                })
        case .detach(let arn, let holder): try await Self.detach(arn, from: holder, visit)
        }
    }

    private static func put(
        _ document: String, as name: String, of holder: Holder, _ visit: Visit
    ) async throws(ServiceError) {
        switch holder.kind {
        case .user:
            _ = try await visit.call(
                IAM.PutUserPolicy.self,
                .init {
                    $0.userName = holder.name
                    $0.policyName = name
                    $0.policyDocument = document
                })
        case .group:
            _ = try await visit.call(
                IAM.PutGroupPolicy.self,
                .init {
                    $0.groupName = holder.name
                    $0.policyName = name
                    $0.policyDocument = document
                })
        case .role:
            _ = try await visit.call(
                IAM.PutRolePolicy.self,
                .init {
                    $0.roleName = holder.name
                    $0.policyName = name
                    $0.policyDocument = document
                })
        }
    }

    private static func use(
        _ arn: String, for holder: Holder, asBoundary: Bool, _ visit: Visit
    ) async throws(ServiceError) {
        switch (holder.kind, asBoundary) {
        case (.user, true):
            _ = try await visit.call(
                IAM.PutUserPermissionsBoundary.self,
                .init {
                    $0.userName = holder.name
                    $0.permissionsBoundary = arn
                })
        case (.user, false):
            _ = try await visit.call(
                IAM.AttachUserPolicy.self,
                .init {
                    $0.userName = holder.name
                    $0.policyArn = arn
                })
        case (.role, true):
            _ = try await visit.call(
                IAM.PutRolePermissionsBoundary.self,
                .init {
                    $0.roleName = holder.name
                    $0.permissionsBoundary = arn
                })
        case (.role, false):
            _ = try await visit.call(
                IAM.AttachRolePolicy.self,
                .init {
                    $0.roleName = holder.name
                    $0.policyArn = arn
                })
        case (.group, _):
            _ = try await visit.call(
                IAM.AttachGroupPolicy.self,
                .init {
                    $0.groupName = holder.name
                    $0.policyArn = arn
                })
        }
    }

    private static func detach(_ arn: String, from holder: Holder, _ visit: Visit) async throws(ServiceError) {
        switch holder.kind {
        case .user:
            _ = try await visit.call(
                IAM.DetachUserPolicy.self,
                .init {
                    $0.userName = holder.name
                    $0.policyArn = arn
                })
        case .group:
            _ = try await visit.call(
                IAM.DetachGroupPolicy.self,
                .init {
                    $0.groupName = holder.name
                    $0.policyArn = arn
                })
        case .role:
            _ = try await visit.call(
                IAM.DetachRolePolicy.self,
                .init {
                    $0.roleName = holder.name
                    $0.policyArn = arn
                })
        }
    }
}
