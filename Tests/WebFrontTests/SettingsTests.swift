import NIOCore
import Testing
import X509

@testable import WebFront

struct WebFrontFileTests {
    @Test func aFileIsRead() throws {
        let file = try WebFrontFile(
            parsing: """
                # Two applications.
                shop = http://127.0.0.1:8080, https://[::1]:8443
                    hosts = Shop.example.com, *.shop.example.com
                    certificate = arn:aws:acm:us-east-1:111122223333:certificate/a-b
                    health = /healthz every 10s timeout 2s healthy 3 unhealthy 4 statuses 200-299,304
                    balance = least-outstanding
                    timeout = 5s
                    tls = no-verification

                rest = http://127.0.0.1:9000
                """)
        let shop = try #require(file.applications.first)
        #expect(shop.targets.map(\.port) == [8080, 8443])
        #expect(shop.hosts == ["shop.example.com", "*.shop.example.com"])
        #expect(shop.health?.statuses == [200...299, 304...304] && shop.health?.interval == .seconds(10))
        #expect(shop.algorithm == .leastOutstanding && shop.timeout == .seconds(5) && shop.verification == .none)
        #expect(file.applications.last?.hosts == [] && file.hasCertificates)
    }

    @Test(arguments: [
        ("a = http://b\n    certificate = arn:aws:s3:::b", 2), ("a = http://b\n    arn = arn:aws:s3:::b", 2),
        ("a = http://b\n    certificate-file = c", 1), ("-a = http://b", 1), ("a = http://b/c", 1),
        ("a = http://b, http://b", 1),
        ("a = http://b\n    health = / healthy 11", 2), ("a = http://b\n    health = / statuses 99", 2),
        ("a = http://b\n    hosts = c\nd = http://e\n    hosts = c", 3), ("a = http://b\n    tls = maybe", 2), ("a", 1),
    ])
    func mistakesAreFoundByLine(_ text: String, _ line: Int) {
        #expect { try WebFrontFile(parsing: text) } throws: { ($0 as? WebFrontFile.Problem)?.line == line }
    }
}

struct ApplicationTests {
    private func table(_ text: String) throws -> ApplicationTable {
        try ApplicationTable(WebFrontFile(parsing: text), account: "111122223333", region: "us-east-1", before: nil)
    }

    @Test func theNearestHostWins() throws {
        let table = try table(
            """
            any = http://a
            wild = http://a
                hosts = *.example.com
            wilder = http://a
                hosts = *.b.example.com
            one = http://a
                hosts = c.b.example.com
            """)
        for (host, name) in [
            ("example.com", "any"), ("a.example.com", "wild"), ("x.b.example.com", "wilder"),
            ("y.x.b.example.com", "wilder"),
            ("c.b.example.com", "one"), ("", "any"), (".example.com", "any"),
        ] {
            #expect(table.application(host: host)?.fronted.name == name, "\(host)")
        }
    }

    @Test func anApplicationHasTheARNOfALoadBalancer() throws {
        let arn = try #require(table("shop = http://a").all.first?.fronted.arn)
        let form = /arn:aws:elasticloadbalancing:us-east-1:111122223333:loadbalancer\/app\/shop\/[0-9a-f]{16}/
        #expect(arn.wholeMatch(of: form) != nil)
        #expect(try table("shop = http://b").all.first?.fronted.arn == arn)
    }

    @Test func targetsHaveTheirTurns() throws {
        let application = try #require(table("a = http://b, http://c, http://d\n    health = /").all.first)
        func picked(_ count: Int) -> Set<String> {
            Set((0..<count).compactMap { _ in application.pick(besides: [])?.address.host })
        }
        #expect(picked(3) == ["b", "c", "d"], "none is known to be healthy yet")
        application.targets[1].health = .healthy
        #expect(picked(3) == ["c"])
        application.targets[1].health = .unhealthy
        #expect(picked(3) == ["b", "c", "d"])
        #expect(application.pick(besides: application.targets) == nil)
    }

    @Test func theOneWithTheLeastToDoIsPicked() throws {
        let application = try #require(table("a = http://b, http://c\n    balance = least-outstanding").all.first)
        application.targets[0].outstanding.store(3, ordering: .relaxed)
        application.targets[1].outstanding.store(2, ordering: .relaxed)
        for _ in 0..<4 { #expect(application.pick(besides: [])?.address.host == "c") }
    }

    /// Targets that stay keep what is known of them.
    @Test func aFileThatIsReadAgainKeepsItsTargets() throws {
        let text = "a = http://b, http://c\n    health = /"
        let before = try table(text)
        let after = try ApplicationTable(
            WebFrontFile(parsing: text + "\nd = http://e\n    hosts = d"), account: "1", region: "r", before: before)
        #expect(after.all[0].targets[0] === before.all[0].targets[0])
        #expect(after.has(before.all[0].targets[1]))
    }
}

struct ClientPaceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private func after(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }

    /// The end of an answer is waited for as long as it is taken; the client's closing only after that.
    @Test func whatIsGivenIsNotSentYet() {
        var pace = ClientPace(WebFrontLimits(), start)
        pace.begin(.sending, start)
        #expect(pace.lapse(after(30), isReadingBody: false) == nil)
        pace.writable(false, after(29))
        pace.writable(true, after(30))
        #expect(pace.lapse(after(60), isReadingBody: false) == nil)
        #expect(pace.lapse(after(61), isReadingBody: false) == .reading)
        pace.begin(.closing, after(60))
        #expect(pace.lapse(after(80), isReadingBody: false) == nil)
        #expect(pace.lapse(after(81), isReadingBody: false) == .closing)
    }

