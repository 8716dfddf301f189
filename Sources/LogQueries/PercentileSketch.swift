/// Percentiles of numbers that come one after another, in bounded memory.
///
/// Up to a thousand numbers it is exact: the percentile is the least number that at least so many percent of all are not above
/// (nearest rank). Beyond that numbers are counted in buckets whose ends are 1 % apart (as DDSketch has them: Masson, Rim and Lee,
/// 2019), so that an answer is within 0.5 % of the exact one.
struct PercentileSketch: Sendable {
    private static let mostExact = 1000
    private static let mostBuckets = 4096
    private static let base = Mathematics.logarithm(1.01)

    private var exact: [Double] = []
    private var above: [Int: Int] = [:]
    private var below: [Int: Int] = [:]
    private var zeros = 0
    private var count = 0
    private var isExact = true

    /// How many bytes it takes, about.
    var size: Int { 64 + exact.count * 8 + (above.count + below.count) * 32 }

    mutating func add(_ number: Double) {
        count += 1
        guard isExact else { return bucket(number) }
        exact.append(number)
        guard exact.count > Self.mostExact else { return }
        for number in exact { bucket(number) }
        (exact, isExact) = ([], false)
    }

    private mutating func bucket(_ number: Double) {
        guard number.magnitude >= .leastNormalMagnitude else {
            zeros += 1
            return
        }
        let place = Int((Mathematics.logarithm(number.magnitude) / Self.base).rounded(.up))
        if number > 0 { above[place, default: 0] += 1 } else { below[place, default: 0] += 1 }
        if above.count + below.count > Self.mostBuckets { join() }
    }

    /// Puts the smallest buckets, by magnitude, together: those count least for what one wants to know.
    private mutating func join() {
        func joined(_ buckets: [Int: Int]) -> [Int: Int] {
            let places = buckets.keys.sorted()
            guard places.count > Self.mostBuckets / 4 else { return buckets }
            let least = places[places.count / 2]
            var result = buckets.filter { $0.key >= least }
            result[least, default: 0] += buckets.reduce(0) { $1.key < least ? $0 + $1.value : $0 }
            return result
        }
        (above, below) = (joined(above), joined(below))
    }

    /// nil: there are no numbers.
    func percentile(_ percent: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = min(max(Int((Double(count) * percent / 100).rounded(.up)), 1), count)
        if isExact { return exact.sorted()[rank - 1] }
        var rest = rank
        for place in below.keys.sorted(by: >) {
            rest -= below[place] ?? 0
            if rest <= 0 { return -Self.middle(place) }
        }
        rest -= zeros
        if rest <= 0 { return 0 }
        for place in above.keys.sorted() {
            rest -= above[place] ?? 0
            if rest <= 0 { return Self.middle(place) }
        }
        return nil
    }

    /// What is equally far, in proportion, from both ends of a bucket.
    private static func middle(_ place: Int) -> Double { Mathematics.exponential((Double(place) - 0.5) * base) }
}
