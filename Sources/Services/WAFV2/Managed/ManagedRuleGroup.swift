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
        /// Without what stands before them.
        let labels: [String]
        let action: WAF.RuleAction.Kind
        /// Whether it is there by name alone: it takes Amazon's data, scripts in browsers or CloudFront.
        let isNeverAsked: Bool
    }

    /// `AWS`
    let vendor: String
    let name: String
    /// `core-rule-set`
    let namespace: String
    let capacity: Int
    let hasVersions: Bool
    let rules: [Rule]
    /// Further labels that requests may get.
    let labels: [String]

    /// The whole Core Rule Set as one group is nobody's but its own project's.
    static let coreRuleSetVendor = "OWASP"
    /// The one version of those that have any: Gatehouse's own names of rules and labels do not change with AWS's.
    static let version = "Version_1.0"

    var labelNamespace: String { "awswaf:managed:\(vendor.lowercased()):\(namespace):" }

    /// Whether it finds nothing without the Core Rule Set. The others are lists of addresses, or simple statements.
    var needsCoreRules: Bool {
        !["admin-protection", "wordpress-app", "amazon-ip-list", "anonymous-ip-list"].contains(namespace)
            && !looksAtTokens
    }

    /// Whether it is one of those against bots and fraud, which give labels of tokens.
    var looksAtTokens: Bool { ["bot-control", "atp", "acfp"].contains(namespace) }

    /// What it is, as lists of groups say.
    var description: String {
        let never = rules.filter(\.isNeverAsked).map(\.name)
        let text =
            switch namespace {
            case "bot-control":
                "Programs that say what they are, at the common level. Bots are verified by the operator's list of addresses."
            case "atp": "Sign-in requests that look like account takeover."
            case "acfp": "Requests that make accounts, and look like fraud."
            case "amazon-ip-list", "anonymous-ip-list": "Addresses of the operator's lists."
            default:
                needsCoreRules
                    ? "The OWASP Core Rule Set, and simple statements, behind AWS's names."
                    : "Simple statements behind AWS's names."
            }
        return never.isEmpty ? text : text + " Never asked: " + never.joined(separator: ", ") + "."
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
        var (rules, labels): ([Rule], [String]) = ([], [])
        for line in table.split(separator: "\n").reversed() {
            let words = line.split(separator: " ").map(String.init)
            if line.hasPrefix(" ") {
                guard words.count >= 2 else { continue }
                let named = words[1].split(separator: ",").map(String.init)
                if words[0] == "-" {
                    labels = named + labels
                    continue
                }
                rules.append(
                    Rule(
                        name: words[0], labels: named == ["none"] ? [] : named,
                        action: words.dropFirst(2).compactMap { WAF.RuleAction.Kind(rawValue: $0) }.first ?? .block,
                        isNeverAsked: words.last == "never"))
            } else if words.count == 4 {
                let names = words[0].split(separator: "/").map(String.init)
                groups.append(
                    ManagedRuleGroup(
                        vendor: names.count > 1 ? names[0] : "AWS", name: names[names.count - 1],
                        namespace: words[1], capacity: Int(words[2]) ?? 0,
                        hasVersions: words[3] == "versioned", rules: rules.reversed(), labels: labels))
                (rules, labels) = ([], [])
            }
        }
        return groups.reversed()
    }()

    /// Each group with its namespace, capacity and whether it has versions; each rule with its labels, its action unless that is
    /// BLOCK, and `never` where it is never asked. Behind a hyphen: labels that go with no rule's action.
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
        AWSManagedRulesBotControlRuleSet bot-control 50 versioned
         CategoryAdvertising bot:category:advertising,CategoryAdvertising
         CategoryArchiver bot:category:archiver,CategoryArchiver
         CategoryContentFetcher bot:category:content_fetcher,CategoryContentFetcher
         CategoryEmailClient bot:category:email_client,CategoryEmailClient
         CategoryHttpLibrary bot:category:http_library,CategoryHttpLibrary
         CategoryLinkChecker bot:category:link_checker,CategoryLinkChecker
         CategoryMiscellaneous bot:category:miscellaneous,CategoryMiscellaneous
         CategoryMonitoring bot:category:monitoring,CategoryMonitoring
         CategoryPagePreview bot:category:page_preview,CategoryPagePreview
         CategoryScrapingFramework bot:category:scraping_framework,CategoryScrapingFramework
         CategorySearchEngine bot:category:search_engine,CategorySearchEngine
         CategorySecurity bot:category:security,CategorySecurity
         CategorySeo bot:category:seo,CategorySeo
         CategorySocialMedia bot:category:social_media,CategorySocialMedia
         CategoryWebhooks bot:category:webhooks,CategoryWebhooks
         CategoryAI bot:category:ai,CategoryAI
         SignalAutomatedBrowser signal:automated_browser,SignalAutomatedBrowser
         SignalKnownBotDataCenter signal:known_bot_data_center,SignalKnownBotDataCenter
         SignalNonBrowserUserAgent signal:non_browser_user_agent,SignalNonBrowserUserAgent
         - bot:verified,bot:unverified
        AWSManagedRulesATPRuleSet atp 50 versioned
         UnsupportedCognitoIDP unsupported:cognito_idp,UnsupportedCognitoIDP
         VolumetricIpHigh aggregate:volumetric:ip:high,VolumetricIpHigh
         VolumetricSession aggregate:volumetric:session,VolumetricSession
         AttributeCompromisedCredentials aggregate:attribute:compromised_credentials,AttributeCompromisedCredentials
         AttributeUsernameTraversal aggregate:attribute:username_traversal,AttributeUsernameTraversal
         AttributePasswordTraversal aggregate:attribute:password_traversal,AttributePasswordTraversal
         AttributeLongSession aggregate:attribute:long_session,AttributeLongSession
         TokenRejected none
         SignalMissingCredential signal:missing_credential,SignalMissingCredential
         VolumetricIpFailedLoginResponseHigh aggregate:volumetric:ip:failed_login_response:high,VolumetricIpFailedLoginResponseHigh never
         VolumetricSessionFailedLoginResponseHigh aggregate:volumetric:session:failed_login_response:high,VolumetricSessionFailedLoginResponseHigh never
         - aggregate:volumetric:ip:medium,aggregate:volumetric:ip:low,signal:credential_compromised
        AWSManagedRulesACFPRuleSet acfp 50 versioned
         UnsupportedCognitoIDP unsupported:cognito_idp,UnsupportedCognitoIDP
         AllRequests none CHALLENGE
         RiskScoreHigh risk_score:high,RiskScoreHigh never
         SignalCredentialCompromised signal:credential_compromised,SignalCredentialCompromised
         SignalClientHumanInteractivityAbsentLow none CAPTCHA never
         AutomatedBrowser signal:automated_browser,AutomatedBrowser never
         BrowserInconsistency signal:browser_inconsistency,BrowserInconsistency CAPTCHA never
         VolumetricIpHigh aggregate:volumetric:ip:creation:high,VolumetricIpHigh CAPTCHA
         VolumetricSessionHigh aggregate:volumetric:session:creation:high,VolumetricSessionHigh
         AttributeUsernameTraversalHigh aggregate:attribute:username_traversal:creation:high,AttributeUsernameTraversalHigh
         VolumetricPhoneNumberHigh aggregate:volumetric:phone_number:high,VolumetricPhoneNumberHigh
         VolumetricAddressHigh aggregate:volumetric:address:high,VolumetricAddressHigh
         VolumetricAddressLow VolumetricAddressLow CAPTCHA
         VolumetricIPSuccessfulResponse aggregate:volumetric:ip:successful_creation_response:high,VolumetricIPSuccessfulResponse never
         VolumetricSessionSuccessfulResponse aggregate:volumetric:session:successful_creation_response:low,VolumetricSessionSuccessfulResponse never
         VolumetricSessionTokenReuseIp aggregate:volumetric:session:creation:token_reuse:ip,VolumetricSessionTokenReuseIp
         - signal:missing_credential,aggregate:volumetric:address:medium,aggregate:volumetric:address:low
         - aggregate:volumetric:ip:creation:medium,aggregate:volumetric:ip:creation:low
         - aggregate:volumetric:session:creation:medium,aggregate:volumetric:session:creation:low
         - aggregate:attribute:username_traversal:creation:medium,aggregate:attribute:username_traversal:creation:low
         - aggregate:volumetric:phone_number:medium,aggregate:volumetric:phone_number:low
        OWASP/CoreRuleSet core-rule-set 1000 unversioned
         AnomalyScore AnomalyScore
        """
}
