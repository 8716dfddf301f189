import Ledger
import Testing

@testable import Platform

struct MetricCountsTests {
    private let counts = MetricCounts()
    private let series = MetricCounts.Series(
        "Sent", in: "AWS/SQS", [MetricDimension("QueueName", "a")], of: Scope(account: "1", region: "here"))

    @Test func valuesAreKeptByMinuteUntilTheyAreTaken() {
        counts.count(series, 2, at: 60)
        counts.count(series, 2, times: 3, at: 119.9)
        counts.count(series, 5, at: 120)
        counts.count(series, times: 0, at: 120)
        counts.count(series, at: .infinity)
        let taken = counts.take(at: 180)
        #expect(taken == [.init(series: series, start: 1): [2: 4], .init(series: series, start: 2): [5: 1]])
        #expect(counts.take(at: 180).isEmpty)
        counts.count(series, 5, at: 120)
        counts.restore(taken)
        #expect(counts.take(at: 180)[.init(series: series, start: 2)] == [5: 2])
    }

    @Test func countersBelongToTheMinuteInWhichTheyAreTaken() {
        var counter: MetricCounts.Counter? = counts.counter(series)
        counter?.add(3)
        #expect(counts.take(at: 61) == [.init(series: series, start: 1): [1: 3]])
        #expect(counts.take(at: 62).isEmpty)
        counter?.add(1)
        // What was counted last is not lost with the counter.
        counter = nil
        #expect(counts.take(at: 121) == [.init(series: series, start: 2): [1: 1]])
        #expect(counts.take(at: 122).isEmpty)
    }

    @Test func manyValuesAreRounded() {
        for value in 1...100_000 { counts.count(series, Double(value), at: 60) }
        let values = counts.take(at: 120)[.init(series: series, start: 1)] ?? [:]
        #expect(values.count < 2 * MetricCounts.mostValues)
        #expect(values.values.reduce(0, +) == 100_000)
        let sum = values.reduce(0) { $0 + $1.key * $1.value }
        #expect(abs(sum / 5_000_050_000 - 1) < 0.01)
    }

    @Test func nobodyFillsTheMemory() {
        for number in 0..<70_000 {
            var other = series
            other.name = String(number)
            counts.count(other, at: 60)
        }
        #expect(counts.take(at: 60).count == MetricCounts.mostSeries)
    }
}
