import Platform
import SupportAPI
import Wire

/// What cases can be about: AWS's codes, for what is here.
/// <https://docs.aws.amazon.com/awssupport/latest/APIReference/API_DescribeServices.html>
enum SupportCatalog {
    static let general = "general-info"
    static let other = "other"
    static let issueTypes = ["technical", "customer-service"]
    static let severities = [
        (code: "low", name: "Low"), (code: "normal", name: "Normal"), (code: "high", name: "High"),
        (code: "urgent", name: "Urgent"), (code: "critical", name: "Critical"),
    ]

    static let categories = [
        (code: "using-aws", name: "Using AWS & Services"), (code: "security", name: "Security"),
        (code: "apis", name: "APIs"), (code: "access-denied", name: "Access denied"),
        (code: "performance", name: "Performance"), (code: other, name: "Other"),
    ]

    static let services = [
        (code: general, name: "General Info and Getting Started"), (code: "account-management", name: "Account"),
        (code: "billing", name: "Billing"),
        (code: "aws-identity-and-access-management", name: "Identity and Access Management (IAM)"),
        (code: "aws-organizations", name: "Organizations"), (code: "aws-cloudtrail", name: "CloudTrail"),
        (code: "service-config", name: "Config"),
        (code: "key-management-service", name: "Key Management Service (KMS)"),
        (code: "amazon-simple-storage-service", name: "Simple Storage Service (S3)"),
        (code: "amazon-elastic-compute-cloud-linux", name: "Elastic Compute Cloud (EC2 - Linux)"),
        (code: "amazon-virtual-private-cloud", name: "Virtual Private Cloud (VPC)"),
        (code: "amazon-cloudwatch", name: "CloudWatch"),
        (code: "amazon-simple-notification-service", name: "Simple Notification Service (SNS)"),
        (code: "amazon-simple-queue-service", name: "Simple Queue Service (SQS)"),
        (code: "service-cognito", name: "Cognito"), (code: "service-certificate-manager", name: "Certificate Manager"),
        (code: "service-web-application-firewall", name: "Web Application Firewall"),
    ]

    /// - Throws: InvalidParameterValueException for codes that DescribeServices does not list.
    static func check(service: String, category: String) throws(ServiceError) {
        guard services.contains(where: { $0.code == service }) else { throw .invalidCase("serviceCode", service) }
        guard categories.contains(where: { $0.code == category }) else { throw .invalidCase("categoryCode", category) }
    }
}

extension Support.DescribeServices: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let wanted = input.serviceCodeList ?? []
        return Output {
            $0.services = SupportCatalog.services.filter { wanted.isEmpty || wanted.contains($0.code) }.map { service in
                Support.Service {
                    $0.code = service.code
                    $0.name = service.name
                    $0.categories = SupportCatalog.categories.map { category in
                        Support.Category {
                            $0.code = category.code
                            $0.name = category.name
                        }
                    }
                }
            }
        }
    }
}

extension Support.DescribeSeverityLevels: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        Output {
            $0.severityLevels = SupportCatalog.severities.map { severity in
                Support.SeverityLevel {
                    $0.code = severity.code
                    $0.name = severity.name
                }
            }
        }
    }
}

/// Gatehouse speaks English.
extension Support.DescribeSupportedLanguages: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        try SupportCatalog.check(service: input.serviceCode, category: input.categoryCode)
        return Output {
            $0.supportedLanguages = [
                Support.SupportedLanguage {
                    $0.code = "en"
                    $0.language = "English"
                    $0.display = "ENGLISH"
                }
            ]
        }
    }
}

/// Cases are written; whoever operates this Gatehouse says when they are read.
extension Support.DescribeCreateCaseOptions: ComputeOperation, OnAllOfSupport {
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        try SupportCatalog.check(service: input.serviceCode, category: input.categoryCode)
        let isEnglish = input.language.lowercased() == "en"
        return Output {
            $0.languageAvailability = isEnglish ? "available" : "unavailable"
            $0.communicationTypes = [
                Support.CommunicationTypeOptions {
                    $0.type = "web"
                    $0.supportedHours = []
                    $0.datesWithoutSupport = []
                }
            ]
        }
    }
}
