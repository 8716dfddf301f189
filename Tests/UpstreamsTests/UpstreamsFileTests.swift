import Testing

@testable import Upstreams

struct UpstreamsFileTests {
    @Test func aWholeFile() throws {
        let file = try UpstreamsFile(
            parsing: """
                # What lies behind.
                dynamodb = http://127.0.0.1:8000
                    credentials = {account} none-at-all
                    timeout = 500ms

                sqs, states = https://stand-in.example:4577/
                    credentials = AKIAIOSFODNN7EXAMPLE secret token
                    header X-Moto-Account-Id = {account}
                    pass-headers = x-one, X-Two
                    accounts = 111122223333 -> 123456789012, 222233334444->210987654321
                    host = endpoint
                    tls = verify /etc/ca.pem
                    connect-timeout = 2 s
                    body-limit = 1 GiB
                    health = /health?full=1
                * = http://localhost:4577
                map kendra Query = kendra:Query on *
                """)
        #expect(file.upstreams.map(\.services) == [["dynamodb"], ["sqs", "stepfunctions"], []])
        let first = try #require(file.upstreams.first)
        #expect(first.timeout == .milliseconds(500) && first.bodyLimit == 64 << 20 && !first.usesOwnHost)
        let values = Template.Values(account: "111122223333", region: "eu-west-1", service: "dynamodb")
        #expect(first.credentials?.accessKeyID.filled(values) == "111122223333")
        let second = file.upstreams[1]
        #expect(second.address.authority == "stand-in.example:4577" && second.address.isSecure)
        #expect(second.credentials?.sessionToken?.text == "token")
        #expect(second.headers.map(\.name) == ["x-moto-account-id"])
        #expect(second.passedHeaders == ["x-one", "x-two"])
        #expect(second.accounts.map(\.theirs) == ["123456789012", "210987654321"])
        #expect(second.usesOwnHost && second.verification == .authorities(file: "/etc/ca.pem"))
        #expect(second.connectTimeout == .seconds(2) && second.bodyLimit == 1 << 30)
        #expect(second.healthPath == "/health?full=1")
    }

    @Test(
        arguments: [
            ("dynamodb", 1, "has no ="),
            ("dynamodb = ", 1, "something is missing"),
            ("dynamodb = 127.0.0.1:8000", 1, "is not the URL of an endpoint"),
            ("dynamodb = http://127.0.0.1:8000/path", 1, "has no path"),
            ("dynamite = http://127.0.0.1", 1, "there is no service 'dynamite'"),
            ("*, sqs = http://127.0.0.1", 1, "stands alone"),
            ("sqs = http://a\nsns = http://b\nsqs = http://c", 3, "there is an endpoint for sqs already"),
            ("* = http://a\n* = http://b", 2, "there is an endpoint for * already"),
            ("  timeout = 1s", 1, "there is none above it"),
            ("sqs = http://a\n  timeout = 1 hour", 2, "is not a time"),
            ("sqs = http://a\n  timeout = 99999999999999999999s", 2, "is not a time"),
            ("sqs = http://a\n  body-limit = 5 GiB", 2, "is not a size"),
            ("sqs = http://a\n  header host = x", 2, "is not a header that can be set"),
            ("sqs = http://a\n  header x-a = {who}", 2, "between braces"),
            ("sqs = http://a\n  accounts = 1 -> 2", 2, "accounts are written"),
            (
                "sqs = http://a\n  accounts = 111122223333 -> 123456789012, 222233334444 -> 123456789012", 2,
                "in two pairs"
            ),
            ("sqs = http://a\n  credentials = one", 2, "credentials are none"),
            ("sqs = http://a\n  color = blue", 2, "there is no setting 'color'"),
            ("sqs = http://a\n\nmap sqs = nothing", 3, ""),
        ])
    func whatCannotBeUsed(_ text: String, _ line: Int, _ reason: String) {
        #expect {
            _ = try UpstreamsFile(parsing: text)
        } throws: { error in
            guard let problem = error as? UpstreamsFile.Problem else { return false }
            return problem.line == line && (reason.isEmpty || problem.reason.contains(reason))
        }
    }

    /// It may stand in a log.
    @Test(arguments: ["  credentials AKIAIOSFODNN7EXAMPLE hush", "  credentials AKIA hush = hush"])
    func aProblemShowsNoSecret(_ line: String) {
        #expect {
            _ = try UpstreamsFile(parsing: "sqs = http://a\n\(line)")
        } throws: { !"\($0)".contains("hush") }
    }

    @Test func credentialsShowNoSecret() throws {
        let file = try UpstreamsFile(parsing: "sqs = http://a\n  credentials = AKIA hush hush")
        var shown = ""
        dump(file.upstreams, to: &shown)
        #expect(!shown.contains("hush") && !"\(file)".contains("hush"))
    }
}
