import Testing
import Wire

@testable import EventPatterns

@Suite struct InputTransformerTests {
    private static let event = try? JSONValue(
        parsing: Array(
            #"""
            {"id":"1","source":"aws.ec2","time":"2015-11-11T21:29:54Z","resources":["arn:a","arn:b"],
             "detail":{"instance-id":"i-0123456789","state":"RUNNING","say":"\"hi\"","items":[{"n":1},{"n":2}]}}
            """#.utf8))
    private static let paths = [
        "instance": "$.detail.instance-id", "state": "$.detail.state", "none": "$.detail.none", "say": "$.detail.say",
        "items": "$.detail.items", "second": "$.detail.items[1].n", "all": "$.detail.items[*].n",
        "arn": "$.resources[0]",
    ]

    /// AWS's examples among them:
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html>
    @Test(
        arguments: [
            (#""instance <instance> is in <state>""#, #""instance i-0123456789 is in RUNNING""#),
            (#""instance \"<instance>\" is in <state>""#, #""instance \"i-0123456789\" is in RUNNING""#),
            (#"{"instance" : <instance>, "state": <state>}"#, #"{"instance" : "i-0123456789", "state": "RUNNING"}"#),
            (
                #"{"instance" : <instance>, "state": "<state>", "status": "instance \"<instance>\" is in <state>"}"#,
                #"{"instance" : "i-0123456789", "state": "RUNNING", "status": "instance \"i-0123456789\" is in RUNNING"}"#
            ),
            (
                #"{"instance" : <instance>, "state": [ 9, <state>, true ], "Transformed" : "Yes"}"#,
                #"{"instance" : "i-0123456789", "state": [ 9, "RUNNING", true ], "Transformed" : "Yes"}"#
            ),
            (#"{"x": <none>, "y": "<none>"}"#, #"{"x": "", "y": ""}"#),
            (#"{"x": <say>, "y": "<say>"}"#, #"{"x": "\"hi\"", "y": "\"hi\""}"#),
            (#"{"x": <items>, "y": "<items>"}"#, #"{"x": [{"n":1},{"n":2}], "y": "[{\"n\":1},{\"n\":2}]"}"#),
            (#"[<second>, <all>, <arn>]"#, #"[2, [1,2], "arn:a"]"#),
            (
                #"{"r": <aws.events.rule-arn>, "n": "<aws.events.rule-name>", "t": <aws.events.event.ingestion-time>}"#,
                #"{"r": "arn:rule", "n": "rule", "t": "2026-01-01T00:00:00Z"}"#
            ),
            (
                "<aws.events.event>",
                #"{"id":"1","source":"aws.ec2","time":"2015-11-11T21:29:54Z","resources":["arn:a","arn:b"]}"#
            ),
            ("a < b > <c d> <>", "a < b > <c d> <>"),
        ]) func `A template becomes what the target gets`(template: String, expected: String) throws
    {
        let transformer = try InputTransformer(paths: Self.paths, template: template)
        let event = try #require(Self.event)
        let variables = InputTransformer.Variables(
            ruleARN: "arn:rule", ruleName: "rule", ingestionTime: "2026-01-01T00:00:00Z")
        #expect(transformer.text(of: event, variables, limit: 1 << 20) == expected)
    }

    @Test func `What would be too long is not made`() throws {
        let template = String(repeating: "<all>", count: 2_700)
        let transformer = try InputTransformer(paths: ["all": "$"], template: template)
        let event = try #require(Self.event)
        let variables = InputTransformer.Variables(ruleARN: "", ruleName: "", ingestionTime: "")
        #expect(transformer.text(of: event, variables, limit: 10_000) == nil)
        #expect(transformer.text(of: event, variables, limit: 10_000_000) != nil)
    }

    @Test(
        arguments: [
            (["a": "detail"], "<a>", InputTransformer.Fault.invalidPath("a", "detail")),
            (["a": "$.detail[x]"], "<a>", .invalidPath("a", "$.detail[x]")),
            (["a": "$..b"], "<a>", .invalidPath("a", "$..b")),
            (["aws.x": "$.detail"], "<a>", .invalidName("aws.x")),
            (["a": "$.detail"], "<b>", .undefined("b")),
            (["a": "$.detail"], #"{"x": <a>"#, .invalidTemplate),
            (["a": "$.detail"], #"{<a>: 1}"#, .invalidTemplate),
        ]) func `What can't be transformed is refused`(
            paths: [String: String], template: String, fault: InputTransformer.Fault
        )
    {
        #expect(throws: fault) { try InputTransformer(paths: paths, template: template) }
    }
}
