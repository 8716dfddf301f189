import Ledger
public import Platform
import S3API
import Wire

extension Metric {
    fileprivate static let buckets = gauge(
        "gatehouse_s3_buckets", "S3 buckets of all accounts, by Region.", label: "region"
    ) { environment in
        environment.projection(BucketIndex.self).counts.map { (label: $0.key, value: $0.value) }
    }
}

extension ServiceModule {
    /// Amazon S3.
    public static let s3 = ServiceModule(
        S3.self, hasVirtualHosts: true, otherHosts: ["s3-accesspoint": AccessPointName.hostMark],
        signing: .s3, admitsAnonymous: true,
        operations: bucketOperations + configurationOperations + objectOperations + refusedOperations,
        events: EventParticulars(
            source: "s3.amazonaws.com", resources: ["Bucket": "AWS::S3::Bucket"], listsResources: true,
            dataEvents: objectLevel, eventNames: eventNames, found: eventResources, renamed: recordedNames),
        proves: { (request, operation) throws(ServiceError) in try BodyChecks.prove(request, operation) },
        crossOrigin: CrossOrigin.headers, answered: AccessLogQueue.take, validation: s3Validation,
        records: [Bucket.self, AccountPublicAccessBlock.self, BucketConfiguration.self],
        tables: [
            CurrentObject.self, OtherVersion.self, MultipartUpload.self, UploadedPart.self, KeptBody.self,
            AccessLogPart.self,
        ], projections: [BucketIndex.self, AccessLogQueue.self], resourceTypes: [.bucket],
        analyzedResources: [.bucket.proposed(by: ProposedBucket.analyzed)],
        configuredResources: [.bucket, .accountPublicAccessBlock] + ConfiguredResourceType.s3Access,
        auditedResources: [
            .quotaUse("S3", isGlobal: true) { (scope, state) throws(ServiceError) in
                let owned = try state.referrerCount(Bucket.Relation.owner, to: scope.account, in: Scope(account: ""))
                return [QuotaUse("Buckets", .buckets, owned)]
            }
        ],
        jobs: [
            RemoveBodies.self, SweepBodies.self, ExpireObjects.self, DeliverNotification.self, DeliverAccessLogs.self,
            DeliverInventory.self, ReplicateVersion.self, TellOfRestoration.self, KeepStorageMetrics.self,
            MeasureBucket.self,
        ],
        begin: { (environment) async throws(ServiceError) in try await DeliverInventory.scheduleAll(environment) },
        quotas: [.buckets, .uploadPartSize], paths: [CrossOrigin.preflight], fronts: [.websites, .forms],
        samples: s3Samples, metrics: [.buckets])

    /// Those whose events are data events.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html#cloudtrail-object-level-tracking>
    private static let objectLevel: Set<String> = [
        "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
        "DeleteObjectTagging", "DeleteObjects", "GetObject", "GetObjectAcl", "GetObjectAttributes",
        "GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "HeadBucket", "HeadObject",
        "ListObjectVersions", "ListObjects", "ListObjectsV2", "ListParts", "PutObject", "PutObjectAcl",
        "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject", "SelectObjectContent",
        "UpdateObjectEncryption", "UploadPart", "UploadPartCopy",
    ]

    private static let bucketOperations: [any Platform.Operation.Type] = [
        S3.CreateBucket.self, S3.DeleteBucket.self, S3.HeadBucket.self, S3.GetBucketLocation.self,
        S3.ListBuckets.self,
        S3.PutBucketPolicy.self, S3.GetBucketPolicy.self, S3.DeleteBucketPolicy.self, S3.GetBucketPolicyStatus.self,
        S3.PutPublicAccessBlock.self, S3.GetPublicAccessBlock.self, S3.DeletePublicAccessBlock.self,
        S3.PutBucketOwnershipControls.self, S3.GetBucketOwnershipControls.self,
        S3.DeleteBucketOwnershipControls.self,
        S3.PutBucketAbac.self, S3.GetBucketAbac.self, S3.PutBucketAcl.self, S3.GetBucketAcl.self,
        S3.PutBucketVersioning.self, S3.GetBucketVersioning.self,
        S3.PutBucketTagging.self, S3.GetBucketTagging.self, S3.DeleteBucketTagging.self,
    ]

