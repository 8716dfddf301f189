import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Certificates, as DescribeCertificate answers them; without what time alone changes.
    static let certificate = ConfiguredResourceType(
        "AWS::ACM::Certificate", of: ManagedCertificate.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "acm", name.resource.hasPrefix("certificate/") else {
                return nil
            }
            return ConfiguredResource(
                "AWS::ACM::Certificate", name.lastPart, account: name.account, region: name.region)
        },
        item: { (certificate, _) throws(ServiceError) in
            let content = certificate.content
            let isImported = certificate.type == .imported
            let updated: JSONValue = .time(certificate.updated)
            return ConfigurationItem(
                "AWS::ACM::Certificate", id: certificate.arn, name: certificate.domainName, arn: certificate.arn,
                account: certificate.accountID, region: certificate.region, availabilityZone: "Regional",
                created: certificate.created, tags: certificate.tags,
                configuration: .members([
                    "certificateArn": .string(certificate.arn), "domainName": .string(certificate.domainName),
                    "subjectAlternativeNames": .array(certificate.names.map { .string($0) }),
                    "domainValidationOptions": certificate.validations.map { all in
                        .array(
                            all.map {
                                .members([
                                    "domainName": .string($0.domainName),
                                    "validationDomain": .perhaps($0.validationDomain),
                                    "validationMethod": .string($0.method.rawValue),
                                    "validationStatus": .string($0.status.rawValue),
                                ])
                            })
                    }, "serial": .perhaps(content?.serial), "subject": .perhaps(content?.subject),
                    "issuer": .perhaps(content?.issuer), "createdAt": .time(certificate.created),
                    "issuedAt": content == nil || isImported ? nil : updated, "importedAt": isImported ? updated : nil,
                    "status": .string(certificate.status.rawValue),
                    "notBefore": content.map { .time($0.notBefore) }, "notAfter": content.map { .time($0.notAfter) },
                    "keyAlgorithm": .string(
                        certificate.keyAlgorithm.replacing("_", with: "-", maxReplacements: 1)),
                    "signatureAlgorithm": .perhaps(content?.signatureAlgorithm),
                    "failureReason": .perhaps(certificate.failureReason), "type": .string(certificate.type.rawValue),
                    "renewalSummary": certificate.renewal.map {
                        .members(["renewalStatus": .string($0.status.rawValue)])
                    },
                    "certificateAuthorityArn": .perhaps(certificate.authority),
                    "options": .members([
                        "certificateTransparencyLoggingPreference": .string(
                            certificate.options?.isTransparent == true ? "ENABLED" : "DISABLED")
                    ]),
                ]))
        })
}
