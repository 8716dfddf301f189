import Directory
import Ledger
import Platform
import Wire

// How instance profiles, identity providers and server certificates look to AWS Config: by the properties of CloudFormation, and
// without what is secret.
// <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    static let iamOthers: [ConfiguredResourceType] = [
        instanceProfile, samlProvider, openIDProvider, serverCertificate,
    ]

    private static let nowhere = "Not Applicable"

    private static func named(
        _ kind: String, _ start: String, _ id: @escaping @Sendable (ARN) -> String
    ) -> @Sendable (String, Environment) -> ConfiguredResource? {
        { arn, _ in
            guard let name = ARN(parsing: arn), name.service == "iam", name.resource.hasPrefix(start) else {
                return nil
            }
            return ConfiguredResource(kind, id(name), account: name.account, region: "")
        }
    }

    private static func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    private static let instanceProfile = ConfiguredResourceType(
        InstanceProfile.kind, of: InstanceProfile.self, isGlobal: true,
        named: named(InstanceProfile.kind, "instance-profile/") { InstanceProfile.id(ofName: $0.lastPart) }
    ) { (profile, state) throws(ServiceError) in
        let role = try profile.roleID.flatMap { (id) throws(ServiceError) in
            try state.get(Role.self, id, in: Scope(account: profile.accountID))
        }
        return ConfigurationItem(
            InstanceProfile.kind, id: profile.name, name: profile.name, arn: profile.arn, account: profile.accountID,
            region: "", availabilityZone: nowhere, created: profile.createDate, tags: profile.tags,
            relationships: role.map { [.init("Is associated with Role", Role.kind, id: $0.uniqueID, named: $0.name)] }
                ?? [],
            configuration: .members([
                "InstanceProfileName": .string(profile.name), "Path": .string(profile.path),
                "Arn": .string(profile.arn), "Roles": list(role.map { [$0.name] } ?? []),
            ]))
    }

    private static let samlProvider = ConfiguredResourceType(
        SAMLProvider.kind, of: SAMLProvider.self, isGlobal: true,
        named: named(SAMLProvider.kind, "saml-provider/") { $0.lastPart }
    ) { (provider, _) throws(ServiceError) in
        ConfigurationItem(
            SAMLProvider.kind, id: provider.arn, name: provider.name, arn: provider.arn, account: provider.accountID,
            region: "", availabilityZone: nowhere, created: provider.createDate, tags: provider.tags,
            configuration: .members([
                "Arn": .string(provider.arn), "Name": .string(provider.name),
                "SamlMetadataDocument": .string(provider.metadata),
                "AssertionEncryptionMode": provider.encryptionMode.map { .string($0.rawValue) },
            ]))
    }

    private static let openIDProvider = ConfiguredResourceType(
        OpenIDConnectProvider.kind, of: OpenIDConnectProvider.self, isGlobal: true,
        named: named(OpenIDConnectProvider.kind, "oidc-provider/") {
            String($0.resource.dropFirst("oidc-provider/".count))
        }
    ) { (provider, _) throws(ServiceError) in
        ConfigurationItem(
            OpenIDConnectProvider.kind, id: provider.arn, name: nil, arn: provider.arn, account: provider.accountID,
            region: "", availabilityZone: nowhere, created: provider.createDate, tags: provider.tags,
            configuration: .members([
                "Arn": .string(provider.arn), "Url": .string(provider.url), "ClientIdList": list(provider.clientIDs),
                "ThumbprintList": list(provider.thumbprints),
            ]))
    }

    private static let serverCertificate = ConfiguredResourceType(
        ServerCertificate.kind, of: ServerCertificate.self, isGlobal: true,
        named: named(ServerCertificate.kind, "server-certificate/") { ServerCertificate.id(ofName: $0.lastPart) }
    ) { (certificate, _) throws(ServiceError) in
        ConfigurationItem(
            ServerCertificate.kind, id: certificate.name, name: certificate.name, arn: certificate.arn,
            account: certificate.accountID, region: "", availabilityZone: nowhere, created: certificate.uploadDate,
            tags: certificate.tags,
            configuration: .members([
                "ServerCertificateName": .string(certificate.name), "Path": .string(certificate.path),
                "Arn": .string(certificate.arn), "CertificateBody": .string(certificate.body),
                "CertificateChain": .perhaps(certificate.chain),
            ]))
    }
}
