import Pages
import Platform
import S3API
import S3ControlAPI
import Wire

/// The account's buckets, and what is blocked for all of them.
enum BucketListPages {
    static let routes: [Route] = [
        .get("buckets") { (visit) throws(ServiceError) in await list(visit) },
        .post("buckets/public-access") { (visit) throws(ServiceError) in try await block(visit) },
    ]

    private static let pageSize = 100

    private struct Row {
        let bucketName: String
        let bucketLink: String
        let bucketRegion: String
        let created: String
    }

    private static func list(_ visit: Visit) async -> Reply {
        let page = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                S3.ListBuckets.self,
                .init {
                    $0.maxBuckets = pageSize
                    $0.continuationToken = visit.query["after"]
                    $0.prefix = visit.query["prefix"]
                })
        }
        let block = await visit.attempt { () throws(ServiceError) in
            do throws(ServiceError) {
                let found = try await visit.call(
                    S3Control.GetPublicAccessBlock.self, .init { $0.accountId = visit.account }
                ).publicAccessBlockConfiguration
                return [
                    "BlockPublicAcls": found?.blockPublicAcls ?? false,
                    "IgnorePublicAcls": found?.ignorePublicAcls ?? false,
                    "BlockPublicPolicy": found?.blockPublicPolicy ?? false,
                    "RestrictPublicBuckets": found?.restrictPublicBuckets ?? false,
                ]
            } catch {
                guard error.code == "NoSuchPublicAccessBlockConfiguration" else { throw error }
                return [:]
            }
        }
        let rows = (page.value?.buckets ?? []).map { bucket in
            Row(
                bucketName: bucket.name ?? "",
                bucketLink: Console.root + "buckets/" + PercentEncoding.segment(bucket.name ?? ""),
                bucketRegion: bucket.bucketRegion ?? "", created: bucket.creationDate?.reading ?? "")
        }
        return visit.page(
            "buckets", "S3 buckets",
            [
                "problem": page.problem, "hasAnswer": page.problem == nil, "rows": rows, "isEmpty": rows.isEmpty,
                "prefix": visit.query.text("prefix"),
                "next": page.value?.continuationToken.map { next in
                    let prefix = PercentEncoding.queryValue(visit.query.text("prefix"))
                    return "\(Console.root)buckets?prefix=\(prefix)&after=\(PercentEncoding.queryValue(next))"
                },
                "blockForm": PublicAccessForm("buckets/public-access", block),
                "command": CLICommand.aws("s3api", "list-buckets", options: ["prefix": visit.query["prefix"]]),
                "blockCommand": CLICommand.aws(
                    "s3control", "get-public-access-block", options: ["account-id": visit.account]),
            ])
    }

    private static func block(_ visit: Visit) async throws(ServiceError) -> Reply {
        let form = visit.form
        _ = try await visit.call(
            S3Control.PutPublicAccessBlock.self,
            .init {
                $0.accountId = visit.account
                $0.publicAccessBlockConfiguration = .init {
                    $0.blockPublicAcls = form.isOn("BlockPublicAcls")
                    $0.ignorePublicAcls = form.isOn("IgnorePublicAcls")
                    $0.blockPublicPolicy = form.isOn("BlockPublicPolicy")
                    $0.restrictPublicBuckets = form.isOn("RestrictPublicBuckets")
                }
            })
        return visit.redirect("buckets#public-access", done: "Block Public Access of the account was changed.")
    }
}
