public import Platform
import S3API
public import Wire

/// S3 Express, which answers for directory buckets, as far as it does so without one: there are none here. To clients it is a part
/// of S3; but its requests are signed for a service of their own, and its actions have a prefix of their own.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-security-iam.html>
enum S3Express: APIModel {
    static let signingName = "s3express"

    /// Of S3's model what is asked of the Regional endpoint of directory buckets (`s3express-control`), and names none.
    static let service = ServiceShape(
        schema: """
            service id=s3express signing=s3express endpoint=s3express-control version=2006-03-01 serviceID=S3%20Express \
            protocol=rest-xml namespace=http://s3.amazonaws.com/doc/2006-03-01/ bareErrors
            structure Bucket
              Name String
            list Buckets member=Bucket element=Bucket
            structure ListDirectoryBucketsOutput
              Buckets Buckets
              ContinuationToken Token
            structure ListDirectoryBucketsRequest
              ContinuationToken Token location=querystring locationName=continuation-token
              MaxDirectoryBuckets Limit location=querystring locationName=max-directory-buckets
            integer Limit min=0 max=1000
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

extension S3Express.ListDirectoryBuckets: ComputeOperation {
    static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("s3express:ListAllMyDirectoryBuckets", on: "*"))
    }

    static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output {
            $0.structure["Buckets"] = [S3.Bucket]().wireValue
            $0.structure["ContinuationToken"] = input.structure["ContinuationToken"]
        }
    }
}

extension ServiceModule {
    /// Amazon S3 Express.
    public static let s3Express = ServiceModule(
        S3Express.self, signing: .s3, operations: [S3Express.ListDirectoryBuckets.self], validation: s3Validation)
}
