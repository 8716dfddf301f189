import AccountAPI
import CloudTrailAPI
import CloudWatchAPI
import CloudWatchLogsAPI
import Directory
import IAMAPI
import KMSAPI
import Ledger
import OrganizationsAPI
import Platform
import Posture
import ShieldAdvancedAPI
import WAFV2API
import Wire

/// Asks services for what rules about an account want to know, with AWS Config's service-linked role, so that each question is
/// allowed by policies and recorded.
struct FactGathering {
    let environment: Environment
    let services: ServiceCalls
    let identity: ServiceIdentity
    let rule: StoredRule
    let parameters: RuleParameters
    var facts: AccountFacts

    /// - Throws: an error that says that the role is not there.
    init(_ rule: StoredRule, _ parameters: RuleParameters, _ environment: Environment) async throws(ServiceError) {
        let template = ServiceLinkedRoleCatalog.template(ofService: ConfigName.principal)
        let role = try await environment.read(Scope(account: rule.accountID)) { (records) throws(ServiceError) in
            try template.flatMap { (template) throws(ServiceError) in
                try records.get(Role.self, Role.id(ofName: template.roleName))
            }
        }
        guard let role else {
            throw ServiceError("AccessDenied", "There is no service-linked role of AWS Config.", status: 403)
        }
        self.environment = environment
        self.rule = rule
        self.parameters = parameters
        services = environment.services(in: rule.region)
        identity = .assuming(
            role, session: "AWSConfig-Rules", ConfigName.principal, for: rule.arn, in: rule.accountID)
        facts = AccountFacts(account: rule.accountID, region: rule.region, now: environment.now())
    }

    mutating func gather(_ wanted: [AccountFact]) async throws(ServiceError) {
        for fact in wanted {
            switch fact {
            case .summary: try await summary()
            case .passwordPolicy: try await passwordPolicy()
            case .credentials: try await credentials()
            case .policyUse: try await policyUse()
            case .organization: try await organization()
            case .securityContact: try await securityContact()
            case .trails: try await trails()
            case .keys: try await keys()
            case .logGroups: try await logGroups()
            case .alarms: try await alarms()
            case .shield: try await shield()
            case .webACLs: try await webACLs()
            case .accountBlock: try await accountBlock()
            case .networks: try await networks()
            case .instances: try await instances()
            case .volumeEncryption: facts.encryptsVolumes = try await encryptsVolumes()
            case .publicSnapshots: try await publicSnapshots()
            case .detector: try await detector()
            case .threats: try await threats()
            }
        }
    }