    private static let configurationOperations: [any Platform.Operation.Type] = [
        S3.PutBucketCors.self, S3.GetBucketCors.self, S3.DeleteBucketCors.self,
        S3.PutBucketLifecycleConfiguration.self, S3.GetBucketLifecycleConfiguration.self,
        S3.DeleteBucketLifecycle.self,
        S3.PutBucketWebsite.self, S3.GetBucketWebsite.self, S3.DeleteBucketWebsite.self,
        S3.PutBucketEncryption.self, S3.GetBucketEncryption.self, S3.DeleteBucketEncryption.self,
        S3.PutBucketLogging.self, S3.GetBucketLogging.self,
        S3.PutBucketNotificationConfiguration.self, S3.GetBucketNotificationConfiguration.self,
        S3.PutBucketRequestPayment.self, S3.GetBucketRequestPayment.self,
        S3.PutBucketAccelerateConfiguration.self, S3.GetBucketAccelerateConfiguration.self,
        S3.PutBucketReplication.self, S3.GetBucketReplication.self, S3.DeleteBucketReplication.self,
        S3.PutObjectLockConfiguration.self, S3.GetObjectLockConfiguration.self,
        S3.PutBucketAnalyticsConfiguration.self, S3.GetBucketAnalyticsConfiguration.self,
        S3.DeleteBucketAnalyticsConfiguration.self, S3.ListBucketAnalyticsConfigurations.self,
        S3.PutBucketIntelligentTieringConfiguration.self, S3.GetBucketIntelligentTieringConfiguration.self,
        S3.DeleteBucketIntelligentTieringConfiguration.self, S3.ListBucketIntelligentTieringConfigurations.self,
        S3.PutBucketInventoryConfiguration.self, S3.GetBucketInventoryConfiguration.self,
        S3.DeleteBucketInventoryConfiguration.self, S3.ListBucketInventoryConfigurations.self,
        S3.PutBucketMetricsConfiguration.self, S3.GetBucketMetricsConfiguration.self,
        S3.DeleteBucketMetricsConfiguration.self, S3.ListBucketMetricsConfigurations.self,
        S3.CreateBucketMetadataConfiguration.self, S3.GetBucketMetadataConfiguration.self,
        S3.DeleteBucketMetadataConfiguration.self, S3.UpdateBucketMetadataInventoryTableConfiguration.self,
        S3.UpdateBucketMetadataJournalTableConfiguration.self, S3.CreateBucketMetadataTableConfiguration.self,
        S3.GetBucketMetadataTableConfiguration.self, S3.DeleteBucketMetadataTableConfiguration.self,
    ]

    private static let refusedOperations: [any Platform.Operation.Type] = [
        S3.SelectObjectContent.self, S3.GetObjectTorrent.self,
        // Of directory buckets, for which S3 Express answers.
        S3.CreateSession.self, S3.RenameObject.self,
    ]

    private static let objectOperations: [any Platform.Operation.Type] = [
        S3.PutObject.self, S3.GetObject.self, S3.HeadObject.self, S3.CopyObject.self, S3.GetObjectAttributes.self,
        S3.CreateMultipartUpload.self, S3.UploadPart.self, S3.UploadPartCopy.self,
        S3.CompleteMultipartUpload.self, S3.AbortMultipartUpload.self, S3.ListParts.self,
        S3.ListMultipartUploads.self,
        S3.ListObjects.self, S3.ListObjectsV2.self, S3.ListObjectVersions.self,
        S3.DeleteObject.self, S3.DeleteObjects.self,
        S3.PutObjectTagging.self, S3.GetObjectTagging.self, S3.DeleteObjectTagging.self,
        S3.UpdateObjectEncryption.self, S3.RestoreObject.self, S3.PutObjectAcl.self, S3.GetObjectAcl.self,
        S3.PutObjectRetention.self, S3.GetObjectRetention.self,
        S3.PutObjectLegalHold.self, S3.GetObjectLegalHold.self,
    ]
}
