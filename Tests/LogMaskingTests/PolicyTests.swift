import LogMasking
import Testing

/// Which documents are data protection policies.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-start.html>
@Suite struct PolicyTests {
    private let email = #"["arn:aws:dataprotection::aws:data-identifier/EmailAddress"]"#

    private func document(
        version: String = "2021-06-01", audit: String? = nil, mask: String? = nil,
        operation: String = #"{"FindingsDestination":{}}"#,
        deidentify: String = #"{"MaskConfig":{}}"#, configuration: String = ""
    ) -> String {
        """
        {"Name":"p","Description":"d","Version":"\(version)",\(configuration)"Statement":[
        {"Sid":"audit","DataIdentifier":\(audit ?? email),"Operation":{"Audit":\(operation)}},
        {"Sid":"redact","DataIdentifier":\(mask ?? email),"Operation":{"Deidentify":\(deidentify)}}]}
        """
    }

    @Test func isRead() throws {
        let destinations = #"{"FindingsDestination":{"CloudWatchLogs":{"LogGroup":"g"},"S3":{"Bucket":"b"}}}"#
        let policy = try DataProtectionPolicy(parsing: document(operation: destinations), for: .logs)
        #expect(policy.name == "p" && policy.description == "d" && policy.identifiers.map(\.name) == ["EmailAddress"])
        #expect(
            policy.destinations.logGroup == "g" && policy.destinations.bucket == "b"
                && policy.destinations.deliveryStream == nil)
        #expect(policy.statements.map(\.sid) == ["audit", "redact"])
        #expect(policy.statements.last?.operation == .mask(with: UInt8(ascii: "*")))
    }

    @Test func hasIdentifiersOfItsOwn() throws {
        let configuration =
            #""Configuration":{"CustomDataIdentifier":[{"Name":"EmployeeId","Regex":"EmployeeId-\\d{9}"}]},"#
        let policy = try DataProtectionPolicy(
            parsing: document(audit: #"["EmployeeId"]"#, mask: #"["EmployeeId"]"#, configuration: configuration),
            for: .logs)
        #expect(SensitiveData(policy.identifiers).masked("x EmployeeId-123456789.") == "x ********************.")
    }

    @Test func whatIsNoneIsRefused() {
        func custom(_ name: String, _ regex: String, count: Int = 1) -> String {
            let all = (0..<count).map { #"{"Name":"\#(name)\#(count > 1 ? String($0) : "")","Regex":"\#(regex)"}"# }
            return #""Configuration":{"CustomDataIdentifier":[\#(all.joined(separator: ","))]},"#
        }
        let own = #"["Own"]"#
        let wrong = [
            "", "[]", "{}", "{", document(version: "2012-10-17"), document(audit: "[]", mask: "[]"),
            document(mask: #"["arn:aws:dataprotection::aws:data-identifier/IpAddress"]"#),
            document(audit: own, mask: own), document(audit: #"["arn:aws:dataprotection::aws:data-identifier/Name"]"#),
            document(operation: "{}"), document(deidentify: "{}"), document(deidentify: #"{"MaskConfig":{"a":1}}"#),
            document(deidentify: #"{"RedactConfig":{}}"#), document(operation: #"{"FindingsDestination":{"SQS":{}}}"#),
            document(configuration: custom("EmailAddress", "a")), document(configuration: custom("a b", "a")),
            document(configuration: custom("Own", "(a)")), document(configuration: custom("Own", "[a")),
            document(configuration: custom("Own", "a*")), document(configuration: custom("Own", "a", count: 11)),
            document(configuration: custom("Own", String(repeating: "a", count: 201))),
            document(configuration: #""Other":1,"#), document(configuration: String(repeating: " ", count: 30_720)),
            #"{"Name":"p","Version":"2021-06-01","Statement":[]}"#,
        ]
        for text in wrong {
            #expect(throws: InvalidDataProtectionPolicy.self, "\(text.prefix(300))") {
                try DataProtectionPolicy(parsing: text, for: .logs)
            }
        }
    }

    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html>
    @Test func topicsHaveMoreOperations() throws {
        func statement(_ operation: String, _ more: String = #""DataDirection":"Inbound","Principal":["*"],"#) -> String
        {
            #"{"Name":"p","Version":"2021-06-01","Statement":[{\#(more)"DataIdentifier":\#(email),"Operation":\#(operation)}]}"#
        }
        func read(_ text: String) throws -> DataProtectionPolicy.Statement? {
            try DataProtectionPolicy(parsing: text, for: .topics).statements.first
        }
        #expect(try read(statement(#"{"Deny":{}}"#))?.operation == .deny)
        #expect(try read(statement(#"{"Deny":{}}"#))?.isInbound == true)
        #expect(try read(statement(#"{"Deidentify":{"RedactConfig":{}}}"#))?.operation == .redact)
        #expect(
            try read(statement(#"{"Deidentify":{"MaskConfig":{"MaskWithCharacter":"x"}}}"#))?.operation
                == .mask(with: UInt8(ascii: "x")))
        let audit = try read(statement(#"{"Audit":{"SampleRate":"99","NoFindingsDestination":{"S3":{"Bucket":"b"}}}}"#))
        var none = DataProtectionPolicy.Destinations()
        none.bucket = "b"
        #expect(audit?.operation == .audit(findings: .init(), none: none, rate: 99))
        for text in [
            statement(#"{"Deny":{}}"#, ""), statement(#"{"Audit":{"SampleRate":"100"}}"#), statement(#"{}"#),
            statement(#"{"Deny":{}}"#, #""DataDirection":"Both","Principal":["*"],"#),
        ] {
            #expect(throws: InvalidDataProtectionPolicy.self, "\(text)") { try read(text) }
        }
        #expect(throws: InvalidDataProtectionPolicy.self) {
            try DataProtectionPolicy(parsing: statement(#"{"Deny":{}}"#, ""), for: .logs)
        }
    }
}
