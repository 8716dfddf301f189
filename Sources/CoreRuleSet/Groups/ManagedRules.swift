public import WAF

/// The statements behind the rules of AWS's managed groups: questions to the Core Rule Set, and where AWS's description is simple,
/// statements such as anybody could write.
public enum ManagedRules {
    /// A rule whose statement isn't there.
    public enum Missing: Error, Sendable, Equatable {
        /// The Core Rule Set stands behind it, and there is none.
        case coreRules
        /// Nothing stands behind it.
        case nothing
    }

    /// AWS's rules that look whether an address is in a list of the operator's.
    public static let addressLists = [
        "AWSManagedIPReputationList", "AWSManagedReconnaissanceList", "AWSManagedIPDDoSList", "AnonymousIPList",
        "HostingProviderIPList",
    ]

    /// Lists that stand behind parts of Bot Control: where bots come from that are what they say, and networks that bots use.
    public static let botLists = ["VerifiedBots", "SignalKnownBotDataCenter"]

    /// The name by which a list of addresses is asked for, in the place of an IP set's ARN.
    public static func addressList(_ rule: String) -> String { "list:\(rule)" }

    /// The statement of a rule.
    /// - Parameters:
    ///   - rule: its name: `SizeRestrictions_BODY`.
    ///   - rules: nil: there is no Core Rule Set.
    /// - Throws: ``Missing``.
    public static func statement(_ rule: String, _ rules: CoreRules?) throws(Missing) -> Statement {
        if addressLists.contains(rule) { return .ipSet(arn: addressList(rule), forwarded: nil) }
        let own = OwnStatements.statement(rule)
        guard CoreQuestions.names.contains(rule) else {
            guard let own else { throw .nothing }
            return own
        }
        guard let rules else { throw .coreRules }
        // At a low paranoia level some have no rules of their own.
        guard let question = rules.question(rule) else {
            guard let own else { throw .nothing }
            return own
        }
        return own.map { .or([$0, .inspection(question)]) } ?? .inspection(question)
    }
}

/// Statements for what AWS describes in a few words.
enum OwnStatements {
    static func statement(_ rule: String) -> Statement? {
        switch rule {
        case "NoUserAgent_HEADER": return .not(.match(FieldMatch(.singleHeader("user-agent"), .size(.greater, 0))))
        case "UserAgent_BadBots_HEADER": return regex(.singleHeader("user-agent"), [.lowercase], badBots)
        case "SizeRestrictions_QUERYSTRING": return .match(FieldMatch(.queryString, .size(.greater, 2048)))
        case "SizeRestrictions_Cookie_HEADER":
            return .match(FieldMatch(.singleHeader("cookie"), .size(.greater, 10_240)))
        case "SizeRestrictions_BODY": return .match(FieldMatch(.body(.match), .size(.greater, 8192)))
        case "SizeRestrictions_URIPATH": return .match(FieldMatch(.uriPath, .size(.greater, 1024)))
        case "Host_localhost_HEADER":
            return .match(
                FieldMatch(.singleHeader("host"), [.lowercase], .bytes(Array("localhost".utf8), .contains)))
        case "PROPFIND_METHOD":
            return .match(FieldMatch(.method, [.lowercase], .bytes(Array("propfind".utf8), .exactly)))
        case "AdminProtection_URIPATH": return regex(.uriPath, path, adminPaths)
        case "ExploitablePaths_URIPATH": return regex(.uriPath, path, exploitablePaths)
        case "WordPressExploitableCommands_QUERYSTRING": return regex(.queryString, text, wordPressCommands)
        case "WordPressExploitablePaths_URIPATH": return regex(.uriPath, path, wordPressPaths)
        default: break
        }
        guard let end = rule.lastIndex(of: "_"), let fields = fields(String(rule[end...].dropFirst())) else {
            return nil
        }
        let patterns: (transformations: [TextTransformation], pattern: String)
        switch rule[..<end] {
        case "EC2MetaDataSSRF": patterns = (text, metadata)
        case "RestrictedExtensions": patterns = (path, extensions)
        case "Log4JRCE": patterns = (encoded, log4j)
        case "GenericRFI" where rule.hasSuffix("URIPATH") || rule.hasSuffix("BODY"): patterns = (text, remoteFile)
        case "JavaDeserializationRCE": patterns = (text, classLoader)
        default: return nil
        }
        let statements = fields.map { regex($0, patterns.transformations, patterns.pattern) }
        return statements.count == 1 ? statements[0] : .or(statements)
    }

