import IAMAPI
import Platform
import Wire

/// What has to go before a user can, and what AWS's console therefore removes with it.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html>
struct UserRemoval: Sendable {
    struct Step: Sendable {
        /// `Access key AKIA…`
        let what: String
        let perform: @Sendable (Visit) async throws(ServiceError) -> Void
    }

    private(set) var steps: [Step] = []
    /// What could not be looked up: if there is something of it, the user can't be deleted.
    private(set) var problems: [Problem] = []

    /// Finds what a user has, as far as the person may see it.
    static func plan(_ name: String, _ visit: Visit) async -> UserRemoval {
        var plan = UserRemoval()
        await plan.addCredentials(name, visit)
        await plan.addDevices(name, visit)
        await plan.addPermissions(name, visit)
        return plan
    }

    private mutating func add<T: Sendable>(_ found: Attempted<[T]>, _ step: (T) -> Step) {
        if let problem = found.problem { problems.append(problem) }
        steps += (found.value ?? []).map(step)
    }

    private mutating func addCredentials(_ name: String, _ visit: Visit) async {
        let password = await visit.find { () throws(ServiceError) in
            [try await visit.call(IAM.GetLoginProfile.self, .init { $0.userName = name }).loginProfile]
        }
        add(password) { _ in
            Step(what: "Console password") { (visit) throws(ServiceError) in
                _ = try await visit.call(IAM.DeleteLoginProfile.self, .init { $0.userName = name })
            }
        }
        let keys = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListAccessKeys.self, .init { $0.userName = name })
        }
        add(keys) { key in
            let id = key.accessKeyId ?? ""
            return Step(what: "Access key \(id)") { (visit) throws(ServiceError) in
                let input = IAM.DeleteAccessKey.Input {
                    $0.userName = name
                    $0.accessKeyId = id
                }
                _ = try await visit.call(IAM.DeleteAccessKey.self, input)
            }
        }
        let certificates = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListSigningCertificates.self, .init { $0.userName = name })
        }
        add(certificates) { certificate in
            Step(what: "Signing certificate \(certificate.certificateId)") { (visit) throws(ServiceError) in
                let input = IAM.DeleteSigningCertificate.Input {
                    $0.userName = name
                    $0.certificateId = certificate.certificateId
                }
                _ = try await visit.call(IAM.DeleteSigningCertificate.self, input)
            }
        }
        let sshKeys = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListSSHPublicKeys.self, .init { $0.userName = name })
        }
        add(sshKeys) { key in
            Step(what: "SSH public key \(key.sshPublicKeyId)") { (visit) throws(ServiceError) in
                let input = IAM.DeleteSSHPublicKey.Input {
                    $0.userName = name
                    $0.sshPublicKeyId = key.sshPublicKeyId
                }
                _ = try await visit.call(IAM.DeleteSSHPublicKey.self, input)
            }
        }
        let specific = await visit.find { () throws(ServiceError) in
            try await visit.call(IAM.ListServiceSpecificCredentials.self, .init { $0.userName = name })
                .serviceSpecificCredentials ?? []
        }
        add(specific) { credential in
            Step(what: "Credential for \(credential.serviceName)") { (visit) throws(ServiceError) in
                let input = IAM.DeleteServiceSpecificCredential.Input {
                    $0.userName = name
                    $0.serviceSpecificCredentialId = credential.serviceSpecificCredentialId
                }
                _ = try await visit.call(IAM.DeleteServiceSpecificCredential.self, input)
            }
        }
    }

    private mutating func addDevices(_ name: String, _ visit: Visit) async {
        let devices = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListMFADevices.self, .init { $0.userName = name })
        }
        add(devices) { device in
            Step(what: "MFA device \(device.serialNumber)") { (visit) throws(ServiceError) in
                try await MFADevicePages.remove(device.serialNumber, of: name, visit)
            }
        }
    }

    private mutating func addPermissions(_ name: String, _ visit: Visit) async {
        let holder = PolicyHolder(.users, name)
        let attached = await visit.find { () throws(ServiceError) in try await holder.attached(visit) }
        add(attached) { policy in
            Step(what: "Attachment of the policy \(policy.policyName ?? "")") { (visit) throws(ServiceError) in
                try await holder.detach(policy.policyArn ?? "", visit)
            }
        }
        let inline = await visit.find { () throws(ServiceError) in try await holder.inlineNames(visit) }
        add(inline) { policy in
            Step(what: "Inline policy \(policy)") { (visit) throws(ServiceError) in
                try await holder.deleteInline(policy, visit)
            }
        }
        let groups = await visit.find { () throws(ServiceError) in
            try await visit.all(IAM.ListGroupsForUser.self, .init { $0.userName = name })
        }
        add(groups) { group in
            Step(what: "Membership of the group \(group.groupName)") { (visit) throws(ServiceError) in
                let input = IAM.RemoveUserFromGroup.Input {
                    $0.userName = name
                    $0.groupName = group.groupName
                }
                _ = try await visit.call(IAM.RemoveUserFromGroup.self, input)
            }
        }
    }
}
