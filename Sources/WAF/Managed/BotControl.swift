/// What stands behind AWS's Bot Control at its common level: what clients say that they are.
///
/// AWS finds out by names and addresses whether a bot is the one that it says; here the operator's list of addresses tells
/// (``verified``). Of verified bots nothing matches, but for AI, and labels tell their kind.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-bot.html>
public final class BotControl: RequestInspector {
    /// What all labels begin with.
    public static let namespace = "awswaf:managed:aws:bot-control:"

    private let bots: KnownBots
    private let verified: NetworkSet
    private let dataCenters: NetworkSet

    /// The rules with their categories or signals, in their order.
    fileprivate static let rules: [(name: String, kind: String)] = [
        ("CategoryAdvertising", "advertising"), ("CategoryArchiver", "archiver"),
        ("CategoryContentFetcher", "content_fetcher"), ("CategoryEmailClient", "email_client"),
        ("CategoryHttpLibrary", "http_library"), ("CategoryLinkChecker", "link_checker"),
        ("CategoryMiscellaneous", "miscellaneous"), ("CategoryMonitoring", "monitoring"),
        ("CategoryPagePreview", "page_preview"), ("CategoryScrapingFramework", "scraping_framework"),
        ("CategorySearchEngine", "search_engine"), ("CategorySecurity", "security"), ("CategorySeo", "seo"),
        ("CategorySocialMedia", "social_media"), ("CategoryWebhooks", "webhooks"), ("CategoryAI", ai),
        ("SignalAutomatedBrowser", "automated_browser"), ("SignalKnownBotDataCenter", "known_bot_data_center"),
        ("SignalNonBrowserUserAgent", "non_browser_user_agent"),
    ]
    private static let ai = "ai"

    /// - Parameters:
    ///   - verified: where bots come from that are what they say.
    ///   - dataCenters: networks that bots use.
    /// - Throws: never: the expressions are fixed.
    public init(verified: NetworkSet, dataCenters: NetworkSet) throws(LinearRegexSet.Problem) {
        bots = try KnownBots()
        self.verified = verified
        self.dataCenters = dataCenters
    }

    /// The question behind a rule; nil: the rule is none of the common level's.
    public func question(_ rule: String) -> Inspection? {
        Self.rules.firstIndex { $0.name == rule }.map { Inspection(self, question: $0) }
    }

    public func inspection(of request: WebRequest, at time: Double) -> any RequestInspection {
        let header = request.values(of: "user-agent").first ?? []
        return BotInspection(
            bot: bots.bot(header), isVerified: request.address.map(verified.contains) ?? false,
            isInDataCenter: request.address.map(dataCenters.contains) ?? false,
            isBrowser: KnownBots.isOfBrowser(header))
    }
}

/// What is known of one request's client.
private final class BotInspection: RequestInspection {
    private let bot: KnownBots.Bot?
    private let isVerified: Bool
    private let signals: Set<String>

    init(bot: KnownBots.Bot?, isVerified: Bool, isInDataCenter: Bool, isBrowser: Bool) {
        self.bot = bot
        self.isVerified = isVerified && bot != nil
        var signals: Set<String> = []
        if bot?.category == "automated_browser" { signals.insert("automated_browser") }
        if isInDataCenter { signals.insert("known_bot_data_center") }
        if !isBrowser { signals.insert("non_browser_user_agent") }
        self.signals = signals
    }

    func finding(_ question: Int) -> InspectionFinding? {
        guard BotControl.rules.indices.contains(question) else { return nil }
        let (rule, kind) = BotControl.rules[question]
        guard rule.hasPrefix("Category") else {
            guard signals.contains(kind), !isVerified else { return nil }
            return InspectionFinding(labels: [BotControl.namespace + "signal:" + kind])
        }
        guard let bot, bot.category == kind else { return nil }
        var labels = ["bot:category:" + kind] + (bot.name.map { ["bot:name:" + $0] } ?? [])
        labels.append(isVerified ? "bot:verified" : "bot:unverified")
        // AI is blocked whether verified or not.
        return InspectionFinding(
            labels: labels.map { BotControl.namespace + $0 }, isMatch: !isVerified || kind == "ai")
    }
}
