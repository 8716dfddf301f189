import ConfigSelect
import EventPatterns
import MetricMath
import Testing
import Wire

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

/// What the documentation of event patterns, metric math and advanced queries shows.
struct WatchExamples {
    private static let deletion = #"""
        {"source": "aws.kms", "detail": {"keyId": "1234abcd", "state": "PendingDeletion"}}
        """#

    @Test func matchingOneEvent() throws {
        let event = try json(Self.deletion)
        let pattern = try EventPattern(
            parsing: #"{"source": ["aws.kms"], "detail": {"state": [{"prefix": "Pending"}]}}"#)
        let isMatch = pattern.matches(EventDocument(event))

        #expect(isMatch)
    }

    @Test func matchingManyPatterns() throws {
        let event = try json(Self.deletion)
        let matcher = EventMatcher<String>()
        matcher.set("keys", try EventPattern(parsing: #"{"source": ["aws.kms"]}"#))
        let found = matcher.matches(EventDocument(event))

        #expect(found == ["keys"])
    }

    @Test func filteringMessages() throws {
        let policy = try FilterPolicy(parsing: #"{"store": ["example_corp"]}"#, scope: .attributes)
        let isWanted = policy.matches(attributes: ["store": .string("example_corp")])

        #expect(isWanted)
    }

    @Test func transformingEvents() throws {
        let event = try json(Self.deletion)
        let variables = InputTransformer.Variables(
            ruleARN: "arn:aws:events:us-east-1:111122223333:rule/keys", ruleName: "keys",
            ingestionTime: "2026-11-30T12:00:00Z")
        let transformer = try InputTransformer(
            paths: ["key": "$.detail.keyId"], template: #"{"key": <key>, "rule": <aws.events.rule-name>}"#)
        let text = transformer.text(of: event, variables, limit: 1 << 20)

        #expect(text == #"{"key": "1234abcd", "rule": "keys"}"#)
    }

    @Test func evaluatingExpressions() throws {
        var math = MathEvaluator(start: 0, end: 180, period: 60)
        math.add(metric: TimeSeries(label: "Errors", period: 60, points: [.init(0, 4), .init(60, 6)]), id: "m1")
        try math.add(expression: "m1 / PERIOD(m1)", id: "e1")
        let perSecond = try math.value(of: "e1")

        guard case .series(let series) = perSecond else {
            Issue.record("\(perSecond)")
            return
        }
        #expect(series.points.map(\.value) == [4.0 / 60, 6.0 / 60])
    }

    @Test func askingForItems() throws {
        let item = try json(#"{"resourceType": "AWS::S3::Bucket", "resourceId": "logs"}"#)
        let query = try ConfigQuery("SELECT resourceId WHERE resourceType = 'AWS::S3::Bucket'")
        if query.matches(item) { print(query.projection(of: item)) }

        #expect(query.matches(item))
        #expect(query.projection(of: item) == (try json(#"{"resourceId": "logs"}"#)))
    }
}