    @Test func aHeadMayNotTakeLong() {
        var pace = ClientPace(WebFrontLimits(), start)
        pace.begin(.head, start)
        pace.saw(10_000)
        #expect(pace.lapse(after(20), isReadingBody: false) == nil)
        #expect(pace.lapse(after(21), isReadingBody: false) == .head)
    }

    @Test func aBodyMustComeOn() {
        var pace = ClientPace(WebFrontLimits(), start)
        pace.begin(.body, start)
        pace.saw(1000)
        #expect(pace.lapse(after(11), isReadingBody: true) == nil)
        pace.saw(999)
        #expect(pace.lapse(after(22), isReadingBody: true) == .body)
        // While the application does not take it, the client is not to blame.
        pace.begin(.body, start)
        #expect(pace.lapse(after(30), isReadingBody: false) == nil)
        #expect(pace.lapse(after(35), isReadingBody: true) == nil)
        #expect(pace.lapse(after(41), isReadingBody: true) == .body)
    }

    @Test func anAnswerMustBeTaken() {
        var pace = ClientPace(WebFrontLimits(), start)
        pace.begin(.answer, start)
        pace.writable(false, start)
        #expect(pace.lapse(after(30), isReadingBody: false) == nil)
        #expect(pace.lapse(after(31), isReadingBody: false) == .reading)
        pace.writable(true, after(31))
        #expect(pace.lapse(after(100), isReadingBody: false) == nil)
    }
}

struct UpstreamRequestTests {
    private func sent(_ text: String, added: [(name: String, value: String)] = []) throws -> [String] {
        let head = try RequestHead(Array(text.utf8))
        let client = ClientInfo(address: "192.0.2.7", isSecure: true, port: 443)
        let bytes = try #require(
            UpstreamRequest.head(head, client, traceID: "1-0-1", added: added, endpoint: "e:1"))
        return String(buffer: bytes).split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Bytes that are not UTF-8 take more room as text.
    @Test func aHeadIsPassedOnWholeOrNotAtAll() throws {
        let client = ClientInfo(address: "192.0.2.7", isSecure: true, port: 443)
        let end = Array("\r\nx-amzn-waf-seen: yes\r\n\r\n".utf8)
        // What a buffer has no room for is some hundreds of bytes.
        for count in 1..<3000 where count < 100 || count % 7 == 0 {
            var text = Array("POST / HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nX-Amzn-Trace-Id: ".utf8)
            text += Array(repeating: 0xFF, count: count) + Array("\r\n\r\n".utf8)
            let head = try RequestHead(text)
            let bytes = UpstreamRequest.head(
                head, client, traceID: "1-0-1", added: [("x-amzn-waf-seen", "yes")], endpoint: "e:1")
            let written = try #require(bytes)
            let found = written.getBytes(at: written.writerIndex - end.count, length: end.count)
            if found != end { Issue.record("\(count)") }
        }
    }

    @Test func namesOfCertificatesStayOnOneLine() throws {
        let name = try DistinguishedName {
            CommonName("x\r\nX-Amzn-Mtls-Clientcert-Subject: CN=admin")
        }
        let text = ClientCertificateHeaders.name(name)
        #expect(text == "CN=x\\0D\\0AX-Amzn-Mtls-Clientcert-Subject: CN=admin" && !text.utf8.contains(10))
        let client = ClientInfo(address: "192.0.2.7", isSecure: true, port: 443)
        let head = try RequestHead(Array("GET / HTTP/1.1\r\nHost: b\r\n\r\n".utf8))
        let passed = UpstreamRequest.head(
            head, client, certificate: [("X-A", "a\r\nX-B: c")], traceID: "1-0-1", added: [], endpoint: "e:1")
        #expect(passed == nil)
    }

    @Test func aRequestIsPassedOn() throws {
        let lines = try sent("GET /a HTTP/1.1\r\nHost: b\r\nX-C: d\r\nConnection: x-e\r\nX-E: f\r\n\r\n")
        #expect(
            lines == [
                "GET /a HTTP/1.1", "Host: b", "X-C: d", "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Proto: https",
                "X-Forwarded-Port: 443", "X-Amzn-Trace-Id: Root=1-0-1", "", "",
            ])
    }

    @Test func whatScreensItReplacesHeaders() throws {
        let lines = try sent(
            "GET / HTTP/1.1\r\nHost: b\r\nX-Amzn-Waf-A: forged\r\n\r\n",
            added: [("x-amzn-waf-a", "true"), ("x-amzn-waf-b", "c\r\nd: e")])
        #expect(lines.filter { $0.lowercased().hasPrefix("x-amzn-waf") } == ["x-amzn-waf-a: true"])
    }

    @Test(arguments: [
        ("", "Root=1-0-1"), ("Root=1-2-3", "Self=1-0-1;Root=1-2-3"),
        ("Self=1-9-9;Root=1-2-3;CalledFrom=app", "Self=1-0-1;Root=1-2-3;CalledFrom=app"),
        ("CalledFrom=app", "Root=1-0-1;CalledFrom=app"), ("Self=1-9-9", "Root=1-0-1"),
    ])
    func requestsAreTraced(_ said: String, _ value: String) throws {
        let lines = try sent("GET / HTTP/1.1\r\nHost: b\r\nX-Amzn-Trace-Id: \(said)\r\n\r\n")
        #expect(lines.contains("X-Amzn-Trace-Id: \(value)"))
    }
}
