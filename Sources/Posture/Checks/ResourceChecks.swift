import Platform
import Remedies
import Wire

extension PostureCheck {
    static let ofResources: [PostureCheck] = [
        keyRotationKMS, keyDeletion, publicKeys, publicTopics, publicQueues, topicEncryption, queueEncryption,
        certificateExpiry, weakCertificates, logRetention, logEncryption, poolFactor, detectors,
    ]

    // MARK: KMS

    private static func supplementary(_ name: String, _ item: ConfigurationItem) -> JSONValue? {
        item.supplementaryConfiguration.first { $0.key == name }?.value
    }

    private static let keyRotationKMS = PostureCheck(
        "kms-rotation", "Symmetric customer managed keys are rotated", .low, cis: ["3.6"], nist: ["SC-12", "SC-12(2)"],
        iso: ["A.8.24"], pci: ["3.7.4"], page: "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
        reason: "It bounds how much one key material has encrypted.",
        .each("AWS::KMS::Key") { (item, _) throws(ServiceError) in
            let key = item.configuration
            guard key["keySpec"]?.text == "SYMMETRIC_DEFAULT", key["origin"]?.text == "AWS_KMS" else {
                return .notApplicable("Such keys can't be rotated automatically.")
            }
            guard key["keyState"]?.text == "Enabled" else { return .notApplicable("The key is not enabled.") }
            return supplementary("KeyRotationStatus", item)?.isTrue == true
                ? .pass("The key is rotated.", [.init("automatic rotation", "on")])
                : .fail(
                    "The key is not rotated.", [.init("automatic rotation", "off")],
                    mend: [aws("kms", "enable-key-rotation", "--key-id", item.resourceID, region: item.region)])
        })

    private static let keyDeletion = PostureCheck(
        "kms-deletion", "No key is about to be deleted", .high, nist: ["SC-12", "CP-9"], iso: ["A.8.24"],
        pci: ["3.7.5"],
        page: "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
        reason: "What it has encrypted is lost with it, and nothing brings it back.",
        .each("AWS::KMS::Key") { (item, _) throws(ServiceError) in
            let state = item.configuration["keyState"]?.text ?? ""
            let facts = [
                PostureVerdict.Fact("state", state),
                .init("deletion", item.configuration["deletionDate"]?.text ?? "not scheduled"),
            ]
            guard state.hasPrefix("Pending"), state != "PendingImport" else { return .pass("It is not.", facts) }
            return .fail(
                "The key is scheduled for deletion.", facts,
                mend: [
                    aws("kms", "cancel-key-deletion", "--key-id", item.resourceID, region: item.region),
                    aws("kms", "enable-key", "--key-id", item.resourceID, region: item.region),
                ])
        })

    /// A check of the resource-based policy of a type.
    private static func policy(
        _ type: String, _ text: @escaping @Sendable (ConfigurationItem) -> String?,
        mend: @escaping @Sendable (ConfigurationItem) -> [String]
    ) -> Evaluation {
        .each(type) { (item, _) throws(ServiceError) in
            guard let found = PublicPolicy.statements(text(item)) else {
                return .pass("The policy lets in nobody whom it does not name.")
            }
            return .fail("The policy lets in everybody.", PublicPolicy.proof(found), mend: mend(item))
        }
    }

    private static let publicPage =
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous"

    /// A policy that lets in the account alone.
    private static func ownPolicy(_ item: ConfigurationItem, _ action: String) -> String {
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::"# + item.accountID
            + #":root"},"Action":""# + action + #"","Resource":""# + (action == "kms:*" ? "*" : item.arn ?? "*")
            + #""}]}"#
    }

    private static func replaced(_ item: ConfigurationItem, _ action: String) -> [String] {
        (Commands.putResourcePolicy(of: item.arn ?? "", ownPolicy(item, action)) ?? []).map {
            "\($0) --region \(item.region)"
        }
    }

    private static let publicKeys = PostureCheck(
        "kms-public", "No key's policy lets in everybody", .critical, nist: ["AC-3", "SC-12"],
        iso: ["A.5.15", "A.8.24"],
        pci: ["3.6.1", "7.3.1"], page: publicPage, reason: "Everybody can decrypt with it.",
        policy("AWS::KMS::Key", { supplementary("KeyPolicy", $0)?.text }, mend: { replaced($0, "kms:*") }))

