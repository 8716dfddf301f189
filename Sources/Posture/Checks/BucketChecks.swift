import Platform
import Remedies
import Wire

extension PostureCheck {
    static let ofBuckets: [PostureCheck] = [
        accountBlock, bucketBlock, publicRead, publicWrite, secureTransport, bucketLists, factorDelete, versioning,
        accessLogs,
    ]

    private static let blockPage =
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
    private static let allOn =
        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true"
    private static let bucketType = "AWS::S3::Bucket"

    /// A part of a bucket's item, which may be a text in its turn.
    private static func part(_ name: String, _ item: ConfigurationItem) -> JSONValue? {
        let value = item.supplementaryConfiguration.first { $0.key == name }?.value
        guard case .string(let text)? = value, text.hasPrefix("{") else { return value }
        return try? JSONValue(parsing: Array(text.utf8))
    }

    private static func blocks(_ block: JSONValue?) -> [PostureVerdict.Fact] {
        S3Rules.blocks.map { .init($0.0, block?[$0.1]?.isTrue == true ? "on" : "off") }
    }

    private static func isWhole(_ block: JSONValue?) -> Bool {
        S3Rules.blocks.allSatisfy { block?[$0.1]?.isTrue == true }
    }

    /// A check of one managed rule, with the facts that it went by.
    private static func bucket(
        _ rule: String, good: String, facts: @escaping @Sendable (ConfigurationItem) -> [PostureVerdict.Fact],
        mend: @escaping @Sendable (_ bucket: String, ConfigurationItem) -> [String]
    ) -> Evaluation {
        .each(bucketType) { (item, view) throws(ServiceError) in
            PostureVerdict(
                try ManagedRule.verdict(rule, item, view), good: good, facts(item), mend: mend(item.resourceID, item))
        }
    }

    // MARK: Public access

    private static let accountBlock = PostureCheck(
        "s3-account-block", "Public access to all of the account's buckets is blocked", .high, cis: ["2.1.4"],
        nist: ["AC-3", "AC-21", "SC-7"], iso: ["A.5.15", "A.8.12"], pci: ["1.4.4", "7.3.1"], page: blockPage,
        reason: "With it on, no policy and no list can make a bucket public by mistake.",
        .account { (view) throws(ServiceError) in
            let block = try view.accountBlock()
            let facts = blocks(block)
            return [
                .account(
                    view.account,
                    isWhole(block)
                        ? .pass("All four settings are on.", facts)
                        : .fail(
                            block == nil ? "Nothing is blocked for the account." : "Not all four settings are on.",
                            facts,
                            mend: [
                                aws(
                                    "s3control", "put-public-access-block", "--account-id", view.account,
                                    "--public-access-block-configuration", allOn)
                            ]))
            ]
        })

    private static let bucketBlock = PostureCheck(
        "s3-bucket-block", "Public access to the bucket is blocked", .medium, cis: ["2.1.4"],
        nist: ["AC-3", "AC-21", "SC-7"], iso: ["A.5.15"], pci: ["1.4.4", "7.3.1"], page: blockPage,
        reason: "A bucket that is not meant to be public should not be able to become it.",
        .each(bucketType) { (item, view) throws(ServiceError) in
            let block = part("PublicAccessBlockConfiguration", item)
            if isWhole(try view.accountBlock()) {
                return .pass("All four settings are on for the account.", [.init("account", "all on")])
            }
            return isWhole(block)
                ? .pass("All four settings are on.", blocks(block))
                : .fail(
                    "Not all four settings are on, neither for the bucket nor for the account.", blocks(block),
                    mend: [
                        aws(
                            "s3api", "put-public-access-block", "--bucket", item.resourceID,
                            "--public-access-block-configuration", allOn)
                    ])
        })

