import CloudTrailAPI
import IAMAPI
import STSAPI
import Testing

@testable import Wire

@Suite struct PatternTests {
    private static func patterns(of services: [ServiceShape]) -> [Pattern] {
        services.flatMap { service in
            service.shapes.values.compactMap { shape in
                if case .string(let shape) = shape { shape.pattern } else { nil }
            }
        }
    }

    @Test func noPatternOfTheModelsIsSkipped() {
        let patterns = Self.patterns(of: [IAM.service, STS.service, CloudTrail.service])
        #expect(patterns.count > 100)
        #expect(patterns.filter(\.isSkipped).map(\.source) == [])
    }

    /// The ones that only `Regex` can match; a new model may add some, and then they are looked at here.
    @Test func mostPatternsAreMatchedByHand() {
        let slow = Set(
            Self.patterns(of: [IAM.service, STS.service, CloudTrail.service]).filter { !$0.isFast }.map(\.source))
        #expect(
            slow == [
                #"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"#,
                #"^o-[0-9a-z]{10,32}\/r-[0-9a-z]{4,32}[0-9a-z-\/]*"#,
                #"((/[A-Za-z0-9\.,\+@=_-]+)*)/"#, #"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"#,
                #"^http(s?)://[a-zA-Z0-9._/-]*(\?[a-zA-Z0-9._=&-]*)?(#[a-zA-Z0-9._/-]*)?$"#,
                #"s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?"#,
            ])
    }

    @Test(arguments: [
        (#"[\w+=,.@-]+"#, "a.b-c@d_e=f,+", true), (#"[\w+=,.@-]+"#, "a b", false), (#"[\w+=,.@-]+"#, "", false),
        (#"[\w+=,.@-]+"#, "é", false), (#"[\w+=,.@-]*"#, "", true), (#"\d{12}"#, "123456789012", true),
        (#"\d{12}"#, "12345678901", false), (#"[ -~]+"#, "a~ b", true), (#"[ -~]+"#, "a\tb", false),
        (#"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"#, "Größe 5\u{00A0}١", true), (#"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"#, "a%", false),
        (#"[\u0009\u000A\u000D\u0020-\u00FF]+"#, "{\n\t\"a\": \"ÿ\"}\r", true),
        (#"[\u0009\u000A\u000D\u0020-\u00FF]+"#, "\u{0100}", false),
        (#"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*"#, "a\t\u{1F511}", true),
        (#"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*"#, "a\u{0}", false),
        (#"[\u0020-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+"#, "\u{1F511}", true),
        (#".*"#, "a\nb", false), (#".*"#, "ab", true), (#"(?s).*"#, "a\nb", true),
        (#"[\w|\d|\.|_]+"#, "a.|", true), (#"^[\w\d\s_.,\-:\[\]]+$"#, "a [b]\n", true),
        (#"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#, "/", true),
        (#"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#, "/a/b/", true),
        (#"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#, "/a", false),
        (#"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#, "//", false),
        (#"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#, "///", true),
        (#"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#, "/é/", false),
        (#"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"#, "", false),
        (#"\u002F[\u0021-\u007F]*"#, "/", true), (#"\u002F[\u0021-\u007F]*"#, "a/", false),
        (#"^o-[a-z0-9]{10,32}$"#, "o-0123456789", true), (#"^o-[a-z0-9]{10,32}$"#, "o-012345678", false),
        (#"^[a-z0-9_-]+\.amazonaws\.com$"#, "ec2.amazonaws.com", true),
        (#"^[a-z0-9_-]+\.amazonaws\.com$"#, "ec2xamazonaws.com", false),
        (#"^[a-z0-9_-]+\.amazonaws\.com$"#, ".amazonaws.com", false),
        (#"^[0-9]{2}:[0-9]{2}"#, "12:30", true), (#"^[0-9]{2}:[0-9]{2}"#, "12:301", false),
        (#"[é-ü]x?"#, "üx", true), (#"[é-ü]x?"#, "ü", true), (#"[é-ü]x?"#, "üé", false),
        (#"((/[A-Za-z0-9\.,\+@=_-]+)*)/"#, "/a/b/", true), (#"((/[A-Za-z0-9\.,\+@=_-]+)*)/"#, "//", false),
        (#"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"#, "my-alias", true),
        (#"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$"#, "my--alias", false),
        (#"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"#, "v12", true), (#"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"#, "v0", false),
        (#"[^a-c]{2,3}"#, "de", true), (#"[^a-c]{2,3}"#, "dea", false), (#"[^a-c]{2,3}"#, "d", false),
    ])
    func matching(pattern: String, value: String, expected: Bool) {
        #expect(Pattern(pattern).matches(value) == expected)
    }

    @Test(arguments: ["[a", "(", "a{2", #"[\p{Nonsense}]+"#, "*", ""])
    func whatCannotBeUnderstoodDoesNotTrap(source: String) {
        _ = Pattern(source).matches("value")
    }

    @Test func skippedPatternsLetEverythingThrough() {
        let pattern = Pattern("(unclosed")
        #expect(pattern.isSkipped)
        #expect(pattern.matches("anything"))
    }
}