    private static let publicTopics = PostureCheck(
        "sns-public", "No topic's policy lets in everybody", .high, nist: ["AC-3", "AC-21"], iso: ["A.5.15"],
        pci: ["7.3.1"],
        page: publicPage, reason: "Everybody can publish to it, or read along.",
        policy("AWS::SNS::Topic", { supplementary("Policy", $0)?.text }, mend: { replaced($0, "SNS:Publish") }))

    private static let publicQueues = PostureCheck(
        "sqs-public", "No queue's policy lets in everybody", .high, nist: ["AC-3", "AC-21"], iso: ["A.5.15"],
        pci: ["7.3.1"],
        page: publicPage, reason: "Everybody can take messages from it, or put some there.",
        policy("AWS::SQS::Queue", { supplementary("Policy", $0)?.text }, mend: { replaced($0, "sqs:*") }))

    // MARK: Messages

    private static let topicEncryption = PostureCheck(
        "sns-encryption", "Topics are encrypted with a KMS key", .low, nist: ["SC-28"], iso: ["A.8.24"], pci: ["3.5.1"],
        page: "https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html",
        reason: "Messages that wait for delivery lie on a disk.",
        .each("AWS::SNS::Topic") { (item, view) throws(ServiceError) in
            PostureVerdict(
                try ManagedRule.verdict("SNS_ENCRYPTED_KMS", item, view), good: "The topic is encrypted.",
                [.init("key", item.configuration["KmsMasterKeyId"]?.text ?? "none")],
                mend: [
                    aws(
                        "sns", "set-topic-attributes", "--topic-arn", item.arn ?? "", "--attribute-name",
                        "KmsMasterKeyId", "--attribute-value", "alias/aws/sns", region: item.region)
                ])
        })

    private static let queueEncryption = PostureCheck(
        "sqs-encryption", "Queues are encrypted", .low, nist: ["SC-28"], iso: ["A.8.24"], pci: ["3.5.1"],
        page:
            "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html",
        reason: "Messages lie there until somebody takes them.",
        .each("AWS::SQS::Queue") { (item, _) throws(ServiceError) in
            let key = item.configuration["KmsMasterKeyId"]?.text ?? ""
            let own = item.configuration["SqsManagedSseEnabled"]?.text ?? ""
            let facts = [
                PostureVerdict.Fact("KmsMasterKeyId", key.isEmpty ? "none" : key),
                .init("SqsManagedSseEnabled", own.isEmpty ? "false" : own),
            ]
            return !key.isEmpty || own == "true"
                ? .pass("The queue is encrypted.", facts)
                : .fail(
                    "The queue is not encrypted.", facts,
                    mend: [
                        aws(
                            "sqs", "set-queue-attributes", "--queue-url", item.resourceID, "--attributes",
                            "SqsManagedSseEnabled=true", region: item.region)
                    ])
        })

    // MARK: Certificates

    private static let certificatePage = "https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html"

    private static let certificateExpiry = PostureCheck(
        "acm-expiry", "Certificates are valid for 14 days more", .medium, nist: ["SC-12", "SC-17"], iso: ["A.8.24"],
        pci: ["4.2.1.1"], page: certificatePage, reason: "On the last day everything stands still.",
        .each("AWS::ACM::Certificate") { (item, view) throws(ServiceError) in
            guard item.configuration["status"]?.text == "ISSUED" || item.configuration["status"]?.text == "EXPIRED"
            else {
                return .notApplicable("The certificate has not been issued.")
            }
            let isImported = item.configuration["type"]?.text == "IMPORTED"
            return PostureVerdict(
                try ManagedRule.verdict("ACM_CERTIFICATE_EXPIRATION_CHECK", item, view),
                good: "The certificate is valid.",
                [
                    .init("expires", item.configuration["notAfter"]?.text ?? ""),
                    .init("type", item.configuration["type"]?.text ?? ""),
                ],
                mend: [
                    isImported
                        ? aws(
                            "acm", "import-certificate", "--certificate-arn", item.arn ?? "", "--certificate",
                            "fileb://certificate.pem", "--private-key", "fileb://key.pem", region: item.region)
                        : aws("acm", "renew-certificate", "--certificate-arn", item.arn ?? "", region: item.region)
                ])
        })

