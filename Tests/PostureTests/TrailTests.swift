import LogPatterns
import Platform
import Testing
import Wire

@testable import Posture

@Suite struct TrailTests {
    private func trails(_ list: String...) throws -> ConfigurationItem {
        try item(AuditedType.trailSelection, account, #"{"trails":[\#(list.joined(separator: ","))]}"#)
    }

    private func trail(_ more: String = "", management: String = "All") -> String {
        #"{"name":"t","arn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/t","account":"111122223333","#
            + #""homeRegion":"us-east-1","bucket":"logs","isLogging":true,"isMultiRegion":true,"#
            + #""management":"\#(management)"\#(more)}"#
    }

    @Test func aTrailOfAllRegions() throws {
        #expect(try verdict("cloudtrail-all-regions", trails(trail())).outcome == .pass)
        let none = try verdict("cloudtrail-all-regions", trails())
        #expect(none.outcome == .fail && none.proof == [.init("trails", "none")])
        let half = try verdict("cloudtrail-all-regions", trails(trail(management: "WriteOnly")))
        #expect(half.outcome == .fail && half.remedy.first?.contains("put-event-selectors") == true)
        #expect(try verdict("cloudtrail-all-regions", trails(trail(#","excludesSources":true"#))).outcome == .fail)
    }

    @Test func objectsOfAllBuckets() throws {
        var source = MadeUp()
        source.add(try item("AWS::S3::Bucket", "one", region: "us-east-1", "{}"))
        source.add(try item("AWS::S3::Bucket", "two", region: "us-east-1", "{}"))
        source.add(try trails(trail(#","objectWrites":["arn:aws:s3:::one/"],"objectReads":["arn:aws:s3"]"#)))
        let writes = try #require(try verdicts("cloudtrail-object-writes", source).first)
        #expect(writes.outcome == .fail && writes.summary.contains("1 of 2"))
        #expect(try verdicts("cloudtrail-object-reads", source).map(\.outcome) == [.pass])
    }

    // MARK: Alarms

    @Test func eachFilterFindsItsOwnEventsAndNoOthers() throws {
        for filter in CISFilter.all {
            #expect(PostureCheck.finds(filter.pattern, filter), "\(filter.name)")
        }
        let all = CISFilter.all
        for (one, other) in zip(all, all.dropFirst()) {
            #expect(!PostureCheck.finds(one.pattern, other), "\(one.name) \(other.name)")
        }
        // What fits everything tells of nothing.
        #expect(all.allSatisfy { !PostureCheck.finds("", $0) })
    }

    @Test func othersWordsCount() throws {
        let root = try #require(CISFilter.all.first { $0.name == "RootAccountUsage" })
        #expect(PostureCheck.finds(#"{ $.userIdentity.type = "Root" }"#, root))
        let policies = try #require(CISFilter.all.first { $0.name == "IAMPolicyChanges" })
        #expect(PostureCheck.finds(#"{ $.eventSource = "iam.amazonaws.com" }"#, policies))
        // One call of sixteen is not enough.
        #expect(!PostureCheck.finds("{ $.eventName = PutUserPolicy }", policies))
    }

    @Test func anAlarmHasToTellSomebody() throws {
        let root = try #require(CISFilter.all.first { $0.name == "RootAccountUsage" })
        func told(_ alarm: String?, group: String = "trail") throws -> PostureVerdict {
            var source = MadeUp()
            let arn = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*"
            source.add(try trails(trail(#","logGroupArn":"\#(arn)""#)))
            let pattern = JSONValue.string(root.pattern).jsonText
            source.add(
                try item(
                    AuditedType.logGroup, group, region: "us-east-1",
                    #"{"filters":[{"name":"f","pattern":\#(pattern),"metrics":[{"name":"m","namespace":"n"}]}]}"#))
            if let alarm { source.add(try item("AWS::CloudWatch::Alarm", "a", region: "us-east-1", alarm)) }
            return try #require(try verdicts("monitoring-03", source).first)
        }
        let good = #"{"metricName":"m","namespace":"n","actionsEnabled":true,"alarmActions":["arn:aws:sns:x"]}"#
        #expect(try told(good).outcome == .pass)
        #expect(try told(nil).summary == "A metric filter finds them, and no alarm tells.")
        #expect(try told(good, group: "other").summary == "No metric filter finds them.")
        let mute = #"{"metricName":"m","namespace":"n","actionsEnabled":true,"alarmActions":[]}"#
        #expect(try told(mute).proof.contains(.init("alarm that does nothing", "a")))
    }
}