    private static func regex(
        _ field: FieldToMatch, _ transformations: [TextTransformation], _ pattern: String
    ) -> Statement {
        .match(FieldMatch(field, transformations, .regex(pattern)))
    }

    /// The fields of a part, by what rules' names end with.
    private static func fields(_ suffix: String) -> [FieldToMatch]? {
        switch suffix {
        case "BODY": [.body(.proceed)]
        case "COOKIE": [.cookies(.all, .value, .proceed)]
        case "HEADER": [.headers(.excluded(["cookie"]), .value, .proceed)]
        case "QUERYARGUMENTS": [.allQueryArguments]
        case "QUERYSTRING": [.queryString]
        case "URIPATH": [.uriPath]
        default: nil
        }
    }

    private static let text: [TextTransformation] = [.urlDecodeUnicode, .lowercase]
    private static let path: [TextTransformation] = [.urlDecodeUnicode, .normalizePathWindows, .lowercase]
    /// What logging libraries undo, and what web servers undo before them.
    private static let encoded: [TextTransformation] = [
        .urlDecodeUnicode, .htmlEntityDecode, .jsDecode, .removeNulls, .lowercase,
    ]

    /// Programs that look for weak spots.
    private static let badBots = #"\b(?:nessus|nmap|nikto|sqlmap|masscan|dirbuster|gobuster|acunetix|wpscan|zgrab)\b"#
    /// Where clouds tell machines their secrets: by its address in all spellings, and by its names.
    private static let metadata =
        #"169\.254\.169\.254|169\.254\.170\.2\b|fd00:ec2::254|::ffff:a9fe:a9fe|\b2852039166\b|\b0xa9fea9fe\b|"#
        + #"\b0xa9\.0xfe\.0xa9\.0xfe\b|\b0251\.0376\.0251\.0376\b|instance-data\.ec2\.internal|"#
        + #"metadata\.google\.internal"#
    /// Files that servers have for themselves.
    private static let extensions =
        #"\.(?:log|ini|bak|backup|old|orig|swp|sql|conf|config|cfg|env|dat|db|mdb|key|pem|pfx|p12|dll|sys|"#
        + #"bat|cmd|lnk|pwd|inc|rdb|htaccess|htpasswd)(?:$|[/?#;:])"#
    private static let remoteFile = #"(?:file|ftps?|https?)://(?:\d{1,3}\.){3}\d{1,3}"#
    /// `${jndi:…}`, and the look-ups by which it is hidden.
    private static let log4j = #"\$\{(?:jndi:|[^}]{0,64}\$\{(?:lower|upper|env|sys|java|date|main|ctx|base64|:*-|::))"#
    /// Spring's way from a parameter to the class loader.
    private static let classLoader = #"class\.module\.classloader|java\.lang\.(?:runtime|processbuilder)\b"#
    private static let adminPaths =
        #"/(?:(?:php|my|web|sql)?-?(?:my|sql)admin|pma|adminer|sqlmanager|sqlweb|phppgadmin|mysqlmanager|"#
        + #"webadmin|administrator|admin-console|jmx-console|web-console|manager/html|host-manager)"#
        + #"(?:[/.\-_]|$)"#
    private static let exploitablePaths = #"/(?:web-inf|meta-inf|\.git|\.svn|\.hg|\.aws|\.ssh|\.env)(?:/|$)"#
    private static let wordPressCommands = #"do-reset-wordpress|action=(?:revslider_show_image|duplicator_download)"#
    private static let wordPressPaths = #"/(?:xmlrpc\.php|wp-config\.php|wp-content/debug\.log)(?:[/.~]|$)"#
}

extension FieldMatch {
    fileprivate init(_ field: FieldToMatch, _ criterion: Criterion) { self.init(field, [], criterion) }
}
