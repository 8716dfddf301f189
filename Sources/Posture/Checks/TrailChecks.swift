import Platform
import Wire

extension PostureCheck {
    static let ofTrails: [PostureCheck] = [
        trailEverywhere, trailValidation, trailEncryption, trailLogGroup, trailBucketLogs, trailBucketPublic,
        objectWrites, objectReads, configRecorder, analyzer,
    ]

    private static let trailPage =
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html"

    /// All trails that take the account's events.
    static func trails(_ view: PostureView) throws(ServiceError) -> [JSONValue] {
        try view.global(AuditedType.trailSelection).first?.configuration["trails"]?.elements ?? []
    }

    /// A check of each trail that the account itself has.
    private static func eachTrail(
        _ judge: @escaping @Sendable (JSONValue, _ arn: String, _ region: String) -> PostureVerdict
    ) -> Evaluation {
        .account { (view) throws(ServiceError) in
            try trails(view).filter { $0["account"]?.text == view.account }.map { trail in
                let arn = trail["arn"]?.text ?? ""
                let region = trail["homeRegion"]?.text ?? ""
                return PostureSubject(
                    arn, "AWS::CloudTrail::Trail", named: trail["name"]?.text ?? "", region: region,
                    judge(trail, arn, region))
            }
        }
    }

    private static func facts(_ trail: JSONValue) -> [PostureVerdict.Fact] {
        [
            .init("trail", trail["arn"]?.text ?? ""),
            .init("logging", trail["isLogging"]?.isTrue == true ? "yes" : "no"),
            .init("all Regions", trail["isMultiRegion"]?.isTrue == true ? "yes" : "no"),
            .init("management events", trail["management"]?.text ?? "none"),
        ]
    }

