import Testing
import ThreatDetection
import ThreatScenarios

/// Clocks that jump: nothing traps, nobody is an attacker because of it, and attacks are found afterwards.
struct ClockTests {
    private static let day = 86_400.0

    private func types(_ events: [Made], _ memory: inout Remembered) -> Set<String> {
        Set(events.flatMap { memory.see($0).map(\.type.name) })
    }

    private func moved(_ events: [Made], by seconds: Double) -> [Made] {
        events.map { event in
            var event = event
            event.time += seconds
            return event
        }
    }

    @Test(arguments: [-2 * day, -400 * day, 3600, 40 * day, 100 * day, 4000 * day])
    func jumps(by seconds: Double) throws {
        var (memory, _, _) = DetectionTable.learnt()
        let quiet = QuietDays.events(8)
        let later = Double(DetectionTable.days) * Self.day
        #expect(types(moved(quiet, by: later + seconds), &memory) == [])
        // And where it was set back, as it was before.
        #expect(types(moved(quiet, by: later + 8 * Self.day), &memory) == [])
        let scenario = try #require(Scenario.all.first { $0.name == "persistence.iam-create-admin-user" })
        let outcome = scenario.outcome(.stranger, memory, at: DetectionTable.morning + 20 * Self.day)
        // After a jump ahead that all was forgotten in, it learns anew: for the week after.
        #expect(outcome.types.contains("Persistence:IAMUser/AnomalousBehavior"))
    }

    @Test func outOfOrder() {
        // About midnight, events of two days take turns.
        var memory = Remembered()
        for day in 0..<8 {
            for index in 0..<20 {
                let time = Made.start + Double(day) * Self.day + Double(index % 2) * Self.day - 10
                #expect(
                    types(
                        [
                            Made("s3", "GetObject") {
                                QuietDays.report(&$0, time, key: "file-\(index)")
                            }
                        ], &memory) == [])
            }
        }
    }

    @Test(arguments: ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "nonsense", ""])
    func timesThatAreNone(time: String) {
        let text = """
            {"userIdentity":{"type":"IAMUser","principalId":"AIDAX","arn":"arn:aws:iam::111122223333:user/x"},"eventTime":"\(time)",\
            "eventSource":"iam.amazonaws.com","eventName":"CreateUser","sourceIPAddress":"192.0.2.1","eventID":"e",\
            "eventType":"AwsApiCall","eventCategory":"Management"}
            """
        var (account, actor) = (AccountMemory(began: Made.start), ActorMemory(began: Made.start))
        guard let call = ObservedCall(record: Array(text.utf8)) else { return }
        let found = Detector.examine(call, &account, &actor, Surroundings())
        // In the far future something is unusual, as long as nothing was learnt: that it can be looked at is enough.
        #expect(found.isEmpty || time.hasPrefix("9999"))
    }
}
