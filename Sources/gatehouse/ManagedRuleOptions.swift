import ArgumentParser
import WAFV2Service

/// What stands behind AWS's managed rule groups in web ACLs.
struct ManagedRuleOptions: ParsableArguments {
    @Option(
        help: """
            The folder of the OWASP Core Rule Set's rules, which stand behind AWS's managed rule groups (default: Debian's, \
            \(ManagedRuleSettings.usualFolder), if it is there).
            """)
    var coreRuleSet: String?

    @Option(help: "How much the Core Rule Set takes for an attack: its paranoia level, 1 to 4 (default 1).")
    var coreRuleSetParanoia: Int?

    @Option(
        help: """
            A file of addresses with bad names, which stand behind AWS's IP lists: one network a line, and behind it the names of \
            the lists that have it.
            """)
    var addressLists: String?

    @Option(
        help: """
            A file of hashes of credentials that others know, for the groups against fraud in web ACLs: in each line the SHA-1 of a \
            password, or the SHA-256 of USERNAME:PASSWORD.
            """)
    var compromisedCredentials: String?

    static func settings() throws -> ManagedRuleSettings {
        var settings = ManagedRuleSettings()
        settings.coreRuleSet = Settings.text("CORE_RULE_SET")
        settings.compromisedCredentials = Settings.text("COMPROMISED_CREDENTIALS")
        settings.addressLists = Settings.text("ADDRESS_LISTS")
        if let level = try Settings.number("CORE_RULE_SET_PARANOIA") {
            guard (1...4).contains(level) else { throw ValidationError("--core-rule-set-paranoia takes 1 to 4") }
            settings.paranoiaLevel = level
        }
        return settings
    }
}