    /// What lets in everybody: grants of the list, and statements of the policy.
    private static func publicFacts(_ item: ConfigurationItem) -> [PostureVerdict.Fact] {
        let grants = (part("AccessControlList", item)?["grantList"]?.elements ?? []).filter {
            ["AllUsers", "AuthenticatedUsers"].contains($0["grantee"]?.text ?? "")
        }
        let statements = PublicPolicy.statements(part("BucketPolicy", item)?["policyText"]?.text) ?? []
        return blocks(part("PublicAccessBlockConfiguration", item))
            + grants.map { .init("grant", "\($0["permission"]?.text ?? "") to \($0["grantee"]?.text ?? "")") }
            + PublicPolicy.proof(statements)
    }

    private static func shut(_ bucket: String) -> [String] {
        [
            aws(
                "s3api", "put-public-access-block", "--bucket", bucket, "--public-access-block-configuration", allOn)
        ]
    }

    private static let publicRead = PostureCheck(
        "s3-public-read", "Nobody outside can read the bucket", .critical, cis: ["2.1.4"], nist: ["AC-3", "AC-21"],
        iso: ["A.5.15", "A.8.12"], pci: ["1.4.4", "3.5.1", "7.3.1"], trustedAdvisor: "Pfx0RwqBli", page: blockPage,
        reason: "Everybody on the Internet can have what is in it.",
        bucket("S3_BUCKET_PUBLIC_READ_PROHIBITED", good: "The public can't read it.", facts: publicFacts) { name, _ in
            shut(name)
        })

    private static let publicWrite = PostureCheck(
        "s3-public-write", "Nobody outside can write to the bucket", .critical, cis: ["2.1.4"],
        nist: ["AC-3", "AC-21"],
        iso: ["A.5.15", "A.8.12"], pci: ["1.4.4", "7.3.1"], trustedAdvisor: "Pfx0RwqBli", page: blockPage,
        reason: "Everybody on the Internet can replace what is in it, and have it kept at your expense.",
        bucket("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", good: "The public can't write to it.", facts: publicFacts) {
            name, _ in shut(name)
        })

    // MARK: Policies and lists

    private static let secureTransport = PostureCheck(
        "s3-secure-transport", "The bucket refuses requests without TLS", .medium, cis: ["2.1.1"],
        nist: ["SC-8", "SC-8(1)", "SC-23"], iso: ["A.8.24"], pci: ["4.2.1"],
        page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
        reason: "What goes over plain HTTP can be read and changed on the way.",
        bucket(
            "S3_BUCKET_SSL_REQUESTS_ONLY", good: "The policy denies requests without TLS.",
            facts: { item in
                let text = part("BucketPolicy", item)?["policyText"]?.text
                return [.init("bucket policy", text ?? "none")]
            },
            mend: { bucket, item in [transportCommand(bucket, part("BucketPolicy", item)?["policyText"]?.text)] }))

    /// The policy that there is, with a statement more.
    private static func transportCommand(_ bucket: String, _ policy: String?) -> String {
        let arn = "arn:aws:s3:::\(bucket)"
        let denial: JSONValue = .members([
            "Sid": .string("DenyPlainHTTP"), "Effect": .string("Deny"), "Principal": .string("*"),
            "Action": .string("s3:*"), "Resource": .array([.string(arn), .string("\(arn)/*")]),
            "Condition": .members(["Bool": .members(["aws:SecureTransport": .string("false")])]),
        ])
        var statements: [JSONValue] = []
        var members = [JSONMember(key: "Version", value: .string("2012-10-17"))]
        if let policy, case .object(let kept)? = try? JSONValue(parsing: Array(policy.utf8)) {
            members = kept.filter { $0.key != "Statement" }
            let list = kept.first { $0.key == "Statement" }?.value
            statements = list.map { $0.elements.isEmpty ? [$0] : $0.elements } ?? []
        }
        members.append(JSONMember(key: "Statement", value: .array(statements + [denial])))
        let document = JSONValue.object(members).jsonText
        return Commands.putResourcePolicy(of: arn, document)?.first ?? ""
    }

