import Ledger
import Testing
import Wire

@testable import CloudTrailService

@Suite struct AggregationTests {
    private static let place = LogPlace(account: "111122223333", region: "us-east-1")

    /// - Parameter identity: the members of `userIdentity`.
    private func event(
        _ name: String = "PutObject", identity: String = #""type":"Root","arn":"arn:aws:iam::111122223333:root""#,
        resources: String = #"{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::box/a"},"#
            + #"{"type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::box"}"#,
        agent: String = "boto3", error: String? = nil, category: String = "Data"
    ) -> RecordedEvent {
        let failure = error.map { #""errorCode":"\#($0)","# } ?? ""
        let body =
            #"{"userIdentity":{\#(identity)},"awsRegion":"us-east-1","sourceIPAddress":"127.0.0.1","#
            + #""userAgent":"\#(agent)",\#(failure)"resources":[\#(resources)],"eventCategory":"\#(category)"}"#
        return RecordedEvent(
            Event(
                id: "", requestID: "", account: "111122223333", time: 0,
                attributes: [EventAttribute("EventName", name), EventAttribute("EventSource", "s3.amazonaws.com")],
                body: Array(body.utf8), decision: []))
    }

    private func rows(_ counts: AggregatedCounts) -> [AggregatedCount] {
        counts.all.sorted { ($0.subject.window, $0.subject.name) < ($1.subject.window, $1.subject.name) }
    }

    @Test func aWindowIsFiveMinutes() {
        var counts = AggregatedCounts()
        for time: Int64 in [299_999, 300_000, 599_999, 600_000] {
            counts.add(event(), at: time, in: Self.place, of: "s", by: [.apiActivity])
        }
        #expect(rows(counts).map(\.subject.window) == [0, 1, 2])
        #expect(rows(counts).map(\.count) == [1, 2, 1])
    }

    @Test func aWindowIsCompleteAMinuteAfterItsEnd() {
        #expect(AggregationDelivery.lastWindow(at: 659.9) == 0)
        #expect(AggregationDelivery.lastWindow(at: 660) == 1)
    }

    @Test func nothingElseIsCounted() {
        var counts = AggregatedCounts()
        counts.add(event(category: "Management"), at: 0, in: Self.place, of: "s", by: [.apiActivity])
        counts.add(event(), at: 0, in: Self.place, of: "s", by: [])
        counts.add(event(resources: ""), at: 0, in: Self.place, of: "s", by: [.resourceAccess])
        #expect(counts.all.isEmpty)
        counts.add(event(resources: ""), at: 0, in: Self.place, of: "s", by: [.userActions])
        #expect(rows(counts).map(\.count) == [1])
    }

    @Test(arguments: [
        (#""type":"IAMUser","arn":"arn:aws:iam::1:user/a","accountId":"1""#, "IAMUser:arn:aws:iam::1:user/a"),
        (
            #""type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/r/session""#,
            "AssumedRole:arn:aws:sts::1:assumed-role/r"
        ),
        (#""type":"AWSAccount","principalId":"AIDA","accountId":"1""#, "AWSAccount:1"),
        (#""type":"AWSService","invokedBy":"s3.amazonaws.com""#, "AWSService:s3.amazonaws.com"),
        (#""accountId":"1","invokedBy":"AWS Internal""#, "AWSService:AWS Internal"),
        (#""type":"WebIdentityUser","principalId":"p:a:u""#, "WebIdentityUser:p:a:u"),
        ("", "Unknown"),
    ])
    func whoCalled(identity: String, name: String) {
        #expect(event(identity: identity).caller == name)
    }

    /// AWS's own example has a bucket in the place of its objects.
    @Test func resources() {
        #expect(event().values(of: .resourceARN) == ["arn:aws:s3:::box"])
        let table = #"{"type":"AWS::DynamoDB::Table","ARN":"arn:t"}"#
        #expect(event(resources: "\(table),\(table)").values(of: .resourceARN) == ["arn:t"])
    }

    @Test func whatIsRareGivesWay() {
        var count = AggregatedCount(
            session: "s",
            subject: AggregationSubject(
                window: 0, account: "1", region: "us-east-1", source: "s3.amazonaws.com", template: .apiActivity,
                name: "PutObject"))
        for number in 0..<1000 {
            count.add([.userAgent: ["usual"]])
            count.add([.userAgent: ["\(number)"]])
        }
        #expect(count.count == 2000)
        #expect(count.details["userAgent"]?["usual"] == 1000)
        #expect((count.details["userAgent"]?.count ?? 0) <= 2 * AggregatedCount.shown)
        #expect(count.details["userAgent"]?.largest(1).first?.value == "usual")
    }

    @Test func mergedCountsAreAsIfCountedTogether() {
        let events = [event(), event("GetObject", error: "NoSuchKey"), event(agent: "rclone"), event()]
        var (first, second, all) = (AggregatedCounts(), AggregatedCounts(), AggregatedCounts())
        for (number, event) in events.enumerated() {
            all.add(event, at: 0, in: Self.place, of: "s", by: [.resourceAccess])
            if number < 2 {
                first.add(event, at: 0, in: Self.place, of: "s", by: [.resourceAccess])
            } else {
                second.add(event, at: 0, in: Self.place, of: "s", by: [.resourceAccess])
            }
        }
        var merged = rows(first)
        merged[0].merge(rows(second)[0])
        #expect(merged == rows(all))
    }

    @Test func theRecord() throws {
        var counts = AggregatedCounts()
        for event in [event(), event(agent: #"a \"b\" \\"#), event(error: "AccessDenied")] {
            counts.add(event, at: 1_763_407_200_000, in: Self.place, of: "s", by: [.userActions])
        }
        var count = try #require(counts.all.first)
        let text = String(decoding: count.record(id: "id"), as: UTF8.self)
        #expect(
            text == #"{"eventVersion":"1.0","accountId":"111122223333","eventId":"id","eventCategory":"Aggregated","#
                + #""eventType":"AwsAggregatedEvent","awsRegion":"us-east-1","eventSource":"s3.amazonaws.com","#
                + #""timeWindow":{"windowStart":"2025-11-17T19:20:00Z","windowEnd":"2025-11-17T19:25:00Z","#
                + #""windowSize":"PT5M"},"summary":{"primaryDimension":{"dimension":"userIdentity","statistics":["#
                + #"{"name":"Root:arn:aws:iam::111122223333:root","value":3}],"aggregationType":"Count"},"details":["#
                + #"{"dimension":"eventName","statistics":[{"name":"PutObject","value":3}],"aggregationType":"Count"},"#
                + #"{"dimension":"resourceARN","statistics":[{"name":"arn:aws:s3:::box","value":3}],"#
                + #""aggregationType":"Count"},{"dimension":"userAgent","statistics":[{"name":"boto3","value":2},"#
                + #"{"name":"a \"b\" \\","value":1}],"aggregationType":"Count"},{"dimension":"sourceIpAddress","#
                + #""statistics":[{"name":"127.0.0.1","value":3}],"aggregationType":"Count"},{"dimension":"errorCodes","#
                + #""statistics":[{"name":"AccessDenied","value":1}],"aggregationType":"Count"}]}}"#)
        count.isLate = true
        let late = try JSONValue(parsing: count.record(id: "id"))
        #expect(late["addendum"]?["reason"]?.text == "DELIVERY_DELAY")
    }

    /// Names may be longer than keys.
    @Test func keysAreShort() {
        func key(_ name: String, _ window: Int64 = 1) -> RowKey {
            AggregationSubject(
                window: window, account: "1", region: "r", source: "s", template: .apiActivity, name: name
            ).key
        }
        #expect(key(String(repeating: "x", count: 100_000)).bytes.count < 100)
        #expect(key("a") != key("b"))
        #expect(key("a", 1) < key("b", 2) && key("b", 1) < key("a", 2))
    }
}
