import Testing

@testable import CloudTrailService

@Suite struct RateModelTests {
    private typealias Step = RateModel.Step

    private func follow(
        _ minutes: ClosedRange<Int64>, _ counts: [Int64: Int64], _ episode: RateModel.Episode? = nil
    ) -> (steps: [Step], open: RateModel.Episode?) {
        var open = episode
        let steps = RateModel.follow(minutes, &open) { counts[$0] ?? 0 }
        return (steps, open)
    }

    private func episode(_ start: Int64, _ last: Int64, total: Int64 = 0, busiest: Int64 = 0) -> RateModel.Episode {
        RateModel.Episode(start: start, last: last, baseline: RateModel.Baseline(total: total, busiest: busiest))
    }

    @Test func tenCallsWhereThereWereNone() {
        #expect(follow(20_000...20_059, [20_010: 9]) == ([], nil))
        let (steps, open) = follow(20_000...20_012, [20_010: 10])
        #expect(steps == [.started(episode(20_010, 20_010))])
        #expect(open == episode(20_010, 20_010))
    }

    @Test func twiceTheBusiestMinuteIsUsual() {
        let before: [Int64: Int64] = [20_000: 7, 19_000: 30]
        #expect(follow(20_010...20_010, before.merging([20_010: 60]) { $1 }).steps.isEmpty)
        #expect(
            follow(20_010...20_010, before.merging([20_010: 61]) { $1 }).steps == [
                .started(episode(20_010, 20_010, total: 37, busiest: 30))
            ])
    }

    @Test func sevenDaysAndNoMore() {
        let minute = 30_000 + RateModel.baselineMinutes
        #expect(follow(minute...minute, [30_000: 30, minute: 60]).steps.isEmpty)
        #expect(follow(minute...minute, [29_999: 30, minute: 60]).steps.count == 1)
    }

    @Test func itEndsTenMinutesAfterTheLast() {
        let counts: [Int64: Int64] = [20_000: 20, 20_005: 12, 20_014: 11]
        let (steps, open) = follow(20_000...20_030, counts)
        #expect(steps == [.started(episode(20_000, 20_000)), .ended(episode(20_000, 20_014))])
        #expect(open == nil)
        #expect(episode(20_000, 20_014).duration == 15)
    }

    /// However the minutes are cut into pieces, the same comes of them.
    @Test(arguments: [1, 2, 7, 10, 11, 60]) func inPieces(_ size: Int64) {
        var counts: [Int64: Int64] = [:]
        for minute in Int64(20_000)..<20_300 { counts[minute] = minute * 7919 % 5 }
        // Each more than twice as high as all before, and some of them in a row.
        for (minute, count) in zip([20_011, 20_058, 20_061, 20_119, 20_180, 20_189, 20_240] as [Int64], 1...) {
            counts[minute] = 12 << (count * 2)
        }
        let whole = follow(20_000...20_299, counts)
        var open: RateModel.Episode?
        var steps: [Step] = []
        for start in stride(from: Int64(20_000), to: 20_300, by: Int(size)) {
            let end = min(start + size - 1, 20_299)
            steps += RateModel.follow(start...end, &open) { counts[$0] ?? 0 }
        }
        #expect(steps == whole.steps && open == whole.open && steps.count > 4)
    }

    @Test func attributionsStayFew() {
        var attributions = Attributions()
        for number in 0..<10_000 {
            attributions.add(identity: "arn:\(number)", agent: "usual", error: number % 2 == 0 ? "AccessDenied" : nil)
        }
        #expect(attributions.identities.count <= 40 && attributions.agents == ["usual": 10_000])
        #expect(attributions.errors == ["AccessDenied": 5000, "null": 5000])
        let tally: Tally = ["b": 2, "a": 2, "c": 3]
        #expect(tally.largest(2).map(\.value) == ["c", "a"])
    }
}