    private static let trailEverywhere = PostureCheck(
        "cloudtrail-all-regions", "A trail keeps all management events of all Regions", .high, cis: ["3.1"],
        nist: ["AC-2(4)", "AU-2", "AU-3", "AU-12"], iso: ["A.8.15"], pci: ["10.2.1", "10.3.3"],
        trustedAdvisor: "vjafUGJ9H0", page: trailPage,
        reason: "The event history is gone after 90 days. Without a trail nobody knows what happened before.",
        .account { (view) throws(ServiceError) in
            let all = try trails(view)
            let good = all.first { trail in
                trail["isLogging"]?.isTrue == true && trail["isMultiRegion"]?.isTrue == true
                    && trail["management"]?.text == "All" && trail["excludesSources"]?.isTrue != true
            }
            if let good { return [.account(view.account, .pass("A trail keeps them.", facts(good)))] }
            guard let near = all.first(where: { $0["account"]?.text == view.account }) else {
                let found = all.isEmpty ? "There is no trail." : "No trail keeps all management events of all Regions."
                return [
                    .account(
                        view.account,
                        .fail(
                            found, all.isEmpty ? [.init("trails", "none")] : all.flatMap(facts),
                            mend: [
                                aws(
                                    "cloudtrail", "create-trail", "--name", "all-events", "--s3-bucket-name",
                                    "TRAIL-BUCKET", "--is-multi-region-trail", "--enable-log-file-validation"),
                                aws("cloudtrail", "start-logging", "--name", "all-events"),
                            ]))
                ]
            }
            let arn = near["arn"]?.text ?? ""
            var mend: [String] = []
            if near["isMultiRegion"]?.isTrue != true {
                mend.append(
                    aws(
                        "cloudtrail", "update-trail", "--name", arn, "--is-multi-region-trail",
                        region: near["homeRegion"]?.text))
            }
            if near["management"]?.text != "All" || near["excludesSources"]?.isTrue == true {
                mend.append(
                    aws(
                        "cloudtrail", "put-event-selectors", "--trail-name", arn, "--event-selectors",
                        #"[{"ReadWriteType":"All","IncludeManagementEvents":true}]"#, region: near["homeRegion"]?.text))
            }
            if near["isLogging"]?.isTrue != true {
                mend.append(aws("cloudtrail", "start-logging", "--name", arn, region: near["homeRegion"]?.text))
            }
            return [
                .account(
                    view.account,
                    .fail("No trail keeps all management events of all Regions.", all.flatMap(facts), mend: mend))
            ]
        })

    private static let trailValidation = PostureCheck(
        "cloudtrail-validation", "The trail's log files can be validated", .medium, cis: ["3.2"],
        nist: ["AU-9", "SI-7"],
        iso: ["A.8.15"], pci: ["10.3.4"], page: trailPage,
        reason: "Only with digests can it be proven that nobody has changed the files.",
        eachTrail { trail, arn, region in
            trail["isValidated"]?.isTrue == true
                ? .pass("Digests are delivered.", [.init("log file validation", "on")])
                : .fail(
                    "No digests are delivered.", [.init("log file validation", "off")],
                    mend: [
                        aws("cloudtrail", "update-trail", "--name", arn, "--enable-log-file-validation", region: region)
                    ])
        })

    private static let trailEncryption = PostureCheck(
        "cloudtrail-encryption", "The trail's log files are encrypted with a KMS key", .low, cis: ["3.5"],
        nist: ["AU-9", "SC-28"], iso: ["A.8.24"], pci: ["10.3.2"], page: trailPage,
        reason: "Then whoever may read the bucket needs the key as well.",
        eachTrail { trail, arn, region in
            if let key = trail["kmsKeyId"]?.text { return .pass("A key encrypts them.", [.init("key", key)]) }
            return .fail(
                "S3 encrypts them with its own key.", [.init("key", "none")],
                mend: [aws("cloudtrail", "update-trail", "--name", arn, "--kms-key-id", "KEY-ARN", region: region)])
        })

    private static let trailLogGroup = PostureCheck(
        "cloudtrail-log-group", "The trail's events reach CloudWatch Logs", .low, nist: ["AU-6", "SI-4"],
        iso: ["A.8.16"], pci: ["10.4.1.1"], page: trailPage,
        reason: "Alarms look at log groups. Files in a bucket wake nobody.",
        eachTrail { trail, arn, region in
            if let group = trail["logGroupArn"]?.text {
                return .pass("They reach a log group.", [.init("log group", group)])
            }
            return .fail(
                "They reach no log group.", [.init("log group", "none")],
                mend: [
                    aws(
                        "cloudtrail", "update-trail", "--name", arn, "--cloud-watch-logs-log-group-arn", "GROUP-ARN",
                        "--cloud-watch-logs-role-arn", "ROLE-ARN", region: region)
                ])
        })

    // MARK: Their buckets

    /// A check of each bucket of the account that a trail writes to.
    private static func eachBucket(
        _ judge: @escaping @Sendable (ConfigurationItem, PostureView) throws(ServiceError) -> PostureVerdict
    ) -> Evaluation {
        .account { (view) throws(ServiceError) in
            let names = Set(try trails(view).compactMap { $0["bucket"]?.text })
            guard !names.isEmpty else { return [] }
            var found: [PostureSubject] = []
            for bucket in try view.everywhere("AWS::S3::Bucket") where names.contains(bucket.resourceID) {
                found.append(bucket.subject(try judge(bucket, view)))
            }
            return found
        }
    }

    private static let trailBucketLogs = PostureCheck(
        "cloudtrail-bucket-logs", "Access to the trail's bucket is logged", .low, cis: ["3.4"], nist: ["AU-2", "AU-9"],
        iso: ["A.8.15"], pci: ["10.2.1.3"], page: trailPage,
        reason: "Who reads and removes the logs is to be known as well.",
        eachBucket { (item, view) throws(ServiceError) in
            PostureVerdict(
                try ManagedRule.verdict("S3_BUCKET_LOGGING_ENABLED", item, view), good: "Access is logged.",
                [.init("bucket", item.resourceID)],
                mend: [
                    "aws s3api put-bucket-logging --bucket \(item.resourceID) --bucket-logging-status "
                        + "'{\"LoggingEnabled\":{\"TargetBucket\":\"LOG-BUCKET\",\"TargetPrefix\":\"\(item.resourceID)/\"}}'"
                ])
        })

    private static let trailBucketPublic = PostureCheck(
        "cloudtrail-bucket-public", "The trail's bucket is not public", .critical, nist: ["AC-3", "AU-9"],
        iso: ["A.8.15"],
        pci: ["10.3.1", "10.3.2"], page: trailPage, reason: "The logs tell an attacker who may do what.",
        eachBucket { (item, view) throws(ServiceError) in
            let read = try ManagedRule.verdict("S3_BUCKET_PUBLIC_READ_PROHIBITED", item, view)
            let write = try ManagedRule.verdict("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", item, view)
            let worse = read.compliance == .nonCompliant ? read : write
            return PostureVerdict(
                worse, good: "The public has no access to it.", [.init("bucket", item.resourceID)],
                mend: [
                    aws(
                        "s3api", "put-public-access-block", "--bucket", item.resourceID,
                        "--public-access-block-configuration",
                        "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true")
                ])
        })

    // MARK: Data events

    private static func objects(
        _ member: String, _ word: String
    ) -> Evaluation {
        .account { (view) throws(ServiceError) in
            let logging = try trails(view).filter { $0["isLogging"]?.isTrue == true }
            let covered = logging.flatMap { $0[member]?.texts ?? [] }
            let buckets = try view.everywhere("AWS::S3::Bucket")
            guard !buckets.isEmpty else { return [.account(view.account, .notApplicable("There are no buckets."))] }
            let missing = buckets.filter { bucket in
                !covered.contains { prefix in "arn:aws:s3:::\(bucket.resourceID)/".hasPrefix(prefix) }
            }
            let facts = covered.map { PostureVerdict.Fact("taken", $0) }
            guard !missing.isEmpty else {
                return [.account(view.account, .pass("A trail takes the \(word) of all buckets' objects.", facts))]
            }
            let trail = logging.first { $0["account"]?.text == view.account }
            return [
                .account(
                    view.account,
                    .fail(
                        "No trail takes the \(word) of objects in \(missing.count) of \(buckets.count) buckets.",
                        facts + missing.prefix(5).map { .init("bucket without", $0.resourceID) },
                        mend: [
                            aws(
                                "cloudtrail", "put-event-selectors", "--trail-name", trail?["arn"]?.text ?? "TRAIL",
                                "--event-selectors",
                                #"[{"ReadWriteType":"All","IncludeManagementEvents":true,"#
                                    + #""DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3"]}]}]"#,
                                region: trail?["homeRegion"]?.text)
                        ]))
            ]
        }
    }

    private static let objectWrites = PostureCheck(
        "cloudtrail-object-writes", "A trail takes what is written to objects", .low, cis: ["3.8"], nist: ["AU-12"],
        iso: ["A.8.15"], pci: ["10.2.1.2"], page: trailPage, reason: "Management events do not tell of objects.",
        objects("objectWrites", "writing"))

    private static let objectReads = PostureCheck(
        "cloudtrail-object-reads", "A trail takes what is read of objects", .low, cis: ["3.9"], nist: ["AU-12"],
        iso: ["A.8.15"], pci: ["10.2.1.1"], page: trailPage, reason: "What was stolen is told by who read what.",
        objects("objectReads", "reading"))

    // MARK: Config, Access Analyzer

    private static let configRecorder = PostureCheck(
        "config-recorder", "AWS Config records all resources", .medium, cis: ["3.3"], nist: ["CM-8", "CM-3"],
        iso: ["A.5.9", "A.8.9"],
        pci: ["11.5.2", "2.2.1"],
        page: "https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html",
        reason: "What changed when, nobody can say without a record.",
        .region { (view) throws(ServiceError) in
            let recorders = try view.items("AWS::Config::ConfigurationRecorder")
            let facts = recorders.map { recorder in
                PostureVerdict.Fact(
                    "recorder \(recorder.resourceID)",
                    recorder.configuration["Recording"]?.isTrue == true ? "recording" : "stopped")
            }
            let good = recorders.contains { recorder in
                recorder.configuration["Recording"]?.isTrue == true
                    && recorder.configuration["RecordingGroup"]?["AllSupported"]?.isTrue == true
            }
            let name = recorders.first?.resourceID ?? "default"
            let role = "arn:aws:iam::\(view.account):role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
            return [
                .account(
                    view.account,
                    good
                        ? .pass("A recorder records all resources.", facts)
                        : .fail(
                            recorders.isEmpty ? "There is no recorder." : "No recorder records all resources.",
                            facts.isEmpty ? [.init("recorders", "none")] : facts,
                            mend: [
                                aws(
                                    "configservice", "put-configuration-recorder", "--configuration-recorder",
                                    "name=\(name),roleARN=\(role)", "--recording-group", "allSupported=true",
                                    region: view.region),
                                "# a delivery channel has to be there: "
                                    + aws(
                                        "configservice", "put-delivery-channel", "--delivery-channel",
                                        "name=default,s3BucketName=BUCKET", region: view.region),
                                aws(
                                    "configservice", "start-configuration-recorder", "--configuration-recorder-name",
                                    name, region: view.region),
                            ]))
            ]
        })

    private static let analyzer = PostureCheck(
        "access-analyzer", "IAM Access Analyzer looks for access from outside", .medium, cis: ["1.20"],
        nist: ["AC-3", "AC-6", "CA-7"],
        iso: ["A.5.15", "A.8.16"], pci: ["7.2.4"],
        page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-getting-started.html",
        reason: "It proves from the policies who outside of the account can reach what.",
        .region { (view) throws(ServiceError) in
            let found = try view.items("AWS::AccessAnalyzer::Analyzer").filter {
                ["ACCOUNT", "ORGANIZATION"].contains($0.configuration["Type"]?.text ?? "")
            }
            return [
                .account(
                    view.account,
                    found.isEmpty
                        ? .fail(
                            "There is no analyzer of access from outside.", [.init("analyzers", "none")],
                            mend: [
                                aws(
                                    "accessanalyzer", "create-analyzer", "--analyzer-name", "outside", "--type",
                                    "ACCOUNT",
                                    region: view.region)
                            ])
                        : .pass("There is an analyzer.", found.map { .init("analyzer", $0.arn ?? $0.resourceID) }))
            ]
        })
}
