import Directory
import Ledger
import Platform
import Wire

// What audits look at of IAM besides users, groups, roles and policies.

extension ConfiguredResourceType {
    static let auditedByIAM: [ConfiguredResourceType] = [
        credentials, passwordPolicy, auditedServerCertificate, iamQuotaUse,
    ]

    /// The root user's credentials, and each user's. The root user is told by the account's number.
    private static let credentials = ConfiguredResourceType(
        AuditedType.credentials, isGlobal: true, kinds: [], concerned: { (_, _) throws(ServiceError) in [] },
        list: { (account, region, after, limit, records) throws(ServiceError) in
            guard region.isEmpty else { return ([], nil) }
            let ids = try records.of(Scope(account: account)).listIDs(User.self, after: after, limit: limit)
            let root = after == nil ? [account] : []
            return (
                (root + ids).map { ConfiguredResource(AuditedType.credentials, $0, account: account, region: "") },
                ids.count == limit ? ids.last : nil
            )
        },
        item: { (resource, state) throws(ServiceError) in
            let scope = Scope(account: resource.account)
            if resource.record == resource.account {
                let created = state.environment.directory.account(resource.account)?.createDate
                return try credentials(
                    of: resource.account, named: "root", arn: "arn:aws:iam::\(resource.account):root", created, state,
                    resource.account)
            }
            guard let user = try state.get(User.self, resource.record, in: scope) else { return nil }
            return try credentials(
                of: user.uniqueID, named: user.name, arn: user.arn, user.createDate, state, resource.account)
        })

    private static func credentials(
        of owner: String, named name: String, arn: String, _ created: Double?, _ state: RecordedState,
        _ account: String
    ) throws(ServiceError) -> ConfigurationItem {
        let scope = Scope(account: account)
        let usage = state.environment.usage.usage(of: owner)
        let password = try state.get(LoginProfile.self, owner, in: scope)
        let keys = try state.referrers(AccessKey.self, Relation.owner, to: owner, in: scope)
            .sorted { ($0.createDate, $0.id) < ($1.createDate, $1.id) }
        let devices = try state.referrers(MFADevice.self, Relation.owner, to: owner, in: scope)
        let certificates = try state.referrers(SigningCertificate.self, Relation.owner, to: owner, in: scope)
        return ConfigurationItem(
            AuditedType.credentials, id: owner, name: name, arn: arn, account: account, region: "", created: created,
            configuration: .members([
                "isRoot": .boolean(owner == account), "hasPassword": .boolean(password != nil),
                "passwordChanged": password.map { .double($0.passwordDate) },
                "passwordUsed": usage?.password.map { .double(Double($0) / 1000) },
                "created": created.map { .double($0) },
                "devices": .array(
                    devices.map { device in
                        .members([
                            "serialNumber": .string(device.serialNumber),
                            "isVirtual": .boolean(device.passkey == nil),
                        ])
                    }),
                "keys": .array(
                    keys.map { key in
                        let use = usage?.keys[key.id]
                        return .members([
                            "id": .string(key.id), "isActive": .boolean(key.isActive),
                            "created": .double(key.createDate), "used": use.map { .double(Double($0.time) / 1000) },
                            "usedFor": .perhaps(use?.service),
                        ])
                    }),
                "certificates": .array(
                    certificates.map { certificate in
                        .members([
                            "id": .string(certificate.id), "isActive": .boolean(certificate.isActive),
                            "uploaded": .double(certificate.uploadDate),
                        ])
                    }),
            ]))
    }

    private static let passwordPolicy = audited(
        AuditedType.passwordPolicy, isGlobal: true
    ) { (resource, state) throws(ServiceError) in
        let kept = try state.get(
            AccountPasswordPolicy.self, AccountPasswordPolicy.id, in: Scope(account: resource.account))
        let policy = kept ?? AccountPasswordPolicy()
        return ConfigurationItem(
            AuditedType.passwordPolicy, id: resource.account, arn: nil, account: resource.account, region: "",
            configuration: .members([
                "isSet": .boolean(kept != nil), "minimumLength": .integer(policy.minimumLength),
                "requiresSymbols": .boolean(policy.requiresSymbols),
                "requiresNumbers": .boolean(policy.requiresNumbers),
                "requiresUppercase": .boolean(policy.requiresUppercaseCharacters),
                "requiresLowercase": .boolean(policy.requiresLowercaseCharacters),
                "allowsChange": .boolean(policy.allowsUsersToChangePassword),
                "maxAge": policy.maxAge.map { .integer($0) },
                "reusePrevention": policy.reusePrevention.map { .integer($0) },
            ]))
    }

    private static let auditedServerCertificate = audited(
        AuditedType.serverCertificate, of: ServerCertificate.self, isGlobal: true
    ) { (certificate, _, _) throws(ServiceError) in
        ConfigurationItem(
            AuditedType.serverCertificate, id: certificate.uniqueID, name: certificate.name, arn: certificate.arn,
            account: certificate.accountID, region: "", created: certificate.uploadDate, tags: certificate.tags,
            configuration: .members(["expiration": .double(certificate.expiration)]))
    }

    private static let iamQuotaUse = quotaUse("IAM", isGlobal: true) { (scope, state) throws(ServiceError) in
        [
            QuotaUse("Users", .users, try state.count(User.self, in: scope)),
            QuotaUse("Groups", .groups, try state.count(Group.self, in: scope)),
            QuotaUse("Roles", .roles, try state.count(Role.self, in: scope)),
            QuotaUse("Policies", .policies, try state.count(ManagedPolicy.self, in: scope)),
            QuotaUse("Instance profiles", .instanceProfiles, try state.count(InstanceProfile.self, in: scope)),
            QuotaUse("Server certificates", .serverCertificates, try state.count(ServerCertificate.self, in: scope)),
            QuotaUse(
                "OpenID Connect providers", .openIDConnectProviders,
                try state.count(OpenIDConnectProvider.self, in: scope)),
            QuotaUse("SAML providers", .samlProviders, try state.count(SAMLProvider.self, in: scope)),
        ]
    }
}