    private static let bucketLists = PostureCheck(
        "s3-access-lists", "Access control lists give others nothing", .low, nist: ["AC-3", "AC-6"], iso: ["A.5.15"],
        pci: ["7.3.1"], page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html",
        reason: "Lists say less than policies, are seen by nobody, and are asked all the same.",
        bucket(
            "S3_BUCKET_ACL_PROHIBITED", good: "The list gives others nothing.",
            facts: { item in
                let list = part("AccessControlList", item)
                let owner = list?["owner"]?["id"]
                let others = (list?["grantList"]?.elements ?? []).filter {
                    $0["grantee"]?["id"] != owner || owner == nil
                }
                return others.map { grant in
                    let grantee = grant["grantee"]?.text ?? grant["grantee"]?["id"]?.text ?? ""
                    return .init("grant", "\(grant["permission"]?.text ?? "") to \(grantee)")
                }
            },
            mend: { bucket, _ in
                [
                    aws("s3api", "put-bucket-acl", "--bucket", bucket, "--acl", "private"),
                    aws(
                        "s3api", "put-bucket-ownership-controls", "--bucket", bucket, "--ownership-controls",
                        "Rules=[{ObjectOwnership=BucketOwnerEnforced}]"),
                ]
            }))

    // MARK: Settings

    private static func versioningFacts(_ item: ConfigurationItem) -> [PostureVerdict.Fact] {
        let versioning = part("BucketVersioningConfiguration", item)
        return [
            .init("versioning", versioning?["status"]?.text ?? "Off"),
            .init("MFA delete", versioning?["isMfaDeleteEnabled"]?.isTrue == true ? "on" : "off"),
        ]
    }

    private static let factorDelete = PostureCheck(
        "s3-mfa-delete", "Versions of objects can be deleted with MFA alone", .low, cis: ["2.1.2"],
        nist: ["CP-9", "SC-28"], iso: ["A.8.13"], pci: ["10.3.4"],
        page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html",
        reason: "A key that gets out is then not enough to destroy what is kept.",
        .each(bucketType) { (item, view) throws(ServiceError) in
            let verdict = try ManagedRule.verdict(
                "S3_BUCKET_VERSIONING_ENABLED", item, view, ["isMfaDeleteEnabled": "true"])
            return PostureVerdict(
                verdict, good: "Deleting versions needs MFA.", versioningFacts(item),
                mend: [
                    "# as the root user: "
                        + aws(
                            "s3api", "put-bucket-versioning", "--bucket", item.resourceID, "--versioning-configuration",
                            "Status=Enabled,MFADelete=Enabled") + " --mfa \"SERIAL CODE\""
                ])
        })

    private static let versioning = PostureCheck(
        "s3-versioning", "The bucket keeps versions", .low, nist: ["CP-9", "SI-12"], iso: ["A.8.13"], pci: ["10.3.3"],
        trustedAdvisor: "R365s2Qddf", page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
        reason: "What is overwritten or deleted is gone otherwise.",
        bucket("S3_BUCKET_VERSIONING_ENABLED", good: "Versioning is on.", facts: versioningFacts) { name, _ in
            [
                aws(
                    "s3api", "put-bucket-versioning", "--bucket", name, "--versioning-configuration", "Status=Enabled")
            ]
        })

    private static let accessLogs = PostureCheck(
        "s3-access-logs", "Access to the bucket is logged", .low, nist: ["AU-2", "AU-3", "AU-12"], iso: ["A.8.15"],
        pci: ["10.2.1"], trustedAdvisor: "BueAdJ7NrP",
        page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html",
        reason: "Who read what is asked afterwards.",
        bucket(
            "S3_BUCKET_LOGGING_ENABLED", good: "Access is logged.",
            facts: { item in
                let target = part("BucketLoggingConfiguration", item)?["destinationBucketName"]?.text
                return [.init("logs go to", target ?? "nowhere")]
            },
            mend: { bucket, _ in
                [
                    "aws s3api put-bucket-logging --bucket \(Commands.quoted(bucket)) --bucket-logging-status "
                        + "'{\"LoggingEnabled\":{\"TargetBucket\":\"LOG-BUCKET\",\"TargetPrefix\":\"\(bucket)/\"}}'"
                ]
            }))
}
