import Testing
import ThreatDetection
import ThreatScenarios

/// What is looked at once a day or an hour, and what each time.
struct CallKeyTests {
    private func key(_ text: String) -> CallKey? { CallKey(record: Array(text.utf8)) }

    private func text(_ more: String = "", name: String = "GetUser", time: String = "2027-01-15T08:00:00Z") -> String {
        #"{"userIdentity":{"type":"IAMUser","principalId":"A\"{x"},"eventTime":"\#(time)","eventSource":"iam.amazonaws.com","eventName":"\#(name)"\#(more)}"#
    }

    @Test func whatMatters() throws {
        let one = try #require(key(text()))
        // Neither the minute nor what is asked for and answered.
        #expect(key(text(#","requestParameters":{"a":[1,{"b":"}"}]},"eventID":"x","errorMessageX":null"#)) == one)
        #expect(key(text(time: "2027-01-15T08:59:59Z")) == one)
        for other in [
            text(name: "GetRole"), text(#","errorCode":"AccessDenied""#), text(#","errorMessage":"no""#),
            text(#","sourceIPAddress":"192.0.2.1""#), text(#","userAgent":"x""#), text(#","readOnly":true"#),
            text(time: "2027-01-16T08:00:00Z"), text(#","resources":[{"ARN":"arn:aws:s3:::box"}]"#),
        ] { #expect(key(other) != one) }
        #expect(key(text(#","errorMessage":"no""#)) == key(text(#","errorMessage":"never""#)))
    }

    @Test(arguments: [
        "", "{", "{}", "[]", #"{"userIdentity"#, #"{"userIdentity":{"type":"#, #"{"a":1}"#, #"{"a":"\"#, "nonsense",
        #"{"userIdentity":{},"eventTime":"x","eventName":"y"}"#,
    ])
    func noRecord(text: String) { #expect(key(text) == nil) }

    @Test func objects() throws {
        func object(_ bucket: String, _ key: String) -> CallKey? {
            self.key(
                #"{"userIdentity":{"type":"IAMUser"},"eventTime":"2027-01-15T08:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventCategory":"Data","requestParameters":{"key":"\#(key)","bucketName":"\#(bucket)"},"resources":[{"ARN":"arn:aws:s3:::\#(bucket)/\#(key)"}]}"#
            )
        }
        let one = try #require(object("box", "a"))
        #expect(object("box", "b") == one)
        #expect(object("other", "a") != one)
    }

    /// The quiet days and all attacks, once each event by itself and once with what is routine left out: the same is found, and the same
    /// is remembered.
    @Test func nothingIsMissed() {
        var (whole, quick) = (Remembered(), Remembered())
        (whole.around, quick.around) = (RuleCase.around, RuleCase.around)
        var routine = RoutineCalls()
        var left = 0
        var events = QuietDays.events(DetectionTable.days)
        for (index, day) in UnusualDay.all.enumerated() {
            events += day.events(DetectionTable.morning + Double(index) * 86_400)
        }
        for (index, scenario) in Scenario.all.enumerated() {
            let time = DetectionTable.morning + Double(20 + index) * 86_400
            events +=
                scenario.events(.stranger, at: time)
                + QuietDays.events(1).map { event in
                    var event = event
                    event.time += time - Made.start
                    return event
                }
        }
        for event in events.sorted(by: { $0.time < $1.time }) {
            let expected = whole.see(event).map(\.type.name)
            let found = quick.see(event, &routine)
            if found == nil { left += 1 }
            #expect((found ?? []).map(\.type.name) == expected, "\(event.id)")
        }
        #expect(whole.account == quick.account && whole.actors == quick.actors)
        #expect(left * 3 > events.count, "\(left) of \(events.count) were routine")
    }
}