    func ask<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input = O.Input()
    ) async throws(ServiceError) -> O.Output {
        try await services.call(operation, input, as: identity)
    }

    /// What a service says of something that may not be there.
    private func askPerhaps<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input = O.Input(), _ missing: [String]
    ) async throws(ServiceError) -> O.Output? {
        do throws(ServiceError) { return try await ask(operation, input) } catch {
            guard missing.contains(error.code) else { throw error }
            return nil
        }
    }

    // MARK: IAM

    private mutating func summary() async throws(ServiceError) {
        facts.summary = try await ask(IAM.GetAccountSummary.self).summaryMap ?? [:]
        let root = "arn:aws:iam::\(facts.account):root"
        var marker: String?
        repeat {
            let page = try await ask(
                IAM.ListVirtualMFADevices.self,
                IAM.ListVirtualMFADevices.Input { input in
                    input.assignmentStatus = "Assigned"
                    input.maxItems = 1000
                    input.marker = marker
                })
            facts.hasVirtualRootDevice = page.virtualMFADevices.contains { $0.user?.arn == root }
            marker = page.isTruncated == true ? page.marker : nil
        } while marker != nil && !facts.hasVirtualRootDevice
    }

    private mutating func passwordPolicy() async throws(ServiceError) {
        let answer = try await askPerhaps(
            IAM.GetAccountPasswordPolicy.self, IAM.GetAccountPasswordPolicy.Input(), ["NoSuchEntity"])
        guard let found = answer?.passwordPolicy else { return }
        var policy = AccountFacts.PasswordPolicy()
        policy.minimumLength = found.minimumPasswordLength ?? 6
        policy.requiresSymbols = found.requireSymbols ?? false
        policy.requiresNumbers = found.requireNumbers ?? false
        policy.requiresUppercase = found.requireUppercaseCharacters ?? false
        policy.requiresLowercase = found.requireLowercaseCharacters ?? false
        policy.maxAge = found.maxPasswordAge
        policy.reusePrevention = found.passwordReusePrevention
        facts.passwordPolicy = policy
    }

    /// From the credential report, which is made when there is none: until it is there, the evaluation waits.
    private mutating func credentials() async throws(ServiceError) {
        let state = try await ask(IAM.GenerateCredentialReport.self).state
        guard state == "COMPLETE" else {
            throw ServiceError("ReportInProgress", "The credential report is being made.", status: 410)
        }
        let report = try await ask(IAM.GetCredentialReport.self)
        let account = Scope(account: facts.account)
        let rows = try CredentialReportReading.rows(of: String(decoding: report.content?.bytes ?? [], as: UTF8.self))
            .filter { (row: [String: String]) in row["user"] != "<root_account>" }
        facts.users = try await environment.read(account) { (records) throws(ServiceError) in
            var users: [AccountFacts.User] = []
            for row in rows {
                guard let name = row["user"], let user = try records.get(User.self, User.id(ofName: name)) else {
                    continue
                }
                users.append(AccountFacts.User(row, id: user.uniqueID))
            }
            return users
        }
    }

    private mutating func policyUse() async throws(ServiceError) {
        guard let arn = parameters["policyARN"] else { return }
        let answer = try await askPerhaps(
            IAM.ListEntitiesForPolicy.self, IAM.ListEntitiesForPolicy.Input { $0.policyArn = arn }, ["NoSuchEntity"])
        guard let answer else { return }
        if answer.policyUsers?.isEmpty == false { facts.policyUse.append(.user) }
        if answer.policyGroups?.isEmpty == false { facts.policyUse.append(.group) }
        if answer.policyRoles?.isEmpty == false { facts.policyUse.append(.role) }
    }

    // MARK: The account

    private mutating func organization() async throws(ServiceError) {
        let answer = try await askPerhaps(
            Organizations.DescribeOrganization.self, Organizations.DescribeOrganization.Input(),
            ["AWSOrganizationsNotInUseException"])
        facts.managementAccount = answer?.organization?.masterAccountId
    }

    private mutating func securityContact() async throws(ServiceError) {
        let answer = try await askPerhaps(
            AccountManagement.GetAlternateContact.self,
            AccountManagement.GetAlternateContact.Input { $0.alternateContactType = "SECURITY" },
            ["ResourceNotFoundException"])
        facts.hasSecurityContact = answer?.alternateContact != nil
    }

    private mutating func accountBlock() async throws(ServiceError) {
        let (environment, account) = (environment, facts.account)
        let resource = ConfiguredResource("AWS::S3::AccountPublicAccessBlock", account, account: account, region: "")
        facts.accountBlock = try await environment.read(Scope(account: account)) { (records) throws(ServiceError) in
            try environment.configurationItem(of: resource, records)?.configuration
        }
    }

    private mutating func shield() async throws(ServiceError) {
        let answer = try await askPerhaps(
            ShieldAdvanced.DescribeSubscription.self, ShieldAdvanced.DescribeSubscription.Input(),
            ["ResourceNotFoundException"])
        guard let subscription = answer?.subscription else { return }
        let access = try await askPerhaps(
            ShieldAdvanced.DescribeDRTAccess.self, ShieldAdvanced.DescribeDRTAccess.Input(),
            ["ResourceNotFoundException"])
        facts.shield = AccountFacts.Shield(
            isRenewed: subscription.autoRenew == "ENABLED", hasResponseTeamRole: access?.roleArn != nil)
    }

    // MARK: Trails

    private mutating func trails() async throws(ServiceError) {
        let found = try await ask(CloudTrail.DescribeTrails.self).trailList ?? []
        for trail in found {
            guard let arn = trail.trailARN else { continue }
            var known = AccountFacts.Trail(name: trail.name ?? arn, arn: arn)
            let status = try await askPerhaps(
                CloudTrail.GetTrailStatus.self, CloudTrail.GetTrailStatus.Input { $0.name = arn },
                ["TrailNotFoundException"])
            let selectors = try await askPerhaps(
                CloudTrail.GetEventSelectors.self, CloudTrail.GetEventSelectors.Input { $0.trailName = arn },
                ["TrailNotFoundException"])
            known.isLogging = status?.isLogging ?? false
            known.logsDelivered = status?.latestCloudWatchLogsDeliveryTime?.secondsSinceEpoch
            known.isMultiRegion = trail.isMultiRegionTrail ?? false
            known.includesGlobalEvents = trail.includeGlobalServiceEvents ?? false
            known.validatesFiles = trail.logFileValidationEnabled ?? false
            known.keyID = trail.kmsKeyId
            known.bucket = trail.s3BucketName
            known.topicARN = trail.snsTopicARN
            known.logGroupARN = trail.cloudWatchLogsLogGroupArn
            if let selectors { known.take(selectors) }
            facts.trails.append(known)
        }
    }

    // MARK: Lists

    private mutating func keys() async throws(ServiceError) {
        var marker: String?
        repeat {
            let page = try await ask(KMS.ListKeys.self, KMS.ListKeys.Input { input in input.marker = marker })
            for entry in page.keys ?? [] {
                guard let id = entry.keyId else { continue }
                guard
                    let key = try await askPerhaps(
                        KMS.DescribeKey.self, KMS.DescribeKey.Input { $0.keyId = id }, ["NotFoundException"])?
                        .keyMetadata
                else { continue }
                var known = AccountFacts.Key(id: id)
                known.isCustomerManaged = key.keyManager == "CUSTOMER"
                known.isSymmetric = key.keySpec == "SYMMETRIC_DEFAULT"
                known.isOfKMS = key.origin == "AWS_KMS"
                known.state = key.keyState ?? ""
                if known.isCustomerManaged, known.isSymmetric, known.isOfKMS, known.state == "Enabled" {
                    let rotation = try await askPerhaps(
                        KMS.GetKeyRotationStatus.self, KMS.GetKeyRotationStatus.Input { $0.keyId = id },
                        ["NotFoundException", "KMSInvalidStateException", "UnsupportedOperationException"])
                    known.rotates = rotation?.keyRotationEnabled ?? false
                }
                facts.keys.append(known)
            }
            marker = page.truncated == true ? page.nextMarker : nil
        } while marker != nil
    }

    private mutating func logGroups() async throws(ServiceError) {
        var next: String?
        repeat {
            let page = try await ask(
                CloudWatchLogs.DescribeLogGroups.self, CloudWatchLogs.DescribeLogGroups.Input { $0.nextToken = next })
            for group in page.logGroups ?? [] {
                guard let name = group.logGroupName else { continue }
                facts.logGroups.append(
                    AccountFacts.LogGroup(name: name, keyID: group.kmsKeyId, retention: group.retentionInDays))
            }
            next = page.nextToken
        } while next != nil
    }

    private mutating func alarms() async throws(ServiceError) {
        var next: String?
        repeat {
            let page = try await ask(
                CloudWatch.DescribeAlarms.self, CloudWatch.DescribeAlarms.Input { $0.nextToken = next })
            for alarm in page.metricAlarms ?? [] {
                facts.alarms.append(
                    AccountFacts.Alarm(
                        name: alarm.alarmName ?? "", metric: alarm.metricName ?? "",
                        resources: (alarm.dimensions ?? []).map(\.value)))
            }
            next = page.nextToken
        } while next != nil
        if parameters["resourceType"] == "AWS::KMS::Key" { try await keys() }
    }

    /// AWS's own role may not list web ACLs: their configuration items say which there are.
    private mutating func webACLs() async throws(ServiceError) {
        let (environment, rule) = (environment, rule)
        let found = try await environment.read(rule.scope) { (records) throws(ServiceError) in
            var found: [(id: String, arn: String)] = []
            guard let type = environment.configuredResourceType("AWS::WAFv2::WebACL") else { return found }
            var after: String?
            repeat {
                let page = try type.list(rule.accountID, rule.region, after, 256, records)
                for resource in page.resources {
                    guard let item = try environment.configurationItem(of: resource, records), let arn = item.arn
                    else { continue }
                    found.append((item.resourceID, arn))
                }
                after = page.next
            } while after != nil
            return found
        }
        for (id, arn) in found {
            let logging = try await askPerhaps(
                WAFV2.GetLoggingConfiguration.self, WAFV2.GetLoggingConfiguration.Input { $0.resourceArn = arn },
                ["WAFNonexistentItemException"])
            facts.webACLs.append(
                AccountFacts.WebACL(
                    arn: arn, id: id, logDestinations: logging?.loggingConfiguration?.logDestinationConfigs ?? []))
        }
    }
}

