public import Platform
import S3API
import Wire

/// S3 Express, which answers for directory buckets. To clients it is a part of S3, with S3's model; but its requests are signed for
/// a service of their own, and its actions have a prefix of their own.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html>
enum S3Express: APIModel {
    static let signingName = "s3express"

    /// What is asked of the Regional endpoint (`s3express-control`) and names no bucket: in S3's own model it could not be told
    /// from ListBuckets.
    static let service = ServiceShape(
        schema: """
            service id=s3express signing=s3express endpoint=s3express-control version=2006-03-01 serviceID=S3%20Express \
            protocol=rest-xml namespace=http://s3.amazonaws.com/doc/2006-03-01/ bareErrors
            structure Bucket
              Name String
              CreationDate Moment
              BucketRegion String
              BucketArn String
            list Buckets member=Bucket element=Bucket
            structure ListDirectoryBucketsOutput
              Buckets Buckets
              ContinuationToken Token
            structure ListDirectoryBucketsRequest
              ContinuationToken Token location=querystring locationName=continuation-token
              MaxDirectoryBuckets Limit location=querystring locationName=max-directory-buckets
            integer Limit min=0 max=1000
            timestamp Moment
            string String
            string Token min=0 max=1024
            operation ListDirectoryBuckets method=GET uri=/ root=ListAllMyDirectoryBucketsResult \
            input=ListDirectoryBucketsRequest output=ListDirectoryBucketsOutput
            """)

    enum ListDirectoryBuckets: OperationModel {
        enum InputFields: Fields { static let shape = service.structure("ListDirectoryBucketsRequest") }
        enum OutputFields: Fields { static let shape = service.structure("ListDirectoryBucketsOutput") }
        static let shape = service.operation("ListDirectoryBuckets")
    }
}

extension S3Express.ListDirectoryBuckets: ReadOperation {
    private static let most = 1000

    static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var access = Access(
            "s3express:ListAllMyDirectoryBuckets", on: "*", context: ["s3express:resourceaccount": .one(call.accountID)]
        )
        // A session is for one bucket.
        if call.caller.zonalSession != nil { access.verdict = .refused(.accessDenied) }
        return .required(access)
    }

    static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var limit = most
        if case .integer(let wanted) = input.structure["MaxDirectoryBuckets"], wanted > 0 { limit = wanted }
        var token: String?
        if case .string(let text) = input.structure["ContinuationToken"], !text.isEmpty { token = text }
        let page = try records.shared.page(
            Bucket.self, Bucket.Relation.directoryOwner, to: call.accountID, Paging(marker: token, maxItems: limit)
        ) { $0.region == call.region }
        return Output {
            $0.structure["Buckets"] = .list(
                page.items.map { bucket in
                    var shown = Structure(S3Express.service.structure("Bucket"))
                    shown["Name"] = .string(bucket.name)
                    shown["CreationDate"] = .timestamp(Timestamp(secondsSinceEpoch: bucket.creationDate))
                    shown["BucketRegion"] = .string(bucket.region)
                    shown["BucketArn"] = .string(bucket.arn)
                    return .structure(shown)
                })
            $0.structure["ContinuationToken"] = page.marker.map { .string($0) }
        }
    }
}

extension ServiceModule {
    /// Hosts of S3 Express: bucket names stand before those of the zones' endpoints, and in the path at the Region's.
    private static let expressHosts = ["s3express": "", "s3express-control": ""]

    /// Amazon S3 Express: the list of directory buckets.
    public static let s3Express = ServiceModule(
        S3Express.self, hasVirtualHosts: true, otherHosts: expressHosts, signing: .s3,
        operations: [S3Express.ListDirectoryBuckets.self], validation: s3Validation)

    /// Amazon S3 Express: directory buckets and what is in them.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-APIs.html>
    public static let directoryBuckets = ServiceModule(
        S3.self, signingName: S3Express.signingName, partOf: S3Express.signingName, hasVirtualHosts: true,
        otherHosts: expressHosts, signing: .s3,
        operations: [
            S3.CreateBucket.self, S3.DeleteBucket.self, S3.HeadBucket.self, S3.CreateSession.self,
            S3.PutBucketPolicy.self, S3.GetBucketPolicy.self, S3.DeleteBucketPolicy.self,
            S3.PutBucketEncryption.self, S3.GetBucketEncryption.self, S3.DeleteBucketEncryption.self,
            S3.PutBucketLifecycleConfiguration.self, S3.GetBucketLifecycleConfiguration.self,
            S3.DeleteBucketLifecycle.self,
            S3.PutObject.self, S3.GetObject.self, S3.HeadObject.self, S3.CopyObject.self, S3.RenameObject.self,
            S3.GetObjectAttributes.self, S3.DeleteObject.self, S3.DeleteObjects.self, S3.ListObjectsV2.self,
            S3.CreateMultipartUpload.self, S3.UploadPart.self, S3.UploadPartCopy.self,
            S3.CompleteMultipartUpload.self, S3.AbortMultipartUpload.self, S3.ListParts.self,
            S3.ListMultipartUploads.self,
        ],
        events: EventParticulars(
            source: "s3express.amazonaws.com", resources: ["Bucket": "AWS::S3Express::DirectoryBucket"],
            listsResources: true, dataEvents: objectLevel, eventNames: eventNames, found: S3Express.eventResources,
            renamed: recordedNames),
        proves: { (request, operation) throws(ServiceError) in try BodyChecks.prove(request, operation) },
        refused: S3Express.refusal, validation: s3Validation,
        resourceTypes: [.directoryBucket], quotas: [.directoryBuckets], samples: directoryBucketSamples)

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-one-zone-logging.html>
    private static let objectLevel: Set<String> = [
        "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "CreateSession",
        "DeleteObject", "DeleteObjects", "GetObject", "GetObjectAttributes", "HeadBucket", "HeadObject",
        "ListObjectsV2", "ListParts", "PutObject", "RenameObject", "UploadPart", "UploadPartCopy",
    ]
}

extension S3Express {
    /// What the events of S3 Express say that they are about: what is in a bucket, and the bucket.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-log-files.html>
    @Sendable static func eventResources(
        _ call: Call, _ accesses: [Access.Resolved], _ input: Structure?, _ output: Structure?
    ) -> [EventParticulars.Resource] {
        guard call.module.events.dataEvents.contains(call.operation), let input,
            case .string(let name) = input["Bucket"], let bucket = call.buckets.bucket(name)?.bucket
        else { return [] }
        let object: EventParticulars.Resource
        if case .string(let key) = input["Key"] {
            object = EventParticulars.Resource("\(bucket.arn)/\(key)", "AWS::S3Express::Object")
        } else {
            object = EventParticulars.Resource("\(bucket.arn)/", "AWS::S3Express::Object", isPrefix: true)
        }
        return [
            object,
            EventParticulars.Resource(bucket.arn, "AWS::S3Express::DirectoryBucket", account: bucket.accountID),
        ]
    }
}
