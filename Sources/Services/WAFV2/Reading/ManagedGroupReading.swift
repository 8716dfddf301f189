import WAF
import WAFV2API
import Wire

/// What a web ACL tells a managed rule group of its application.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_ManagedRuleGroupConfig.html>
enum ManagedGroupReading {
    /// - Returns: nil for a group that is told nothing.
    /// - Throws: WAFInvalidParameterException for settings that are missing, of another group, or can't be.
    static func fraud(_ group: WAFV2.ManagedRuleGroupStatement) throws(ServiceError) -> WAF.FraudSettings? {
        let configs = group.managedRuleGroupConfigs ?? []
        guard group.vendorName == "AWS" else { return nil }
        if let bots = configs.compactMap(\.awsManagedRulesBotControlRuleSet).first {
            guard group.name == "AWSManagedRulesBotControlRuleSet" else {
                throw misplaced("AWSManagedRulesBotControlRuleSet")
            }
            // What the targeted level looks at, scripts in browsers tell and Amazon's models judge.
            guard bots.inspectionLevel == "COMMON" else {
                throw .invalid(.managedRuleGroupConfig, "InspectionLevel \(bots.inspectionLevel)", .level)
            }
        }
        // That group itself is not there, and said to be unknown.
        if group.name != "AWSManagedRulesAntiDDoSRuleSet",
            configs.contains(where: { $0.awsManagedRulesAntiDDoSRuleSet != nil })
        {
            throw misplaced("AWSManagedRulesAntiDDoSRuleSet")
        }
        let (takeover, creation) = (
            configs.compactMap(\.awsManagedRulesATPRuleSet).first,
            configs.compactMap(\.awsManagedRulesACFPRuleSet).first
        )
        let settings: WAF.FraudSettings
        switch group.name {
        case "AWSManagedRulesATPRuleSet":
            guard creation == nil else { throw misplaced("AWSManagedRulesACFPRuleSet") }
            settings = try self.takeover(takeover, configs)
        case "AWSManagedRulesACFPRuleSet":
            guard takeover == nil else { throw misplaced("AWSManagedRulesATPRuleSet") }
            guard let creation else { throw missing("AWSManagedRulesACFPRuleSet") }
            settings = self.creation(creation)
        default:
            guard takeover == nil else { throw misplaced("AWSManagedRulesATPRuleSet") }
            guard creation == nil else { throw misplaced("AWSManagedRulesACFPRuleSet") }
            return nil
        }
        try check(settings)
        return settings
    }

    private static func misplaced(_ name: String) -> ServiceError {
        .invalid(.managedRuleGroupConfig, name, .reference)
    }
    private static func missing(_ name: String) -> ServiceError { .invalid(.managedRuleGroupConfig, name, .missing) }

    /// In the group's own member, or in those that were there before it.
    private static func takeover(
        _ own: WAFV2.AWSManagedRulesATPRuleSet?, _ configs: [WAFV2.ManagedRuleGroupConfig]
    ) throws(ServiceError) -> WAF.FraudSettings {
        guard let path = own?.loginPath ?? configs.compactMap(\.loginPath).first else { throw missing("LoginPath") }
        if let inspection = own?.requestInspection {
            return WAF.FraudSettings(
                path: path, isRegex: own?.enableRegexInPath ?? false, isJSON: inspection.payloadType == "JSON",
                username: inspection.usernameField.identifier, password: inspection.passwordField.identifier)
        }
        guard let type = configs.compactMap(\.payloadType).first else { throw missing("PayloadType") }
        guard let username = configs.compactMap(\.usernameField).first else { throw missing("UsernameField") }
        guard let password = configs.compactMap(\.passwordField).first else { throw missing("PasswordField") }
        return WAF.FraudSettings(
            path: path, isRegex: own?.enableRegexInPath ?? false, isJSON: type == "JSON",
            username: username.identifier, password: password.identifier)
    }

    private static func creation(_ own: WAFV2.AWSManagedRulesACFPRuleSet) -> WAF.FraudSettings {
        let inspection = own.requestInspection
        return WAF.FraudSettings(
            path: own.creationPath, pagePath: own.registrationPagePath, isRegex: own.enableRegexInPath ?? false,
            isJSON: inspection.payloadType == "JSON", username: inspection.usernameField?.identifier,
            password: inspection.passwordField?.identifier, email: inspection.emailField?.identifier,
            phone: (inspection.phoneNumberFields ?? []).map(\.identifier),
            address: (inspection.addressFields ?? []).map(\.identifier))
    }

    private static func check(_ settings: WAF.FraudSettings) throws(ServiceError) {
        for path in [settings.path] + (settings.pagePath.map { [$0] } ?? []) {
            guard settings.isRegex ? (try? LinearRegex(path)) != nil : path.hasPrefix("/") else {
                throw .invalid(.managedRuleGroupConfig, path, .format)
            }
        }
        let fields = [settings.username, settings.password, settings.email].compactMap { $0 }
        for field in fields + settings.phone + settings.address where settings.isJSON && !field.hasPrefix("/") {
            throw .invalid(.managedRuleGroupConfig, field, .format)
        }
    }
}
