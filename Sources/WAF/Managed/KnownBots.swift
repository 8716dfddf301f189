/// Programs that say in `User-Agent` what they are, by the categories of AWS's Bot Control. AWS tells nobody its own list; this one
/// is of what their makers publish.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-bot.html>
struct KnownBots: Sendable {
    /// A program.
    struct Bot: Sendable, Equatable {
        /// `search_engine`; `automated_browser` is none of AWS's categories, but a signal.
        let category: String
        /// `googlebot`; nil: it only looks like a bot.
        let name: String?
    }

    /// How much of a header is looked at, in bytes.
    private static let longest = 1024

    private let words: LinearRegexSet
    private let bots: [Bot]

    /// - Throws: never: the expressions are fixed.
    init() throws(LinearRegexSet.Problem) {
        var (patterns, bots): ([String], [Bot]) = ([], [])
        for line in Self.table.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            for word in parts[1].split(separator: ",").map(String.init) {
                patterns.append("\\Q\(word)\\E")
                bots.append(Bot(category: parts[0], name: Self.name(of: word)))
            }
        }
        // CUBOT makes telephones.
        patterns.append(#"(?:(?:^|[^u]|(?:^|[^c])u|[a-z0-9]cu)bot|crawler|spider|scraper)(?:\b|[/_-])"#)
        bots.append(Bot(category: "miscellaneous", name: nil))
        words = try LinearRegexSet(patterns)
        self.bots = bots
    }

    /// `AdsBot-Google/` is `adsbot_google` in labels.
    private static func name(of word: String) -> String {
        var name = ""
        for character in word {
            if character.isLetter || character.isNumber {
                name.append(character)
            } else if name.last != "_" {
                name += "_"
            }
        }
        while name.last == "_" { name.removeLast() }
        while name.first == "_" { name.removeFirst() }
        return name
    }

    /// What program a header is of; nil: none that is known. Of several the first in the table.
    func bot(_ userAgent: [UInt8]) -> Bot? {
        words.matches(Self.lowercased(userAgent)).min().map { bots[$0] }
    }

    /// Whether a header is one that browsers send.
    static func isOfBrowser(_ userAgent: [UInt8]) -> Bool {
        let text = lowercased(userAgent)
        return ["mozilla/5.0 (", "mozilla/4.0 (compatible; msie ", "opera/"].contains { text.starts(with: $0.utf8) }
    }

    private static func lowercased(_ text: [UInt8]) -> [UInt8] { text.prefix(longest).map(\.lowercasedASCII) }

    /// Each category with words that the header has, in lower case; what is more special comes first.
    private static let table = """
        automated_browser headlesschrome,phantomjs,slimerjs,selenium,webdriver,puppeteer,playwright,cypress,htmlunit
        ai gptbot,chatgpt-user,oai-searchbot,claudebot,claude-user,claude-searchbot,claude-web,anthropic-ai,perplexitybot
        ai perplexity-user,ccbot,bytespider,amazonbot,meta-externalagent,cohere-ai,diffbot,youbot,mistralai-user,ai2bot
        ai imagesiftbot,timpibot,omgili,google-cloudvertexbot,duckassistbot
        seo ahrefsbot,ahrefssiteaudit,semrushbot,siteauditbot,mj12bot,dotbot,rogerbot,screaming frog,blexbot,dataforseobot
        seo seokicks,serpstatbot,barkrowler,sistrix
        advertising adsbot-google,mediapartners-google,adidxbot,criteobot,proximic,grapeshot,ias_crawler,ttd-content
        archiver ia_archiver,archive.org_bot,heritrix,archivebot,wayback
        content_fetcher feedfetcher,feedly,newsblur,tiny tiny rss,inoreader,flipboardproxy,feedbin,google-read-aloud
        email_client googleimageproxy,yahoomailproxy,thunderbird,microsoft outlook
        page_preview slackbot,discordbot,telegrambot,whatsapp,skypeuripreview,iframely,embedly
        social_media facebookexternalhit,facebot,twitterbot,linkedinbot,pinterestbot,redditbot,vkshare
        link_checker w3c-checklink,linkchecker,xenu link sleuth,linkwalker,deadlinkchecker,brokenlinkcheck,w3c_validator
        monitoring uptimerobot,pingdom,statuscake,site24x7,datadogsynthetics,newrelicpinger,amazon-route53-health-check
        monitoring elb-healthchecker,betteruptime,better uptime,gtmetrix,checkly,check_http,zabbix,kube-probe,prometheus
        webhooks github-hookshot,gitlab/,bitbucket-webhooks,stripe/,shopify-captain-hook,twilioproxy,sendgrid,zapier
        security nessus,nikto,qualys,sqlmap,nmap,masscan,zgrab,wpscan,acunetix,detectify,netsparker,burp,openvas
        security censysinspect,shodan,nuclei,dirbuster,gobuster,feroxbuster,ffuf,internetmeasurement,paloaltonetworks
        scraping_framework scrapy,colly,apify,crawlee,nutch,httrack,webcopier,newspaper/,mechanize,jsoup,goutte
        scraping_framework simplecrawler,beautifulsoup,webharvest
        search_engine googlebot,googleother,storebot-google,google-inspectiontool,bingbot,msnbot,yandexbot,baiduspider
        search_engine yandeximages,duckduckbot,slurp,sogou web spider,seznambot,petalbot,qwantify,qwantbot,applebot,exabot,yeti/,mojeekbot
        http_library curl/,wget/,python-requests,python-urllib,aiohttp,python-httpx,go-http-client,okhttp,apache-httpclient
        http_library java/,axios/,node-fetch,undici,libwww-perl,lwp::,faraday,rest-client,guzzlehttp,postmanruntime
        http_library insomnia/,httpie,reqwest,dart:io,dart/,winhttp,powershell,got (,superagent,perl/,ruby,php/,botocore/
        """
}
