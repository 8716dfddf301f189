import AccessAnalyzerAPI
import Pages
import Platform
import S3API
import Wire

/// A bucket's permissions and properties.
enum BucketPages {
    static let routes: [Route] = [
        .get("buckets/{bucket}/permissions") { (visit) throws(ServiceError) in await permissions(visit) },
        .get("buckets/{bucket}/properties") { (visit) throws(ServiceError) in await properties(visit) },
        .post("buckets/{bucket}/policy") { (visit) throws(ServiceError) in try await savePolicy(visit) },
    ]

    private struct FindingRow {
        let findingLink: String
        let findingStatus: String
        let foundAt: String
    }

    private static func permissions(
        _ visit: Visit, typed: (text: String, problem: Problem)? = nil, status: Int = 200
    ) async -> Reply {
        let bucket = visit["bucket"]
        let path = "buckets/" + PercentEncoding.segment(bucket)
        let policy = await visit.configuration("NoSuchBucketPolicy") { () throws(ServiceError) in
            try await visit.s3(S3.GetBucketPolicy.self, .init { $0.bucket = bucket }).policy ?? ""
        }
        let isPublic = await visit.configuration("NoSuchBucketPolicy") { () throws(ServiceError) in
            try await visit.s3(S3.GetBucketPolicyStatus.self, .init { $0.bucket = bucket }).policyStatus?.isPublic
                ?? false
        }
        let ownership = await visit.configuration("OwnershipControlsNotFoundError") { () throws(ServiceError) in
            try await visit.s3(S3.GetBucketOwnershipControls.self, .init { $0.bucket = bucket }).ownershipControls?
                .rules.first?.objectOwnership ?? ""
        }
        let findings = await visit.attempt { () throws(ServiceError) in try await exposure(visit) }
        var content = BucketFrame.content(bucket, tab: "permissions")
        content["isPublic"] = isPublic.value.map { $0 == true }
        content["hasNoPolicy"] = Self.isMissing(isPublic)
        content["isPrivatePolicy"] = isPublic.value.map { $0 == false }
        content["publicProblem"] = isPublic.problem
        content["findings"] = findings.value ?? nil
        content["hasFindings"] = (findings.value ?? nil)?.isEmpty == false
        content["isUnanalyzed"] = Self.isMissing(findings)
        content["findingsProblem"] = findings.problem
        content["ownership"] = ownership.value ?? nil
        content["isOfLists"] = Self.isMissing(ownership)
        content["ownershipProblem"] = ownership.problem
        content["blockForm"] = PublicAccessForm(path + "/public-access", await block(visit))
        content["policyReadProblem"] = typed == nil ? policy.problem : nil
        if policy.problem == nil || typed != nil {
            content["policyForm"] = PolicyForm(
                path + "/policy", "Bucket policy", text: policy.value ?? nil, typed: typed, type: .resource,
                resourceType: "AWS::S3::Bucket", isRemovable: true)
        }
        content["command"] = CLICommand.aws(
            "s3api", "put-bucket-policy", options: ["bucket": bucket, "policy": "file://policy.json"])
        return visit.page("bucket-permissions", "Permissions of bucket \(bucket)", content, status: status)
    }

    /// Whether the answer was that there is none.
    private static func isMissing<T>(_ part: Attempted<T?>) -> Bool { part.value.map { $0 == nil } ?? false }

    private static func block(_ visit: Visit) async -> Attempted<[String: Bool]> {
        let block = await visit.configuration("NoSuchPublicAccessBlockConfiguration") { () throws(ServiceError) in
            let found = try await visit.s3(S3.GetPublicAccessBlock.self, .init { $0.bucket = visit["bucket"] })
                .publicAccessBlockConfiguration
            return [
                "BlockPublicAcls": found?.blockPublicAcls ?? false,
                "IgnorePublicAcls": found?.ignorePublicAcls ?? false,
                "BlockPublicPolicy": found?.blockPublicPolicy ?? false,
                "RestrictPublicBuckets": found?.restrictPublicBuckets ?? false,
            ]
        }
        return Attempted(value: block.value.map { $0 ?? [:] }, problem: block.problem)
    }

