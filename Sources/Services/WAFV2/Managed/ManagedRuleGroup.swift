import WAF
import WAFV2API
import Wire

/// A managed rule group: its names and numbers. What AWS's rules look for, AWS tells nobody; ``ManagedRuleSources`` has what
/// stands behind them here.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html>
struct ManagedRuleGroup: Sendable {
    /// A rule of the group.
    struct Rule: Sendable {
        let name: String
        let label: String
        let action: WAF.RuleAction.Kind
    }

    /// `AWS`
    let vendor: String
    let name: String
    /// `core-rule-set`
    let namespace: String
    let capacity: Int
    let hasVersions: Bool
    let rules: [Rule]

    /// The whole Core Rule Set as one group is nobody's but its own project's.
    static let coreRuleSetVendor = "OWASP"
    /// The one version of those that have any: Gatehouse's own names of rules and labels do not change with AWS's.
    static let version = "Version_1.0"

    var labelNamespace: String { "awswaf:managed:\(vendor.lowercased()):\(namespace):" }

    /// Whether it finds nothing without the Core Rule Set. The others are lists of addresses, or simple statements.
    var needsCoreRules: Bool {
        !["admin-protection", "wordpress-app", "amazon-ip-list", "anonymous-ip-list"].contains(namespace)
    }

    /// - Throws: WAFNonexistentItemException for a group, or a version, that isn't there.
    static func named(_ vendor: String, _ name: String, _ version: String?) throws(ServiceError) -> ManagedRuleGroup {
        guard let group = all.first(where: { $0.vendor == vendor && $0.name == name }),
            version == nil || (group.hasVersions && version == Self.version)
        else { throw .nonexistentItem }
        return group
    }

    /// In the order of AWS's list, and after them the Core Rule Set.
    static let all: [ManagedRuleGroup] = {
        var groups: [ManagedRuleGroup] = []
        var rules: [Rule] = []
        for line in table.split(separator: "\n").reversed() {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix(" ") {
                guard words.count >= 2 else { continue }
                rules.append(Rule(name: words[0], label: words[1], action: words.count > 2 ? .count : .block))
            } else if words.count == 4 {
                let names = words[0].split(separator: "/").map(String.init)
                groups.append(
                    ManagedRuleGroup(
                        vendor: names.count > 1 ? names[0] : "AWS", name: names[names.count - 1],
                        namespace: words[1], capacity: Int(words[2]) ?? 0,
                        hasVersions: words[3] == "versioned", rules: rules.reversed()))
                rules = []
            }
        }
        return groups.reversed()
    }()

