import Directory
import Platform
import Policy

/// IAM's resources as policies see them. Of roles the trust policy decides who may assume them; nothing else of IAM
/// has a resource-based policy.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
let iamResourceTypes: [ResourceType] = [
    ResourceType("iam", "role/") { access, arn, call in
        // An ARN with another path names no role.
        guard let role = call.directory.roleEntry(named: arn.lastPart, in: arn.account)?.bare,
            role.arn == access.resource
        else { return nil }
        let isTrusted = access.action.hasPrefix("sts:") && call.directory.isActive(account: arn.account)
        let trust = isTrusted ? call.directory.trustPolicy(ofRoleWithUniqueID: role.uniqueID) : nil
        return Resource(tags: role.tags, policy: trust)
    },
    ResourceType("iam", "user/") { access, arn, call in
        call.directory.userEntry(named: arn.lastPart, in: arn.account)
            .flatMap { $0.bare.arn == access.resource ? Resource(tags: $0.bare.tags) : nil }
    },
    ResourceType("iam", "policy/") { access, _, call in
        call.directory.managedPolicy(arn: access.resource).map { Resource(tags: $0.tags) }
    },
    ResourceType("iam", "instance-profile/") { access, arn, call in
        call.directory.instanceProfile(named: arn.lastPart, in: arn.account)
            .flatMap { $0.arn == access.resource ? Resource(tags: $0.tags) : nil }
    },
    ResourceType("iam", "mfa/") { access, _, call in
        call.directory.mfaDevice(serialNumber: access.resource).map { Resource(tags: $0.tags) }
    },
    ResourceType("iam", "oidc-provider/") { access, _, call in
        call.directory.openIDConnectProvider(arn: access.resource).map { Resource(tags: $0.tags) }
    },
]
