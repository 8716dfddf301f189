import Platform
import Policy
import S3API
import Wire

// Operations that S3 has no more for accounts that are new today. Whoever may use them is told so; whoever may not is denied.

extension ServiceError {
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList>
    static func methodNotAllowed(_ method: String, _ type: String) -> ServiceError {
        .s3(
            "MethodNotAllowed", "The specified method is not allowed against this resource.", status: 405,
            ["Method": method, "ResourceType": type])
    }
}

/// S3 Select, which is closed to new customers since 25 July 2024.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/selecting-content-from-objects.html>
extension S3.SelectObjectContent: ComputeOperation, OnObject {
    static var action: String { "GetObject" }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        throw .methodNotAllowed("POST", "OBJECT")
    }
}

/// BitTorrent, which S3 has ended on 29 April 2022.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTorrent.html>
extension S3.GetObjectTorrent: ComputeOperation, OnObject {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        throw .methodNotAllowed("GET", "TORRENT")
    }
}
