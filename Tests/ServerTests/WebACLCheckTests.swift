import Foundation
import Testing
import Wire

@testable import WAFV2Service

/// Whether a web ACL can decide requests, as it is asked before it is put before something.
struct WebACLCheckTests {
    @Test(.enabled(if: FileManager.default.fileExists(atPath: ManagedRuleSettings.usualFolder)))
    func `What was missing is found at once when it is there`() async throws {
        let server = try await TestGatehouse()
        let environment = server.gatehouse.environment
        var missing = ManagedRuleSettings()
        missing.coreRuleSet = "/nowhere"
        #expect(throws: ManagedRulesError.self) { try environment.useManagedRules(missing) { _ in } }
        let visibility = #"{"SampledRequestsEnabled": false, "CloudWatchMetricsEnabled": false, "MetricName": "m"}"#
        let group = #"{"VendorName": "AWS", "Name": "AWSManagedRulesSQLiRuleSet"}"#
        let body = """
            {"Name": "a", "Scope": "REGIONAL", "DefaultAction": {"Allow": {}}, "VisibilityConfig": \(visibility),
             "Rules": [{"Name": "r", "Priority": 0, "OverrideAction": {"None": {}}, "VisibilityConfig": \(visibility),
                        "Statement": {"ManagedRuleGroupStatement": \(group)}}]}
            """
        let made = await server.send(
            "wafv2",
            headers: [
                ("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AWSWAF_20190729.CreateWebACL"),
            ], body: body, as: TestGatehouse.root)
        let arn = try #require(made.member("ARN"), "\(made.body)").replacing("\\/", with: "/")
        let index = environment.projection(WebACLIndex.self)
        #expect(throws: ServiceError.self) { try index.check(arn, environment) }
        try environment.useManagedRules(ManagedRuleSettings()) { _ in }
        // Whoever asks again and again does not have it made each time.
        #expect(throws: ServiceError.self) { try index.check(arn, environment) }
        server.advance(2)
        try index.check(arn, environment)
    }
}