    private static let weakCertificates = PostureCheck(
        "acm-key-size", "RSA keys of certificates have 2048 bits at least", .medium, nist: ["SC-12", "SC-13"],
        iso: ["A.8.24"],
        pci: ["4.2.1"], page: certificatePage, reason: "Shorter ones can be computed.",
        .each("AWS::ACM::Certificate") { (item, view) throws(ServiceError) in
            PostureVerdict(
                try ManagedRule.verdict("ACM_CERTIFICATE_RSA_CHECK", item, view), good: "The key is long enough.",
                [.init("key", item.configuration["keyAlgorithm"]?.text ?? "")],
                mend: [
                    aws(
                        "acm", "request-certificate", "--domain-name", item.resourceName ?? "", "--key-algorithm",
                        "EC_prime256v1", region: item.region)
                ])
        })

    // MARK: Logs

    private static let logPage =
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"

    private static let logRetention = PostureCheck(
        "logs-retention", "Log groups keep events for a year at least", .low, nist: ["AU-11"], iso: ["A.8.15"],
        pci: ["10.5.1"],
        page: logPage, reason: "Attacks are found months later.",
        .each(AuditedType.logGroup) { (item, _) throws(ServiceError) in
            let days = item.configuration["retentionInDays"]?.number
            let facts = [PostureVerdict.Fact("retention", days.map { "\($0) days" } ?? "for ever")]
            return days.map { $0 >= 365 } ?? true
                ? .pass("Events are kept long enough.", facts)
                : .fail(
                    "Events are kept for \(days ?? 0) days.", facts,
                    mend: [
                        aws(
                            "logs", "put-retention-policy", "--log-group-name", item.resourceID, "--retention-in-days",
                            "365", region: item.region)
                    ])
        })

    private static let logEncryption = PostureCheck(
        "logs-encryption", "Log groups are encrypted with a KMS key", .low, nist: ["AU-9", "SC-28"], iso: ["A.8.24"],
        pci: ["10.3.2"], page: logPage, reason: "Then whoever may read the group needs the key as well.",
        .each(AuditedType.logGroup) { (item, _) throws(ServiceError) in
            if let key = item.configuration["kmsKeyId"]?.text {
                return .pass("A key encrypts it.", [.init("key", key)])
            }
            return .fail(
                "No key of the account's encrypts it.", [.init("key", "none")],
                mend: [
                    aws(
                        "logs", "associate-kms-key", "--log-group-name", item.resourceID, "--kms-key-id", "KEY-ARN",
                        region: item.region)
                ])
        })

    // MARK: Cognito, GuardDuty

    private static let poolFactor = PostureCheck(
        "cognito-mfa", "User pools offer a second factor", .medium, nist: ["IA-2(1)"], iso: ["A.8.5"], pci: ["8.4.2"],
        page: "https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-mfa.html",
        reason: "Passwords of customers are on every list.",
        .each("AWS::Cognito::UserPool") { (item, _) throws(ServiceError) in
            let factors = item.configuration["MfaConfiguration"]?.text ?? "OFF"
            let facts = [PostureVerdict.Fact("MfaConfiguration", factors)]
            return factors != "OFF"
                ? .pass("There is a second factor.", facts)
                : .fail(
                    "There is no second factor.", facts,
                    mend: [
                        aws(
                            "cognito-idp", "set-user-pool-mfa-config", "--user-pool-id", item.resourceID,
                            "--mfa-configuration", "OPTIONAL", "--software-token-mfa-configuration", "Enabled=true",
                            region: item.region)
                    ])
        })

    private static let detectorType = "AWS::GuardDuty::Detector"

    private static let detectors = PostureCheck(
        "guardduty", "GuardDuty watches", .medium, nist: ["SI-4", "CA-7"], iso: ["A.8.16", "A.5.7"], pci: ["11.5.1"],
        page: "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_settingup.html",
        reason: "Attacks are to be found while they happen.",
        .region { (view) throws(ServiceError) in
            guard view.source.knows(detectorType) else { return [] }
            let found = try view.items(detectorType)
            let mend = [aws("guardduty", "create-detector", "--enable", region: view.region)]
            if let detector = found.first(where: { $0.configuration["Enable"]?.isTrue != true }) {
                return [
                    detector.subject(
                        .fail(
                            "The detector is suspended.", [.init("Enable", "false")],
                            mend: [
                                aws(
                                    "guardduty", "update-detector", "--detector-id", detector.resourceID, "--enable",
                                    region: view.region)
                            ]))
                ]
            }
            return [
                .account(
                    view.account,
                    found.isEmpty
                        ? .fail("There is no detector.", [.init("detectors", "none")], mend: mend)
                        : .pass("There is a detector.", found.map { .init("detector", $0.resourceID) }))
            ]
        })
}
