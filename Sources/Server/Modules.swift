import ACMPCAService
import ACMService
import AccessAnalyzerService
import AccountService
import ArtifactService
import BudgetsService
import CloudTrailService
import CloudWatchLogsService
import CloudWatchService
import CognitoIDPService
import CognitoIdentityService
import ConfigService
import CostAndUsageReportService
import CostExplorerService
import EC2Service
import EventBridgeService
import GuardDutyService
import IAMService
import Inspector2Service
import KMSService
import OrganizationsService
public import Platform
import S3Service
import SNSService
import SQSService
import STSService
import ShieldService
import SigninService
import SupportService
import WAFV2Service
import WellArchitectedService

/// The services that Gatehouse answers: the one place that names them all.
public enum Modules {
    /// Each service once, in no particular order.
    public static let all: [ServiceModule] = [
        .iam, .sts, .signin, .cloudTrail, .cloudTrailData, .organizations, .account, .inspector, .kms, .s3, .s3Control,
        .s3Express,
        .directoryBuckets, .directoryBucketTags, .accessAnalyzer, .cognitoIDP, .cognitoIdentity, .privateCA,
        .certificateManager, .wafV2, .shield, .cloudWatch, .cloudWatchLogs, .eventBridge, .sns, .sqs, .config,
        .ec2, .artifact, .support, .trustedAdvisor, .wellArchitected, .costExplorer, .budgets, .costAndUsageReport,
        .dataExports, .freeTier, .guardDuty,
    ]
    /// The services that have a model of their own, each with the modules that answer for it.
    static var listed: [(service: ServiceModule, modules: [ServiceModule])] {
        all.filter { $0.partOf == nil }.map { service in
            (service, [service] + all.filter { $0.partOf == service.shape.id })
        }
    }
}
