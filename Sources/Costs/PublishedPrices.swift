extension PriceList {
    /// The list prices of AWS's that ship with Gatehouse: a subset, in US dollars, without free tiers and discounts. What it does
    /// not name has no price.
    ///
    /// Compiled in, and so checked by the tests: a list that could not be read would be empty.
    public static let published: PriceList = (try? PriceList(publishedText)) ?? PriceList()

    /// One without any price.
    public init() { self.init(nothing: ()) }

    /// Its text, to begin a list of one's own with.
    public static let publishedText = """
        # Prices for `gatehouse serve --prices`: a subset of the list prices that AWS publishes, without free tiers and discounts.
        published 2026-11-30
        currency USD

        # https://aws.amazon.com/iam/faqs/, https://aws.amazon.com/organizations/faqs/: at no additional charge.
        product iam IAM AWS Identity and Access Management
        product sts STS AWS Security Token Service
        product organizations AWSOrganizations AWS Organizations
        price iam * {prefix}Requests Requests 0 *
        price sts * {prefix}Requests Requests 0 *
        price organizations * {prefix}Requests Requests 0 *

        # https://aws.amazon.com/aws-cost-management/pricing/: $0.01 for each page that the Cost Explorer API answers.
        product ce AWSCostExplorer AWS Cost Explorer
        price ce * USE1-APIRequest Requests 0.01 *

        # https://aws.amazon.com/kms/pricing/: $0.03 for 10,000 requests. What asymmetric keys do costs by the kind of key, which
        # an event does not tell: Sign, Verify, GetPublicKey and GenerateDataKeyPair have no price here.
        product kms awskms AWS Key Management Service
        price kms us-east-1,us-east-2,us-west-1,us-west-2,eu-west-1,eu-central-1 {region}-KMS-Requests Requests 0.000003 \
        Decrypt,Encrypt,GenerateDataKey,GenerateDataKeyWithoutPlaintext,GenerateRandom,GenerateMac,VerifyMac,ReEncrypt,\
        CreateKey,DescribeKey,ListKeys,ListAliases,CreateAlias,CreateGrant,ListGrants

        # https://aws.amazon.com/s3/pricing/: requests for the storage class S3 Standard. DELETE is free.
        product s3 AmazonS3 Amazon Simple Storage Service
        price s3 us-east-1,us-east-2,us-west-2,eu-west-1 {prefix}Requests-Tier1 Requests 0.000005 \
        PutObject,CopyObject,PostObject,CreateBucket,ListBuckets,ListObjects,ListObjectsV2,ListObjectVersions,\
        CreateMultipartUpload,UploadPart,UploadPartCopy,CompleteMultipartUpload,ListParts,ListMultipartUploads
        price s3 us-east-1,us-east-2,us-west-2,eu-west-1 {prefix}Requests-Tier2 Requests 0.0000004 \
        GetObject,HeadObject,HeadBucket,GetObjectAttributes,SelectObjectContent
        price s3 eu-central-1 {prefix}Requests-Tier1 Requests 0.0000054 \
        PutObject,CopyObject,PostObject,CreateBucket,ListBuckets,ListObjects,ListObjectsV2,ListObjectVersions,\
        CreateMultipartUpload,UploadPart,UploadPartCopy,CompleteMultipartUpload,ListParts,ListMultipartUploads
        price s3 eu-central-1 {prefix}Requests-Tier2 Requests 0.00000043 \
        GetObject,HeadObject,HeadBucket,GetObjectAttributes,SelectObjectContent
        price s3 * {prefix}Requests-Tier1 Requests 0 DeleteObject,DeleteBucket,AbortMultipartUpload

        # https://aws.amazon.com/sqs/pricing/: $0.40 for a million requests to standard queues, $0.50 to FIFO queues; messages up
        # to 64 KB.
        product sqs AWSQueueService Amazon Simple Queue Service
        price sqs us-east-1,us-east-2,us-west-2,eu-west-1,eu-central-1 {prefix}Requests Requests 0.0000004 *
        price sqs/.fifo us-east-1,us-east-2,us-west-2,eu-west-1,eu-central-1 {prefix}Requests-FIFO Requests 0.0000005 *

        # https://aws.amazon.com/sns/pricing/: $0.50 for a million requests to standard topics.
        product sns AmazonSNS Amazon Simple Notification Service
        price sns us-east-1,us-east-2,us-west-2,eu-west-1,eu-central-1 {prefix}Requests-Tier1 Requests 0.0000005 *

        # https://aws.amazon.com/cloudwatch/pricing/: $0.01 for 1,000 requests. GetMetricData costs by the metrics asked for.
        product monitoring AmazonCloudWatch AmazonCloudWatch
        price monitoring us-east-1,us-east-2,us-west-2,eu-west-1,eu-central-1 {prefix}CW:Requests Requests 0.00001 \
        PutMetricData,GetMetricStatistics,ListMetrics,DescribeAlarms,PutMetricAlarm,GetDashboard,ListDashboards,\
        PutDashboard,DeleteDashboards

        # https://aws.amazon.com/free/: what is always free, each month.
        free kms Global-KMS-Requests 20000 Requests \
        Decrypt,Encrypt,GenerateDataKey,GenerateDataKeyWithoutPlaintext,GenerateRandom,GenerateMac,VerifyMac,ReEncrypt,\
        CreateKey,DescribeKey,ListKeys,ListAliases,CreateAlias,CreateGrant,ListGrants \
        20,000 free requests per month of AWS Key Management Service
        free monitoring Global-CW:Requests 1000000 Requests \
        PutMetricData,GetMetricStatistics,ListMetrics,DescribeAlarms,PutMetricAlarm,GetDashboard,ListDashboards,\
        PutDashboard,DeleteDashboards \
        1,000,000 free API requests per month of Amazon CloudWatch
        free sns Global-Requests-Tier1 1000000 Requests * 1,000,000 free requests per month of Amazon SNS
        free sqs Global-Requests 1000000 Requests * 1,000,000 free requests per month of Amazon SQS

        # What these are called on bills; their calls have no price in this list.
        product acm AWSCertificateManager AWS Certificate Manager
        product acm-pca AWSCertificateManager AWS Certificate Manager
        product budgets AWSBudgets AWS Budgets
        product cloudtrail AWSCloudTrail AWS CloudTrail
        product cognito-idp AmazonCognito Amazon Cognito
        product cognito-identity AmazonCognito Amazon Cognito
        product config AWSConfig AWS Config
        product dynamodb AmazonDynamoDB Amazon DynamoDB
        product ec2 AmazonEC2 Amazon Elastic Compute Cloud - Compute
        product events AWSEvents CloudWatch Events
        product guardduty AmazonGuardDuty Amazon GuardDuty
        product inspector2 AmazonInspectorV2 Amazon Inspector
        product lambda AWSLambda AWS Lambda
        product logs AmazonCloudWatch AmazonCloudWatch
        product secretsmanager AWSSecretsManager AWS Secrets Manager
        product shield AWSShield AWS Shield
        product ssm AWSSystemsManager AWS Systems Manager
        product wafv2 awswaf AWS WAF
        """
}
