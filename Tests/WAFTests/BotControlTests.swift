import Testing

@testable import WAF

@Suite("Bot Control's common level")
struct BotControlTests {
    /// Rule, and further labels besides the rule's, of a request.
    private func verdict(_ userAgent: String?, address: String = "192.0.2.1") throws -> (
        rules: [String], labels: [String]
    ) {
        let control = try BotControl(
            verified: NetworkSet([Network("198.51.100.0/24")].compactMap { $0 }),
            dataCenters: NetworkSet([Network("203.0.113.0/24")].compactMap { $0 }))
        let names = [
            "CategorySearchEngine", "CategoryAI", "CategoryHttpLibrary", "CategoryMiscellaneous", "CategorySeo",
            "SignalAutomatedBrowser", "SignalKnownBotDataCenter", "SignalNonBrowserUserAgent",
        ]
        let rules = try names.enumerated().map { number, name in
            rule(name, number, .inspection(try #require(control.question(name))), .count())
        }
        let request = WebRequest(
            headers: userAgent.map { [.init("User-Agent", $0)] } ?? [], address: address)
        let verdict = try Firewall(acl(rules), Things()).evaluate(request, at: 0)
        let prefix = BotControl.namespace
        return (
            verdict.counting.map(\.rule),
            verdict.labels.map { String($0.dropFirst($0.hasPrefix(prefix) ? prefix.count : 0)) }
        )
    }

    @Test("programs are told by what they say that they are")
    func categories() throws {
        let google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
        for (header, rules, labels) in [
            (google, ["CategorySearchEngine"], ["bot:category:search_engine", "bot:name:googlebot", "bot:unverified"]),
            (
                "curl/8.5.0", ["CategoryHttpLibrary", "SignalNonBrowserUserAgent"],
                ["bot:category:http_library", "bot:name:curl", "bot:unverified", "signal:non_browser_user_agent"]
            ),
            (
                "Mozilla/5.0 (compatible; AhrefsBot/7.0)", ["CategorySeo"],
                ["bot:category:seo", "bot:name:ahrefsbot", "bot:unverified"]
            ),
            (
                "Mozilla/5.0 (compatible; Something-Bot/1)", ["CategoryMiscellaneous"],
                ["bot:category:miscellaneous", "bot:unverified"]
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 Safari/537.36", ["SignalAutomatedBrowser"],
                ["signal:automated_browser"]
            ),
        ] {
            let found = try verdict(header)
            #expect(found.rules == rules && found.labels == labels, "\(header) \(found)")
        }
        // Browsers of people.
        for header in [
            "Mozilla/5.0 (X11; Linux x86_64; rv:124.0) Gecko/20100101 Firefox/124.0",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 Edg/120.0",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS] [Pinterest/iOS]",
            "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile",
            "Mozilla/5.0 (Linux; CUBOT) Chrome/120.0", "Mozilla/5.0 (Linux; Android 11; CUBOT_NOTE_20) Chrome/120.0",
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)",
            "Opera/9.80 (Windows NT 6.1) Presto/2.12",
        ] {
            let found = try verdict(header)
            #expect(found.rules.isEmpty, "\(header) \(found)")
        }
        for name in ["bot", "Ubot", "Aubot", "Focubot", "CUBOT X19) Thing-Bot"] {
            #expect(try verdict("Mozilla/5.0 (\(name)/1)").rules == ["CategoryMiscellaneous"], "\(name)")
        }
        #expect(try verdict("ubot").rules == ["CategoryMiscellaneous", "SignalNonBrowserUserAgent"])
        #expect(try verdict(nil).rules == ["SignalNonBrowserUserAgent"])
        #expect(try verdict("Mozilla/5.0 (X11)", address: "203.0.113.9").rules == ["SignalKnownBotDataCenter"])
        #expect(try verdict("Mozilla/5.0 (" + String(repeating: "a", count: 5000) + "curl/").rules == [])
    }

    @Test("bots from where the operator says that they come from are labelled, and blocked only for AI")
    func verified() throws {
        let google = try verdict("Mozilla/5.0 (compatible; Googlebot/2.1)", address: "198.51.100.7")
        #expect(google.rules == [])
        #expect(google.labels == ["bot:category:search_engine", "bot:name:googlebot", "bot:verified"])
        #expect(try verdict("Mozilla/5.0 (compatible; GPTBot/1.0)", address: "198.51.100.7").rules == ["CategoryAI"])
        // Whoever is no bot is none from there, either.
        #expect(try verdict(nil, address: "198.51.100.7").rules == ["SignalNonBrowserUserAgent"])
    }
}