    /// What Access Analyzer has found about the bucket; nil: nothing analyses it.
    private static func exposure(_ visit: Visit) async throws(ServiceError) -> [FindingRow]? {
        let analyzers = try await visit.call(AccessAnalyzer.ListAnalyzers.self, .init { $0.type = "ACCOUNT" })
        guard let analyzer = analyzers.analyzers.first(where: { $0.status == "ACTIVE" }) else { return nil }
        let found = try await visit.call(
            AccessAnalyzer.ListFindingsV2.self,
            .init {
                $0.analyzerArn = analyzer.arn
                $0.filter = ["resource": .init { $0.eq = ["arn:aws:s3:::\(visit["bucket"])"] }]
                $0.maxResults = 20
            })
        let name = PercentEncoding.segment(analyzer.name)
        return found.findings.map {
            FindingRow(
                findingLink: "\(Console.root)access-analyzer/\(name)/findings/\(PercentEncoding.segment($0.id))",
                findingStatus: $0.status, foundAt: $0.updatedAt.reading)
        }
    }

    private static func properties(_ visit: Visit) async -> Reply {
        let bucket = visit["bucket"]
        let path = "buckets/" + PercentEncoding.segment(bucket)
        let versioning = await visit.attempt { () throws(ServiceError) in
            try await visit.s3(S3.GetBucketVersioning.self, .init { $0.bucket = bucket })
        }
        let encryption = await visit.configuration("ServerSideEncryptionConfigurationNotFoundError") {
            () throws(ServiceError) in
            try await visit.s3(S3.GetBucketEncryption.self, .init { $0.bucket = bucket })
                .serverSideEncryptionConfiguration?.rules.first
        }
        let tags = await visit.configuration("NoSuchTagSet") { () throws(ServiceError) in
            try await visit.s3(S3.GetBucketTagging.self, .init { $0.bucket = bucket }).tagSet.map {
                (key: $0.key, value: $0.value)
            }
        }
        let location = await visit.attempt { () throws(ServiceError) in
            try await visit.s3(S3.GetBucketLocation.self, .init { $0.bucket = bucket }).locationConstraint
        }
        let rule = (encryption.value ?? nil) ?? nil
        let algorithm = rule?.applyServerSideEncryptionByDefault?.sseAlgorithm
        var content = BucketFrame.content(bucket, tab: "properties")
        content["ownARN"] = "arn:aws:s3:::\(bucket)"
        content["location"] = location.value.map { $0 ?? "us-east-1" }
        content["locationProblem"] = location.problem
        content["versioning"] = versioning.value.map { $0.status ?? "Never enabled" }
        content["mfaDelete"] = versioning.value?.mfaDelete
        content["isVersioned"] = versioning.value?.status == "Enabled"
        content["mayVersion"] = versioning.problem == nil
        content["versioningProblem"] = versioning.problem
        content["algorithm"] = algorithm
        content["isByKMS"] = algorithm == "aws:kms"
        content["isByKMSTwice"] = algorithm == "aws:kms:dsse"
        content["encryptionKey"] = rule?.applyServerSideEncryptionByDefault?.kmsMasterKeyID ?? ""
        content["hasBucketKey"] = rule?.bucketKeyEnabled ?? false
        content["encryptionProblem"] = encryption.problem
        content["mayEncrypt"] = encryption.problem == nil
        content["tagForm"] = TagForm(
            path + "/tags", Attempted(value: tags.value.map { $0 ?? [] }, problem: tags.problem))
        return visit.page("bucket-properties", "Properties of bucket \(bucket)", content)
    }

    private static func savePolicy(_ visit: Visit) async throws(ServiceError) -> Reply {
        let bucket = visit["bucket"]
        let page = "buckets/\(PercentEncoding.segment(bucket))/permissions#policy"
        if visit.form.isOn("remove") {
            _ = try await visit.s3(S3.DeleteBucketPolicy.self, .init { $0.bucket = bucket })
            return visit.redirect(page, done: "The bucket policy was deleted.")
        }
        let text = visit.form.text("policy")
        do throws(ServiceError) {
            _ = try await visit.s3(
                S3.PutBucketPolicy.self,
                .init {
                    $0.bucket = bucket
                    $0.policy = text
                })
        } catch {
            return await permissions(visit, typed: (text, visit.problem(error)), status: error.status)
        }
        return visit.redirect(page, done: "The bucket policy was changed.")
    }
}
