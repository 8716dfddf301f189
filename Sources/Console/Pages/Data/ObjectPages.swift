import Pages
import Platform
import S3API
import Wire

/// The objects of a bucket: a listing like folders, and one object.
enum ObjectPages {
    static let routes: [Route] = [
        .get("buckets/{bucket}") { (visit) throws(ServiceError) in await list(visit) },
        .get("buckets/{bucket}/object") { (visit) throws(ServiceError) in try await show(visit) },
    ]

    private static let pageSize = 100

    private struct Row {
        let objectName: String
        let objectLink: String
        let size: String?
        let storageClass: String?
        let modified: String?
    }

    private struct Step {
        let stepName: String
        let stepLink: String
    }

    private static func list(_ visit: Visit) async -> Reply {
        let bucket = visit["bucket"]
        let prefix = visit.query.text("prefix")
        let page = await visit.attempt { () throws(ServiceError) in
            try await visit.s3(
                S3.ListObjectsV2.self,
                .init {
                    $0.bucket = bucket
                    $0.delimiter = "/"
                    $0.maxKeys = pageSize
                    $0.prefix = visit.query["prefix"]
                    $0.continuationToken = visit.query["after"]
                })
        }
        let folders = (page.value?.commonPrefixes ?? []).compactMap(\.prefix).map { folder in
            Row(
                objectName: name(folder, in: prefix), objectLink: link(bucket, to: folder), size: nil,
                storageClass: nil, modified: nil)
        }
        let objects = (page.value?.contents ?? []).map { object in
            let key = object.key ?? ""
            return Row(
                objectName: name(key, in: prefix),
                objectLink: "\(path(bucket))/object?key=\(PercentEncoding.queryValue(key))",
                size: object.size.map(ByteCount.text), storageClass: object.storageClass,
                modified: object.lastModified?.reading)
        }
        var content = BucketFrame.content(bucket, tab: "objects")
        content["problem"] = page.problem
        content["hasAnswer"] = page.problem == nil
        content["rows"] = folders + objects
        content["isEmpty"] = folders.isEmpty && objects.isEmpty
        content["prefix"] = prefix
        content["steps"] = steps(bucket, prefix)
        content["next"] = page.value?.nextContinuationToken.map {
            link(bucket, to: prefix) + "&after=" + PercentEncoding.queryValue($0)
        }
        content["command"] = CLICommand.aws(
            "s3api", "list-objects-v2", options: ["bucket": bucket, "delimiter": "/", "prefix": visit.query["prefix"]])
        return visit.page("bucket-objects", "Bucket \(bucket)", content)
    }

    private static func path(_ bucket: String) -> String {
        Console.root + "buckets/" + PercentEncoding.segment(bucket)
    }

    private static func link(_ bucket: String, to prefix: String) -> String {
        "\(path(bucket))?prefix=\(PercentEncoding.queryValue(prefix))"
    }

    /// What stands behind the last slash of the prefix.
    private static func name(_ key: String, in prefix: String) -> String {
        let folder = prefix.lastIndex(of: "/").map { prefix[...$0] } ?? ""
        return key.hasPrefix(folder) && key.count > folder.count ? String(key.dropFirst(folder.count)) : key
    }

    /// The folders on the way to the one that is shown.
    private static func steps(_ bucket: String, _ prefix: String) -> [Step] {
        var steps: [Step] = []
        var way = ""
        for part in prefix.split(separator: "/", omittingEmptySubsequences: false).dropLast() {
            way += part + "/"
            steps.append(Step(stepName: part.isEmpty ? "/" : String(part), stepLink: link(bucket, to: way)))
        }
        return steps
    }

    private struct Property {
        let propertyName: String
        let propertyValue: String
    }

