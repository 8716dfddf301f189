import Pages
import Platform
import S3API
import Wire

/// What is changed of a bucket on its pages, besides its policy.
enum BucketChanges {
    static let routes: [Route] = [
        change("public-access", backTo: "permissions") { (visit, bucket) throws(ServiceError) in
            let form = visit.form
            _ = try await visit.s3(
                S3.PutPublicAccessBlock.self,
                .init {
                    $0.bucket = bucket
                    $0.publicAccessBlockConfiguration = .init {
                        $0.blockPublicAcls = form.isOn("BlockPublicAcls")
                        $0.ignorePublicAcls = form.isOn("IgnorePublicAcls")
                        $0.blockPublicPolicy = form.isOn("BlockPublicPolicy")
                        $0.restrictPublicBuckets = form.isOn("RestrictPublicBuckets")
                    }
                })
            return "Block Public Access was changed."
        },
        change("versioning", backTo: "properties") { (visit, bucket) throws(ServiceError) in
            let isOn = visit.form["versioning"] == "on"
            _ = try await visit.s3(
                S3.PutBucketVersioning.self,
                .init {
                    $0.bucket = bucket
                    $0.versioningConfiguration = .init { $0.status = isOn ? "Enabled" : "Suspended" }
                })
            return isOn ? "Versions are kept." : "Versioning is suspended: the versions that there are stay."
        },
        change("encryption", backTo: "properties") { (visit, bucket) throws(ServiceError) in
            let form = visit.form
            let algorithm = form["algorithm"] ?? "AES256"
            _ = try await visit.s3(
                S3.PutBucketEncryption.self,
                .init {
                    $0.bucket = bucket
                    $0.serverSideEncryptionConfiguration = .init {
                        $0.rules = [
                            .init {
                                $0.applyServerSideEncryptionByDefault = .init {
                                    $0.sseAlgorithm = algorithm
                                    $0.kmsMasterKeyID = algorithm == "AES256" ? nil : form["key"]?.trimmed
                                }
                                $0.bucketKeyEnabled = form.isOn("bucket-key")
                            }
                        ]
                    }
                })
            return "New objects are encrypted with \(algorithm)."
        },
        change("tags", backTo: "properties") { (visit, bucket) throws(ServiceError) in
            // S3 takes all tags of a bucket at once.
            var tags: [S3.Tag] = []
            do throws(ServiceError) {
                tags = try await visit.s3(S3.GetBucketTagging.self, .init { $0.bucket = bucket }).tagSet
            } catch {
                guard error.code == "NoSuchTagSet" else { throw error }
            }
            let removed = visit.form["remove"]
            let key = removed ?? visit.form.text("key")
            tags.removeAll { $0.key == key }
            if removed == nil {
                tags.append(
                    .init {
                        $0.key = key
                        $0.value = visit.form.text("value")
                    })
            }
            if tags.isEmpty {
                _ = try await visit.s3(S3.DeleteBucketTagging.self, .init { $0.bucket = bucket })
            } else {
                _ = try await visit.s3(
                    S3.PutBucketTagging.self,
                    .init {
                        $0.bucket = bucket
                        $0.tagging = .init { $0.tagSet = tags }
                    })
            }
            return removed == nil ? "The tag \(key) was set." : "The tag \(key) was removed."
        },
    ]

    /// - Parameter body: makes the change, and returns what is told of it.
    private static func change(
        _ what: String, backTo page: String,
        _ body: @escaping @Sendable (Visit, String) async throws(ServiceError) -> String
    ) -> Route {
        .post("buckets/{bucket}/" + what) { (visit) throws(ServiceError) in
            let done = try await body(visit, visit["bucket"])
            return visit.redirect("buckets/\(PercentEncoding.segment(visit["bucket"]))/\(page)", done: done)
        }
    }
}
