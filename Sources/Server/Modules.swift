import AccessAnalyzerService
import AccountService
import CloudTrailService
import IAMService
import KMSService
import OrganizationsService
public import Platform
import S3Service
import STSService
import SigninService

/// The services that Gatehouse answers: the one place that names them all.
public enum Modules {
    /// Each service once, in no particular order.
    public static let all: [ServiceModule] = [
        .iam, .sts, .signin, .cloudTrail, .cloudTrailData, .organizations, .account, .kms, .s3, .s3Control, .s3Express,
        .directoryBuckets, .directoryBucketTags,
        .accessAnalyzer,
    ]
}