extension AccountFacts.User {
    /// A line of the credential report. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
    init(_ row: [String: String], id: String) {
        func time(_ name: String) -> Double? {
            row[name].flatMap { Timestamp(parsing: $0)?.secondsSinceEpoch }
        }
        self.init(name: row["user"] ?? "", id: id)
        hasPassword = row["password_enabled"] == "true"
        passwordUsed = time("password_last_used")
        passwordChanged = time("password_last_changed")
        hasMFA = row["mfa_active"] == "true"
        created = time("user_creation_time") ?? 0
        keys = ["1", "2"].map { number in
            AccountFacts.AccessKey(
                isActive: row["access_key_\(number)_active"] == "true",
                rotated: time("access_key_\(number)_last_rotated"), used: time("access_key_\(number)_last_used_date"))
        }
    }
}

extension AccountFacts.Trail {
    mutating func take(_ selectors: CloudTrail.GetEventSelectors.Output) {
        for selector in selectors.eventSelectors ?? [] {
            if selector.includeManagementEvents ?? true {
                managementEvents = selector.readWriteType ?? "All"
                excludesServices = excludesServices || selector.excludeManagementEventSources?.isEmpty == false
            }
            for resource in selector.dataResources ?? [] where resource.type == "AWS::S3::Object" {
                dataEventBuckets += (resource.values ?? []).map(Self.bucket)
            }
        }
        for selector in selectors.advancedEventSelectors ?? [] {
            func values(_ field: String) -> [String] {
                selector.fieldSelectors.filter { $0.field == field }.flatMap {
                    ($0.equals ?? []) + ($0.startsWith ?? [])
                }
            }
            if values("eventCategory").contains("Management") {
                let only = values("readOnly").first
                managementEvents = only == nil ? "All" : only == "true" ? "ReadOnly" : "WriteOnly"
                excludesServices =
                    excludesServices || selector.fieldSelectors.contains { $0.field == "eventSource" }
            } else if values("resources.type").contains("AWS::S3::Object") {
                let named = values("resources.ARN")
                dataEventBuckets += named.isEmpty ? ["*"] : named.map(Self.bucket)
            }
        }
    }

    /// `arn:aws:s3:::bucket/prefix`, and `arn:aws:s3` for all.
    private static func bucket(_ arn: String) -> String {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, let name = parts[5].split(separator: "/").first else { return "*" }
        return String(name)
    }
}
