import Platform
import Posture
import Testing
import Wire

@testable import ConfigService

private let day = 86_400.0
private let now = 1_798_761_600.0

private func facts(_ change: (inout AccountFacts) -> Void = { _ in }) -> AccountFacts {
    var facts = AccountFacts(account: "111122223333", region: "us-east-1", now: now)
    change(&facts)
    return facts
}

private func ask(
    _ name: String, _ facts: AccountFacts, _ parameters: [String: String] = [:]
) throws -> [Compliance] {
    let rule = try #require(ManagedRule.all[name])
    guard case .account(_, let decide) = rule.evaluation else { return [] }
    let given = RuleParameters(parameters)
    try given.check(rule.parameters)
    return decide(facts, given.completed(rule.parameters)).map(\.verdict.compliance)
}

@Suite struct ManagedAccountRuleTests {
    @Test func rootUser() throws {
        #expect(try ask("ROOT_ACCOUNT_MFA_ENABLED", facts()) == [.nonCompliant])
        #expect(try ask("ROOT_ACCOUNT_MFA_ENABLED", facts { $0.summary = ["AccountMFAEnabled": 1] }) == [.compliant])
        let virtual = facts {
            $0.summary = ["AccountMFAEnabled": 1]
            $0.hasVirtualRootDevice = true
        }
        #expect(try ask("ROOT_ACCOUNT_HARDWARE_MFA_ENABLED", virtual) == [.nonCompliant])
        #expect(
            try ask("ROOT_ACCOUNT_HARDWARE_MFA_ENABLED", facts { $0.summary = ["AccountMFAEnabled": 1] }) == [
                .compliant
            ])
        #expect(try ask("ROOT_ACCOUNT_HARDWARE_MFA_ENABLED", facts()) == [.nonCompliant])
        #expect(try ask("IAM_ROOT_ACCESS_KEY_CHECK", facts()) == [.compliant])
        #expect(
            try ask("IAM_ROOT_ACCESS_KEY_CHECK", facts { $0.summary = ["AccountAccessKeysPresent": 1] }) == [
                .nonCompliant
            ])
    }

    @Test func machines() throws {
        let stopped = facts {
            $0.instances = [
                .init(id: "i-1", state: "running"), .init(id: "i-2", state: "stopped", stopped: now - 31 * day),
                .init(id: "i-3", state: "stopped", stopped: now - 29 * day),
                .init(id: "i-4", state: "terminated", stopped: now - 99 * day),
            ]
        }
        #expect(try ask("EC2_STOPPED_INSTANCE", stopped) == [.compliant, .nonCompliant, .compliant])
        #expect(
            try ask("EC2_STOPPED_INSTANCE", stopped, ["AllowedDays": "40"]) == [.compliant, .compliant, .compliant])
        #expect(try ask("EC2_EBS_ENCRYPTION_BY_DEFAULT", facts()) == [.nonCompliant])
        #expect(try ask("EC2_EBS_ENCRYPTION_BY_DEFAULT", facts { $0.encryptsVolumes = true }) == [.compliant])
        #expect(try ask("EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", facts()) == [.compliant])
        let shared = facts { $0.publicSnapshots = ["snap-1"] }
        #expect(try ask("EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", shared) == [.nonCompliant])
        let networks = facts { $0.networks = [.init(id: "vpc-1"), .init(id: "vpc-2", logged: ["REJECT"])] }
        #expect(try ask("VPC_FLOW_LOGS_ENABLED", networks) == [.nonCompliant, .compliant])
        #expect(
            try ask("VPC_FLOW_LOGS_ENABLED", networks, ["trafficType": "ALL"]) == [.nonCompliant, .nonCompliant])
    }

    @Test func passwordPolicy() throws {
        var good = AccountFacts.PasswordPolicy()
        (good.minimumLength, good.maxAge, good.reusePrevention) = (14, 90, 24)
        (good.requiresSymbols, good.requiresNumbers) = (true, true)
        (good.requiresUppercase, good.requiresLowercase) = (true, true)
        func verdict(_ policy: AccountFacts.PasswordPolicy?, _ parameters: [String: String] = [:]) throws
            -> [Compliance]
        {
            try ask("IAM_PASSWORD_POLICY", facts { $0.passwordPolicy = policy }, parameters)
        }
        #expect(try verdict(good) == [.compliant])
        #expect(try verdict(nil) == [.nonCompliant])
        for change: (inout AccountFacts.PasswordPolicy) -> Void in [
            { $0.minimumLength = 13 }, { $0.maxAge = 91 }, { $0.maxAge = nil }, { $0.reusePrevention = 23 },
            { $0.requiresSymbols = false }, { $0.requiresNumbers = false }, { $0.requiresUppercase = false },
            { $0.requiresLowercase = false },
        ] {
            var policy = good
            change(&policy)
            #expect(try verdict(policy) == [.nonCompliant])
        }
        var short = good
        short.minimumLength = 8
        #expect(try verdict(short, ["MinimumPasswordLength": "8"]) == [.compliant])
    }

    @Test func users() throws {
        var user = AccountFacts.User(name: "u", id: "AIDA1")
        user.created = now - 200 * day
        func with(_ change: (inout AccountFacts.User) -> Void) -> AccountFacts {
            var changed = user
            change(&changed)
            return facts { $0.users = [changed] }
        }
        #expect(try ask("IAM_USER_MFA_ENABLED", facts()) == [])
        #expect(try ask("IAM_USER_MFA_ENABLED", with { _ in }) == [.nonCompliant])
        #expect(try ask("IAM_USER_MFA_ENABLED", with { $0.hasMFA = true }) == [.compliant])
        #expect(try ask("MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", with { _ in }) == [.notApplicable])
        #expect(try ask("MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", with { $0.hasPassword = true }) == [.nonCompliant])
        #expect(
            try ask(
                "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS",
                with {
                    $0.hasPassword = true
                    $0.hasMFA = true
                }) == [.compliant])
        func key(_ age: Double, isActive: Bool = true, used: Double? = nil) -> AccountFacts {
            with {
                $0.keys = [
                    AccountFacts.AccessKey(
                        isActive: isActive, rotated: now - age * day, used: used.map { now - $0 * day })
                ]
            }
        }
        #expect(try ask("ACCESS_KEYS_ROTATED", key(91)) == [.nonCompliant])
        #expect(try ask("ACCESS_KEYS_ROTATED", key(89)) == [.compliant])
        #expect(try ask("ACCESS_KEYS_ROTATED", key(91, isActive: false)) == [.compliant])
        #expect(try ask("ACCESS_KEYS_ROTATED", key(40), ["maxAccessKeyAge": "30"]) == [.nonCompliant])
        #expect(try ask("IAM_USER_UNUSED_CREDENTIALS_CHECK", key(200)) == [.nonCompliant])
        #expect(try ask("IAM_USER_UNUSED_CREDENTIALS_CHECK", key(200, used: 3)) == [.compliant])
        #expect(try ask("IAM_USER_UNUSED_CREDENTIALS_CHECK", with { $0.hasPassword = true }) == [.nonCompliant])
        #expect(
            try ask(
                "IAM_USER_UNUSED_CREDENTIALS_CHECK",
                with {
                    $0.hasPassword = true
                    $0.passwordUsed = now - day
                }) == [.compliant])
    }

    @Test func account() throws {
        #expect(try ask("ACCOUNT_PART_OF_ORGANIZATIONS", facts()) == [.nonCompliant])
        let member = facts { $0.managementAccount = "999988887777" }
        #expect(try ask("ACCOUNT_PART_OF_ORGANIZATIONS", member) == [.compliant])
        #expect(try ask("ACCOUNT_PART_OF_ORGANIZATIONS", member, ["MasterAccountId": "1"]) == [.nonCompliant])
        #expect(try ask("SECURITY_ACCOUNT_INFORMATION_PROVIDED", facts()) == [.nonCompliant])
        #expect(
            try ask("SECURITY_ACCOUNT_INFORMATION_PROVIDED", facts { $0.hasSecurityContact = true }) == [.compliant])
        #expect(try ask("S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", facts()) == [.nonCompliant])
        let blocked = facts {
            $0.accountBlock = .object(S3Rules.blocks.map { JSONMember(key: $0.1, value: .boolean(true)) })
        }
        #expect(try ask("S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", blocked) == [.compliant])
        let used = facts { $0.policyUse = [.role] }
        #expect(try ask("IAM_POLICY_IN_USE", used, ["policyARN": "a"]) == [.compliant])
        #expect(
            try ask("IAM_POLICY_IN_USE", used, ["policyARN": "a", "policyUsageType": "IAM_USER"]) == [.nonCompliant])
        #expect(try ask("IAM_POLICY_IN_USE", facts(), ["policyARN": "a"]) == [.nonCompliant])
        #expect(try ask("SHIELD_ADVANCED_ENABLED_AUTORENEW", facts()) == [.nonCompliant])
        #expect(try ask("SHIELD_DRT_ACCESS", facts()) == [.notApplicable])
        let shield = facts { $0.shield = .init(isRenewed: true, hasResponseTeamRole: false) }
        #expect(try ask("SHIELD_ADVANCED_ENABLED_AUTORENEW", shield) == [.compliant])
        #expect(try ask("SHIELD_DRT_ACCESS", shield) == [.nonCompliant])
    }

    @Test func threats() throws {
        let centralized = "GUARDDUTY_ENABLED_CENTRALIZED"
        #expect(try ask(centralized, facts()) == [.nonCompliant])
        #expect(try ask(centralized, facts { $0.detector = .init(isEnabled: false) }) == [.nonCompliant])
        let own = facts { $0.detector = .init(isEnabled: true) }
        #expect(try ask(centralized, own) == [.compliant])
        #expect(try ask(centralized, own, ["CentralMonitoringAccount": own.account]) == [.compliant])
        #expect(try ask(centralized, own, ["CentralMonitoringAccount": "999999999999"]) == [.nonCompliant])
        let member = facts { $0.detector = .init(isEnabled: true, administrator: "999999999999") }
        #expect(try ask(centralized, member, ["CentralMonitoringAccount": "999999999999"]) == [.compliant])

        let archived = "GUARDDUTY_NON_ARCHIVED_FINDINGS"
        #expect(try ask(archived, facts()) == [.notApplicable])
        #expect(try ask(archived, own) == [.compliant])
        for (severity, days) in [(2.0, 30.0), (5, 7), (8, 1), (9.5, 1)] {
            for (late, verdict) in [(-60.0, Compliance.compliant), (60, .nonCompliant)] {
                let facts = facts {
                    $0.detector = .init(isEnabled: true)
                    $0.threats = [.init(severity: severity, found: now - days * 86_400 - late)]
                }
                #expect(try ask(archived, facts) == [verdict], "\(severity), \(late)")
            }
        }
        let old = facts {
            $0.detector = .init(isEnabled: true)
            $0.threats = [.init(severity: 2, found: now - 40 * 86_400)]
        }
        #expect(try ask(archived, old, ["daysLowSev": "60"]) == [.compliant])
    }

    @Test func trails() throws {
        var best = AccountFacts.Trail(name: "t", arn: "arn")
        (best.isMultiRegion, best.validatesFiles, best.keyID, best.managementEvents) = (true, true, "k", "All")
        (best.bucket, best.dataEventBuckets, best.logGroupARN, best.logsDelivered) = ("b", ["c"], "g", now - 7200)
        let good = facts { $0.trails = [best] }
        let bare = facts { $0.trails = [AccountFacts.Trail(name: "t", arn: "arn")] }
        for name in [
            "CLOUD_TRAIL_ENCRYPTION_ENABLED", "CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED",
            "CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED", "MULTI_REGION_CLOUD_TRAIL_ENABLED",
            "CLOUDTRAIL_SECURITY_TRAIL_ENABLED",
        ] {
            #expect(try ask(name, good) == [.compliant], "\(name)")
            #expect(try ask(name, bare) == [.nonCompliant], "\(name)")
        }
        #expect(
            try ask("CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED", good, ["expectedDeliveryWindowAge": "1"]) == [.nonCompliant]
        )
        #expect(try ask("CLOUD_TRAIL_ENABLED", facts()) == [.nonCompliant])
        #expect(try ask("CLOUD_TRAIL_ENABLED", good) == [.compliant])
        #expect(try ask("CLOUD_TRAIL_ENABLED", good, ["s3BucketName": "other"]) == [.nonCompliant])
        #expect(try ask("MULTI_REGION_CLOUD_TRAIL_ENABLED", good, ["readWriteType": "READ_ONLY"]) == [.nonCompliant])
        #expect(try ask("CLOUDTRAIL_S3_DATAEVENTS_ENABLED", good) == [.nonCompliant])
        #expect(try ask("CLOUDTRAIL_S3_DATAEVENTS_ENABLED", good, ["S3BucketNames": "c"]) == [.compliant])
    }

    @Test func others() throws {
        let key = AccountFacts.Key(id: "k")
        func with(_ change: (inout AccountFacts.Key) -> Void) -> AccountFacts {
            var changed = key
            change(&changed)
            return facts { $0.keys = [changed] }
        }
        #expect(try ask("CMK_BACKING_KEY_ROTATION_ENABLED", with { _ in }) == [.nonCompliant])
        #expect(try ask("CMK_BACKING_KEY_ROTATION_ENABLED", with { $0.rotates = true }) == [.compliant])
        #expect(try ask("CMK_BACKING_KEY_ROTATION_ENABLED", with { $0.isSymmetric = false }) == [.notApplicable])
        #expect(try ask("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", with { _ in }) == [.compliant])
        #expect(try ask("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", with { $0.state = "PendingDeletion" }) == [.nonCompliant])
        #expect(
            try ask("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", with { $0.isCustomerManaged = false }) == [.notApplicable])
        let groups = facts {
            $0.logGroups = [.init(name: "a", keyID: nil, retention: 30), .init(name: "b", keyID: "k", retention: nil)]
        }
        #expect(try ask("CLOUDWATCH_LOG_GROUP_ENCRYPTED", groups) == [.nonCompliant, .compliant])
        #expect(try ask("CW_LOGGROUP_RETENTION_PERIOD_CHECK", groups) == [.nonCompliant, .compliant])
        #expect(
            try ask("CW_LOGGROUP_RETENTION_PERIOD_CHECK", groups, ["MinRetentionTime": "14"]) == [
                .compliant, .compliant,
            ])
        let acls = facts {
            $0.webACLs = [
                .init(arn: "a", id: "1", logDestinations: []), .init(arn: "b", id: "2", logDestinations: ["d"]),
            ]
        }
        #expect(try ask("WAFV2_LOGGING_ENABLED", acls) == [.nonCompliant, .compliant])
        let alarms = facts {
            $0.keys = [AccountFacts.Key(id: "k"), AccountFacts.Key(id: "l")]
            $0.alarms = [.init(name: "a", metric: "m", resources: ["k"])]
        }
        #expect(
            try ask("CLOUDWATCH_ALARM_RESOURCE_CHECK", alarms, ["resourceType": "AWS::KMS::Key", "metricName": "m"])
                == [.compliant, .nonCompliant])
    }
}