    private static func show(_ visit: Visit) async throws(ServiceError) -> Reply {
        let (bucket, key) = (visit["bucket"], visit.query.text("key"))
        let head = await visit.attempt { () throws(ServiceError) in
            try await visit.s3(
                S3.HeadObject.self,
                .init {
                    $0.bucket = bucket
                    $0.key = key
                    $0.versionId = visit.query["version"]
                })
        }
        let tags = await visit.attempt { () throws(ServiceError) in
            try await visit.s3(
                S3.GetObjectTagging.self,
                .init {
                    $0.bucket = bucket
                    $0.key = key
                    $0.versionId = visit.query["version"]
                }
            ).tagSet
        }
        var content = BucketFrame.content(bucket, tab: "objects")
        content["key"] = key
        content["uri"] = "s3://\(bucket)/\(key)"
        content["objectARN"] = "arn:aws:s3:::\(bucket)/\(key)"
        content["problem"] = head.problem
        content["tagProblem"] = tags.problem
        content["objectTags"] = (tags.value ?? []).map { Property(propertyName: $0.key, propertyValue: $0.value) }
        content["hasTags"] = tags.value?.isEmpty == false
        content["properties"] = head.value.map(properties)
        let metadata = (head.value?.metadata ?? [:]).sorted { $0.key < $1.key }
        content["metadata"] = metadata.map { Property(propertyName: $0.key, propertyValue: $0.value) }
        content["hasMetadata"] = !metadata.isEmpty
        content["command"] = CLICommand.aws("s3api", "head-object", options: ["bucket": bucket, "key": key])
        return visit.page("bucket-object", "Object \(key)", content)
    }

    private static func properties(_ head: S3.HeadObject.Output) -> [Property] {
        let all: [(String, String?)] = [
            ("Size", head.contentLength.map(ByteCount.text)), ("Type", head.contentType),
            ("Last modified (UTC)", head.lastModified?.reading), ("ETag", head.eTag),
            ("Version", head.versionId), ("Storage class", head.storageClass ?? "STANDARD"),
            ("Encryption", head.serverSideEncryption), ("KMS key", head.ssekmsKeyId),
            ("Bucket key", head.bucketKeyEnabled.map { $0 ? "Yes" : "No" }),
            ("Object Lock mode", head.objectLockMode),
            ("Retained until (UTC)", head.objectLockRetainUntilDate?.reading),
            ("Legal hold", head.objectLockLegalHoldStatus), ("Replication", head.replicationStatus),
            ("Cache-Control", head.cacheControl), ("Content-Disposition", head.contentDisposition),
            ("Content-Encoding", head.contentEncoding), ("Content-Language", head.contentLanguage),
            ("Redirects to", head.websiteRedirectLocation), ("Expires by rule", head.expiration),
        ]
        return all.compactMap { name, value in value.map { Property(propertyName: name, propertyValue: $0) } }
    }
}

/// What all pages of a bucket have.
enum BucketFrame {
    private struct Tab {
        let tabTitle: String
        let tabLink: String
        let isTabCurrent: Bool
    }

    static func content(_ bucket: String, tab: String) -> [String: Any?] {
        let path = Console.root + "buckets/" + PercentEncoding.segment(bucket)
        let tabs = [
            ("Objects", "objects", path), ("Permissions", "permissions", path + "/permissions"),
            ("Properties", "properties", path + "/properties"),
        ]
        return [
            "bucket": bucket, "bucketPath": path,
            "tabs": tabs.map { Tab(tabTitle: $0.0, tabLink: $0.2, isTabCurrent: $0.1 == tab) },
        ]
    }
}

/// Sizes for people.
enum ByteCount {
    /// `1.5 KB`; a KB has 1,024 bytes, as in AWS's console.
    static func text(_ count: Int) -> String {
        var (whole, unit, tenths) = (count, 0, 0)
        let units = ["B", "KB", "MB", "GB", "TB", "PB"]
        while whole >= 1024, unit < units.count - 1 {
            tenths = whole % 1024 * 10 / 1024
            whole /= 1024
            unit += 1
        }
        return unit == 0 ? "\(whole) B" : "\(whole).\(tenths) \(units[unit])"
    }
}
