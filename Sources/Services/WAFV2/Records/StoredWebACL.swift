import Ledger
import Platform
import WAF
import WAFV2API
import Wire

/// A web ACL.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html>
struct StoredWebACL: WAFResource {
    static let kind = "AWS::WAFv2::WebACL"
    static let version = 1
    static let type = "webacl"

    var head: WAFHead
    /// What its rules take.
    var capacity: Int
    /// A `WebACL` of the API with what requests set, as JSON.
    var settings: String
    var uses: [String]

    /// - Throws: an internal failure for settings that can't be read.
    func view() throws(ServiceError) -> WAFV2.WebACL {
        var view = WAFV2.WebACL(try Structure(json: settings, of: WAFV2.WebACL.shape))
        view.name = head.name
        view.id = head.id
        view.arn = arn
        view.description = head.description
        view.capacity = capacity
        view.managedByFirewallManager = false
        view.retrofittedByFirewallManager = false
        view.labelNamespace = "awswaf:\(head.accountID):webacl:\(head.name):"
        view.rules = view.rules ?? []
        return view
    }

    /// The web ACL as the engine has it.
    func acl() throws(ServiceError) -> WAF.WebACL {
        let view = WAFV2.WebACL(try Structure(json: settings, of: WAFV2.WebACL.shape))
        let reading = RuleReading(isInGroup: false, bodies: try ResponseBodyReading.bodies(view.customResponseBodies))
        return WAF.WebACL(
            name: head.name, arn: arn, accountID: head.accountID,
            defaultAction: try reading.defaultAction(view.defaultAction), rules: try reading.rules(view.rules ?? []),
            responseBodies: reading.bodies,
            captchaImmunity: view.captchaConfig?.immunityTimeProperty?.immunityTime ?? WAF.WebACL.usualImmunity,
            challengeImmunity: view.challengeConfig?.immunityTimeProperty?.immunityTime ?? WAF.WebACL.usualImmunity)
    }
}

/// Where a web ACL's log goes.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_LoggingConfiguration.html>
struct StoredLogging: Record {
    static let kind = "AWS::WAFv2::LoggingConfiguration"
    static let version = 1

    /// For whom the log is if nobody says.
    static let usualScope = "CUSTOMER"

    /// The web ACL's ARN.
    let webACL: String
    /// For whom the log is: `CUSTOMER`.
    let logScope: String
    /// A `LoggingConfiguration` of the API, as JSON.
    var settings: String

    var id: String { Self.id(of: webACL, logScope) }

    static func id(of webACL: String, _ logScope: String) -> String { "\(webACL) \(logScope)" }

    /// - Throws: an internal failure for settings that can't be read.
    func view() throws(ServiceError) -> WAFV2.LoggingConfiguration {
        WAFV2.LoggingConfiguration(try Structure(json: settings, of: WAFV2.LoggingConfiguration.shape))
    }
}

/// A key by which an application's pages may use CAPTCHA.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_APIKeySummary.html>
struct StoredAPIKey: Record {
    static let kind = "Gatehouse::WAFv2::APIKey"
    static let version = 1

    /// The key itself: pages show it to everybody.
    let id: String
    let wafScope: WAFScope
    /// Where it may be used.
    let domains: [String]
    /// Seconds since 1970.
    let created: Double
}
