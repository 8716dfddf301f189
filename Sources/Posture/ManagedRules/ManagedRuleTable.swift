// swift-format-ignore-file

/// The managed rules that can be evaluated here, as AWS publishes them: identifier, triggers, types of resources, and parameters
/// (`?` after the name: optional; `=`: what it is if it is not given), with tabs between them.
package let managedRuleTable = #"""
ACCESS_KEYS_ROTATED	periodic		maxAccessKeyAge:int=90
ACCOUNT_PART_OF_ORGANIZATIONS	periodic		MasterAccountId?:String
ACM_CERTIFICATE_EXPIRATION_CHECK	change+periodic	AWS::ACM::Certificate	daysToExpiration?:int=14
ACM_CERTIFICATE_RSA_CHECK	change	AWS::ACM::Certificate	
CLOUDTRAIL_S3_DATAEVENTS_ENABLED	periodic		S3BucketNames?:String
CLOUDTRAIL_SECURITY_TRAIL_ENABLED	periodic		
CLOUDWATCH_ALARM_ACTION_CHECK	change	AWS::CloudWatch::Alarm	alarmActionRequired:String=true;insufficientDataActionRequired:String=true;okActionRequired:String=false;action1?:String;action2?:String;action3?:String;action4?:String;action5?:String
CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK	change	AWS::CloudWatch::Alarm	
CLOUDWATCH_ALARM_RESOURCE_CHECK	periodic		resourceType:String;metricName:String
CLOUDWATCH_ALARM_SETTINGS_CHECK	change	AWS::CloudWatch::Alarm	metricName:String;threshold?:int;evaluationPeriods?:int;period?:int=300;comparisonOperator?:String;statistic?:String
CLOUDWATCH_LOG_GROUP_ENCRYPTED	periodic		KmsKeyId?:String
CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED	periodic		expectedDeliveryWindowAge?:int
CLOUD_TRAIL_ENABLED	periodic		s3BucketName?:String;snsTopicArn?:String;cloudWatchLogsLogGroupArn?:String
CLOUD_TRAIL_ENCRYPTION_ENABLED	periodic		
CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED	periodic		
CMK_BACKING_KEY_ROTATION_ENABLED	periodic		
CUSTOM_EVENTBUS_POLICY_ATTACHED	change	AWS::Events::EventBus	
CW_LOGGROUP_RETENTION_PERIOD_CHECK	periodic		LogGroupNames?:CSV;MinRetentionTime?:int
EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK	periodic		
EC2_EBS_ENCRYPTION_BY_DEFAULT	periodic		
EC2_IMDSV2_CHECK	change	AWS::EC2::Instance	
EC2_INSTANCE_NO_PUBLIC_IP	change	AWS::EC2::Instance	
EC2_INSTANCE_PROFILE_ATTACHED	change	AWS::EC2::Instance	IamInstanceProfileArnList?:CSV
EC2_SECURITY_GROUP_ATTACHED_TO_ENI	change	AWS::EC2::SecurityGroup	
EC2_STOPPED_INSTANCE	periodic		AllowedDays?:int=30
ENCRYPTED_VOLUMES	change	AWS::EC2::Volume	kmsId?:String
GUARDDUTY_ENABLED_CENTRALIZED	periodic		CentralMonitoringAccount?:String
GUARDDUTY_NON_ARCHIVED_FINDINGS	periodic		daysLowSev?:int=30;daysMediumSev?:int=7;daysHighSev?:int=1
IAM_CUSTOMER_POLICY_BLOCKED_KMS_ACTIONS	change	AWS::IAM::Policy	blockedActionsPatterns:CSV;excludePermissionBoundaryPolicy?:boolean
IAM_GROUP_HAS_USERS_CHECK	change	AWS::IAM::Group	
IAM_INLINE_POLICY_BLOCKED_KMS_ACTIONS	change	AWS::IAM::Group,AWS::IAM::Role,AWS::IAM::User	blockedActionsPatterns:CSV;excludeRoleByManagementAccount?:boolean
IAM_NO_INLINE_POLICY_CHECK	change	AWS::IAM::User,AWS::IAM::Role,AWS::IAM::Group	
IAM_PASSWORD_POLICY	periodic		RequireUppercaseCharacters?:boolean=true;RequireLowercaseCharacters?:boolean=true;RequireSymbols?:boolean=true;RequireNumbers?:boolean=true;MinimumPasswordLength?:int=14;PasswordReusePrevention?:int=24;MaxPasswordAge?:int=90
IAM_POLICY_BLACKLISTED_CHECK	change	AWS::IAM::User,AWS::IAM::Group,AWS::IAM::Role	policyArns:CSV=arn:aws:iam::aws:policy/AdministratorAccess;exceptionList?:CSV
IAM_POLICY_IN_USE	periodic		policyARN:String;policyUsageType?:String
IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS	change	AWS::IAM::Policy	excludePermissionBoundaryPolicy?:boolean
IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS	change	AWS::IAM::Policy	excludePermissionBoundaryPolicy?:boolean
IAM_ROLE_MANAGED_POLICY_CHECK	change	AWS::IAM::Role	managedPolicyArns:CSV
IAM_ROOT_ACCESS_KEY_CHECK	periodic		
IAM_USER_GROUP_MEMBERSHIP_CHECK	change	AWS::IAM::User	groupNames?:String
IAM_USER_MFA_ENABLED	periodic		
IAM_USER_NO_POLICIES_CHECK	change	AWS::IAM::User	
IAM_USER_UNUSED_CREDENTIALS_CHECK	periodic		maxCredentialUsageAge:int=90
INCOMING_SSH_DISABLED	change	AWS::EC2::SecurityGroup	
KMS_CMK_NOT_SCHEDULED_FOR_DELETION	periodic	AWS::KMS::Key	kmsKeyIds?:String
MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS	periodic		
MULTI_REGION_CLOUD_TRAIL_ENABLED	periodic		s3BucketName?:String;snsTopicArn?:String;cloudWatchLogsLogGroupArn?:String;includeManagementEvents?:boolean;readWriteType?:String
NACL_NO_UNRESTRICTED_SSH_RDP	change	AWS::EC2::NetworkAcl	
REQUIRED_TAGS	change	AWS::ACM::Certificate,AWS::AutoScaling::AutoScalingGroup,AWS::CloudFormation::Stack,AWS::CodeBuild::Project,AWS::DynamoDB::Table,AWS::EC2::CustomerGateway,AWS::EC2::Instance,AWS::EC2::InternetGateway,AWS::EC2::NetworkAcl,AWS::EC2::NetworkInterface,AWS::EC2::RouteTable,AWS::EC2::SecurityGroup,AWS::EC2::Subnet,AWS::EC2::Volume,AWS::EC2::VPC,AWS::EC2::VPNConnection,AWS::EC2::VPNGateway,AWS::ElasticLoadBalancing::LoadBalancer,AWS::ElasticLoadBalancingV2::LoadBalancer,AWS::RDS::DBInstance,AWS::RDS::DBSecurityGroup,AWS::RDS::DBSnapshot,AWS::RDS::DBSubnetGroup,AWS::RDS::EventSubscription,AWS::Redshift::Cluster,AWS::Redshift::ClusterParameterGroup,AWS::Redshift::ClusterSecurityGroup,AWS::Redshift::ClusterSnapshot,AWS::Redshift::ClusterSubnetGroup,AWS::S3::Bucket	tag1Key:String=CostCenter;tag1Value?:CSV;tag2Key?:String;tag2Value?:CSV;tag3Key?:String;tag3Value?:CSV;tag4Key?:String;tag4Value?:CSV;tag5Key?:String;tag5Value?:CSV;tag6Key?:String;tag6Value?:CSV
RESTRICTED_INCOMING_TRAFFIC	change	AWS::EC2::SecurityGroup	blockedPort1?:int=20;blockedPort2?:int=21;blockedPort3?:int=3389;blockedPort4?:int=3306;blockedPort5?:int=4333
ROOT_ACCOUNT_HARDWARE_MFA_ENABLED	periodic		
ROOT_ACCOUNT_MFA_ENABLED	periodic		
S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS	change	AWS::S3::AccountPublicAccessBlock	IgnorePublicAcls?:String=True;BlockPublicPolicy?:String=True;BlockPublicAcls?:String=True;RestrictPublicBuckets?:String=True
S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC	periodic		IgnorePublicAcls?:String;BlockPublicPolicy?:String;BlockPublicAcls?:String;RestrictPublicBuckets?:String
S3_BUCKET_ACL_PROHIBITED	change	AWS::S3::Bucket	
S3_BUCKET_BLACKLISTED_ACTIONS_PROHIBITED	change	AWS::S3::Bucket	blacklistedActionPattern:CSV
S3_BUCKET_DEFAULT_LOCK_ENABLED	change	AWS::S3::Bucket	mode?:String
S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED	change	AWS::S3::Bucket	excludedPublicBuckets?:CSV
S3_BUCKET_LOGGING_ENABLED	change	AWS::S3::Bucket	targetBucket?:String;targetPrefix?:String
S3_BUCKET_POLICY_GRANTEE_CHECK	change	AWS::S3::Bucket	awsPrincipals?:CSV;servicePrincipals?:CSV;federatedUsers?:CSV;ipAddresses?:CSV;vpcIds?:CSV
S3_BUCKET_POLICY_NOT_MORE_PERMISSIVE	change	AWS::S3::Bucket	controlPolicy:String
S3_BUCKET_PUBLIC_READ_PROHIBITED	change+periodic	AWS::S3::Bucket	
S3_BUCKET_PUBLIC_WRITE_PROHIBITED	change+periodic	AWS::S3::Bucket	
S3_BUCKET_REPLICATION_ENABLED	change	AWS::S3::Bucket	ReplicationType?:String
S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED	change	AWS::S3::Bucket	
S3_BUCKET_SSL_REQUESTS_ONLY	change	AWS::S3::Bucket	
S3_BUCKET_VERSIONING_ENABLED	change	AWS::S3::Bucket	isMfaDeleteEnabled?:String
S3_DEFAULT_ENCRYPTION_KMS	change	AWS::S3::Bucket	kmsKeyArns?:CSV
S3_EVENT_NOTIFICATIONS_ENABLED	change	AWS::S3::Bucket	destinationArn?:String;eventTypes?:CSV
S3_LIFECYCLE_POLICY_CHECK	change	AWS::S3::Bucket	targetTransitionDays?:int;targetExpirationDays?:int;targetTransitionStorageClass?:String;targetPrefix?:String;bucketNames?:CSV
S3_VERSION_LIFECYCLE_POLICY_CHECK	change	AWS::S3::Bucket	bucketNames?:CSV
SECURITY_ACCOUNT_INFORMATION_PROVIDED	periodic	AWS::::Account	
SHIELD_ADVANCED_ENABLED_AUTORENEW	periodic		
SHIELD_DRT_ACCESS	periodic		
SNS_ENCRYPTED_KMS	change	AWS::SNS::Topic	kmsKeyIds?:CSV
SNS_TOPIC_MESSAGE_DELIVERY_NOTIFICATION_ENABLED	change	AWS::SNS::Topic	
SNS_TOPIC_NO_PUBLIC_ACCESS	change	AWS::SNS::Topic	
SQS_QUEUE_DLQ_CHECK	change	AWS::SQS::Queue	
SQS_QUEUE_NO_PUBLIC_ACCESS	change	AWS::SQS::Queue	
SQS_QUEUE_POLICY_FULL_ACCESS_CHECK	change	AWS::SQS::Queue	
VPC_DEFAULT_SECURITY_GROUP_CLOSED	change	AWS::EC2::SecurityGroup	
VPC_FLOW_LOGS_ENABLED	periodic		trafficType?:String
VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS	change	AWS::EC2::SecurityGroup	authorizedTcpPorts?:String;authorizedUdpPorts?:String
WAFV2_LOGGING_ENABLED	periodic		KinesisFirehoseDeliveryStreamArns?:CSV
WAFV2_RULEGROUP_NOT_EMPTY	change	AWS::WAFv2::RuleGroup	
WAFV2_WEBACL_NOT_EMPTY	change	AWS::WAFv2::WebACL	
"""#
