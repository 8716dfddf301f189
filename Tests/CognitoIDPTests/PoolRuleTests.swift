import CognitoIDPAPI
import Platform
import Testing
import Wire

@testable import CognitoIDPService

/// What pools and their clients may be told, and what that means.
struct PoolRuleTests {
    @Test(arguments: [
        ("Sh0rt!", "Password not long enough"), ("Password12", "Password must have symbol characters"),
        ("PASSWORD1!", "Password must have lowercase characters"),
        ("password1!", "Password must have uppercase characters"),
        ("Password!!", "Password must have numeric characters"),
    ])
    func passwords(_ password: String, _ reason: String) {
        #expect(
            PasswordPolicy().complaint(about: password) == "Password did not conform with policy: \(reason)")
    }

    @Test func goodPasswords() {
        #expect(PasswordPolicy().complaint(about: "Password1!") == nil)
        #expect(PasswordPolicy().complaint(about: String(repeating: "aA1!", count: 64)) == nil)
        #expect(PasswordPolicy().complaint(about: String(repeating: "aA1!", count: 65)) != nil)
        // A letter of another alphabet is neither.
        let cyrillic = "\u{0411}\u{0411}\u{0411}\u{0431}\u{0431}11!!"
        #expect(PasswordPolicy().complaint(about: cyrillic) != nil)
    }

    @Test func attributeValues() throws {
        let schema = try AttributeSchema(creating: [
            .init {
                $0.name = "rank"
                $0.attributeDataType = "Number"
                $0.numberAttributeConstraints = .init {
                    $0.minValue = "-5"
                    $0.maxValue = "5"
                }
            },
            .init {
                $0.name = "member"
                $0.attributeDataType = "Boolean"
            },
        ])
        let rank = try #require(schema["custom:rank"])
        #expect(rank.accepts("-5") && rank.accepts("5") && !rank.accepts("6") && !rank.accepts("x"))
        #expect(!rank.accepts("99999999999999999999999"))
        let member = try #require(schema["custom:member"])
        #expect(member.accepts("true") && !member.accepts("yes"))
        let birthdate = try #require(schema["birthdate"])
        #expect(birthdate.accepts("1815-12-10") && !birthdate.accepts("1815"))
        #expect(schema["sub"]?.isMutable == false && schema["custom:none"] == nil)
        #expect(schema.required.isEmpty)
    }

    @Test(arguments: [
        ("not a number", "5"), ("99999999999999999999999", "5"), ("6", "5"),
    ])
    func boundsThatAreNone(_ minimum: String, _ maximum: String) {
        #expect(throws: ServiceError.self) {
            try AttributeSchema(creating: [
                .init {
                    $0.name = "rank"
                    $0.attributeDataType = "Number"
                    $0.numberAttributeConstraints = .init {
                        $0.minValue = minimum
                        $0.maxValue = maximum
                    }
                }
            ])
        }
    }

    @Test func validityOfTokens() {
        var settings = CognitoIDP.UserPoolClientType()
        #expect(TokenValidity(settings).access == 3600 && TokenValidity(settings).refresh == 2_592_000)
        settings.accessTokenValidity = 30
        settings.refreshTokenValidity = .max
        settings.tokenValidityUnits = .init { $0.accessToken = "minutes" }
        #expect(TokenValidity(settings).access == 1800 && TokenValidity(settings).refresh == .max)
    }

    @Test(arguments: [
        "https://app.example.com/back?x=y", "http://localhost:8080", "http://127.0.0.1/", "myapp://back",
        "com.example.app:/back",
    ])
    func redirections(_ url: String) throws { try ClientRules.check(url: url) }

    @Test(arguments: [
        "http://app.example.com", "https://app.example.com/#x", "https://", "/back", "https:///back",
        "http://localhost.example.com", "HTTP://app.example.com",
    ])
    func redirectionsThatAreRefused(_ url: String) {
        #expect(throws: ServiceError.self) { try ClientRules.check(url: url) }
    }

    @Test(arguments: [
        ".label-customizable { color: red } } body { color: red }", "body{}", ".label-customizable, body {}",
        ".label-customizable {} trailing", ".label-customizable { color: red { } }", "@media print {}",
        ".label-customizable { background: U\\52L(x) }", ".label-customizable { x: URL(https://x) }", "</style>",
    ])
    func styleSheetsThatAreRefused(_ css: String) {
        #expect(throws: ServiceError.self) { try UICustomization.check(css: css) }
    }

    @Test func styleSheets() throws {
        try UICustomization.check(css: "")
        try UICustomization.check(css: ".idpButton-customizable:hover, .label-customizable { color: #fff; }\n")
    }
}