    /// Each group with its namespace, capacity and whether it has versions; each rule with its label, and COUNT where it
    /// only counts.
    private static let table = """
        AWSManagedRulesCommonRuleSet core-rule-set 700 versioned
         NoUserAgent_HEADER NoUserAgent_Header
         UserAgent_BadBots_HEADER BadBots_Header
         SizeRestrictions_QUERYSTRING SizeRestrictions_QueryString
         SizeRestrictions_Cookie_HEADER SizeRestrictions_Cookie_Header
         SizeRestrictions_BODY SizeRestrictions_Body
         SizeRestrictions_URIPATH SizeRestrictions_URIPath
         EC2MetaDataSSRF_BODY EC2MetaDataSSRF_Body
         EC2MetaDataSSRF_COOKIE EC2MetaDataSSRF_Cookie
         EC2MetaDataSSRF_URIPATH EC2MetaDataSSRF_URIPath
         EC2MetaDataSSRF_QUERYARGUMENTS EC2MetaDataSSRF_QueryArguments
         GenericLFI_QUERYARGUMENTS GenericLFI_QueryArguments
         GenericLFI_URIPATH GenericLFI_URIPath
         GenericLFI_BODY GenericLFI_Body
         RestrictedExtensions_URIPATH RestrictedExtensions_URIPath
         RestrictedExtensions_QUERYARGUMENTS RestrictedExtensions_QueryArguments
         GenericRFI_QUERYARGUMENTS GenericRFI_QueryArguments
         GenericRFI_BODY GenericRFI_Body
         GenericRFI_URIPATH GenericRFI_URIPath
         CrossSiteScripting_COOKIE CrossSiteScripting_Cookie
         CrossSiteScripting_QUERYARGUMENTS CrossSiteScripting_QueryArguments
         CrossSiteScripting_BODY CrossSiteScripting_Body
         CrossSiteScripting_URIPATH CrossSiteScripting_URIPath
        AWSManagedRulesAdminProtectionRuleSet admin-protection 100 versioned
         AdminProtection_URIPATH AdminProtection_URIPath
        AWSManagedRulesKnownBadInputsRuleSet known-bad-inputs 200 versioned
         JavaDeserializationRCE_HEADER JavaDeserializationRCE_Header
         JavaDeserializationRCE_BODY JavaDeserializationRCE_Body
         JavaDeserializationRCE_URIPATH JavaDeserializationRCE_URIPath
         JavaDeserializationRCE_QUERYSTRING JavaDeserializationRCE_QueryString
         Host_localhost_HEADER Host_Localhost_Header
         PROPFIND_METHOD Propfind_Method
         ExploitablePaths_URIPATH ExploitablePaths_URIPath
         Log4JRCE_HEADER Log4JRCE_Header
         Log4JRCE_QUERYSTRING Log4JRCE_QueryString
         Log4JRCE_BODY Log4JRCE_Body
         Log4JRCE_URIPATH Log4JRCE_URIPath
        AWSManagedRulesSQLiRuleSet sql-database 200 versioned
         SQLi_QUERYARGUMENTS SQLi_QueryArguments
         SQLiExtendedPatterns_QUERYARGUMENTS SQLiExtendedPatterns_QueryArguments
         SQLi_BODY SQLi_Body
         SQLiExtendedPatterns_BODY SQLiExtendedPatterns_Body
         SQLi_COOKIE SQLi_Cookie
        AWSManagedRulesLinuxRuleSet linux-os 200 versioned
         LFI_URIPATH LFI_URIPath
         LFI_QUERYSTRING LFI_QueryString
         LFI_HEADER LFI_Header
        AWSManagedRulesUnixRuleSet posix-os 100 versioned
         UNIXShellCommandsVariables_QUERYSTRING UNIXShellCommandsVariables_QueryString
         UNIXShellCommandsVariables_BODY UNIXShellCommandsVariables_Body
         UNIXShellCommandsVariables_HEADER UNIXShellCommandsVariables_Header
        AWSManagedRulesWindowsRuleSet windows-os 200 versioned
         WindowsShellCommands_COOKIE WindowsShellCommands_Cookie
         WindowsShellCommands_QUERYARGUMENTS WindowsShellCommands_QueryArguments
         WindowsShellCommands_BODY WindowsShellCommands_Body
         PowerShellCommands_COOKIE PowerShellCommands_Cookie
         PowerShellCommands_QUERYARGUMENTS PowerShellCommands_QueryArguments
         PowerShellCommands_BODY PowerShellCommands_Body
        AWSManagedRulesPHPRuleSet php-app 100 versioned
         PHPHighRiskMethodsVariables_HEADER PHPHighRiskMethodsVariables_Header
         PHPHighRiskMethodsVariables_QUERYSTRING PHPHighRiskMethodsVariables_QueryString
         PHPHighRiskMethodsVariables_BODY PHPHighRiskMethodsVariables_Body
        AWSManagedRulesWordPressRuleSet wordpress-app 100 versioned
         WordPressExploitableCommands_QUERYSTRING WordPressExploitableCommands_QUERYSTRING
         WordPressExploitablePaths_URIPATH WordPressExploitablePaths_URIPATH
        AWSManagedRulesAmazonIpReputationList amazon-ip-list 25 unversioned
         AWSManagedIPReputationList AWSManagedIPReputationList
         AWSManagedReconnaissanceList AWSManagedReconnaissanceList
         AWSManagedIPDDoSList AWSManagedIPDDoSList COUNT
        AWSManagedRulesAnonymousIpList anonymous-ip-list 50 unversioned
         AnonymousIPList AnonymousIPList
         HostingProviderIPList HostingProviderIPList
        OWASP/CoreRuleSet core-rule-set 1000 unversioned
         AnomalyScore AnomalyScore
        """
}
