import Ledger
import Platform
import Synchronization
import WAF

/// What web ACLs have seen of late: the counts of rate-based rules, and samples of requests. It is in memory alone, and each node
/// has its own.
final class WebTraffic: Projection {
    static let kinds: Set<String> = []

    /// What rate-based rules count by.
    let rates: RateTracker
    /// Which paths requests were for.
    let paths = PathStatistics()
    /// Seals what clients get of puzzles and challenges.
    let seals = ClientSeals()
    /// How they are answered.
    let attempts = Attempts()
    /// Where addresses are, by the operator's file.
    private let places = Mutex<any AddressData>(NoAddressData())
    /// The names under which requests are counted.
    private let series = Mutex<Set<String>>([])
    private let logFile = Mutex<String?>(nil)
    private let teller = Mutex<(@Sendable (String) -> Void)?>(nil)
    private let samples = Mutex(AllSamples())

    /// How many requests of a rule are kept, and for how long in seconds.
    /// <https://docs.aws.amazon.com/waf/latest/APIReference/API_GetSampledRequests.html>
    private static let mostSamples = 500
    static let longest = 3 * 3600.0
    /// How many rules have samples.
    private static let mostRules = 5000
    /// How many requests of a minute are kept one after another, and which of the others.
    private static let mostInMinute = 100
    private static let step = 20
    /// The bytes of all samples together.
    private static let mostBytes = 64 << 20
    /// How many names requests are counted under.
    private static let mostSeries = 10_000

    /// A rule of a web ACL, by the name of its metric.
    struct Key: Hashable, Sendable {
        let webACL: String
        let metric: String
    }

    /// A request as `GetSampledRequests` shows it.
    struct Sample: Sendable {
        /// Seconds since 1970.
        let time: Double
        let address: String
        let country: String?
        let method: String
        let uri: String
        let version: String
        let headers: [(name: String, value: String)]
        var action: String
        /// The rule of the group that has decided; nil: it is in none.
        var ruleInGroup: String?
        /// What the rule would have done by itself; nil: nothing else.
        var overridden: String?
        var status: Int?
        var labels: [String] = []
        var inserted: [(name: String, value: String)] = []

        /// About how much memory it takes.
        var size: Int {
            let fields = (headers + inserted).reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 64 }
            return 512 + uri.utf8.count + fields + labels.reduce(0) { $0 + $1.utf8.count + 16 }
        }
    }

    private struct Samples {
        var kept: [Sample] = []
        /// Where the next one goes once there is no room left.
        var next = 0
        /// How many requests there were, by minutes since 1970.
        var population: [Int: Int] = [:]
    }

    private struct AllSamples {
        var rules: [Key: Samples] = [:]
        /// What the samples take together.
        var bytes = 0
        /// When those that are too old were looked for last, in seconds since 1970.
        var lastPurge = 0.0

        /// Forgets samples that nobody is shown any more; not more than once a minute, for it looks at all.
        mutating func purge(at time: Double) {
            guard time - lastPurge >= 60 else { return }
            lastPurge = time
            bytes = 0
            for (key, var found) in rules {
                // In the order of time, so that the next place is the oldest one's again.
                found.kept = (found.kept[found.next...] + found.kept[..<found.next])
                    .filter { $0.time >= time - WebTraffic.longest }
                found.next = 0
                bytes += found.kept.reduce(0) { $0 + $1.size }
                rules[key] = found
            }
        }
    }

    init() { rates = RateTracker() }

    func apply(_ changes: [Change]) {}

    func replaceAll(with changes: [Change]) {
        samples.withLock { $0 = AllSamples() }
        rates.forget()
        paths.forget()
        attempts.forget()
    }

    /// Where addresses are.
    var addresses: any AddressData { places.withLock { $0 } }
    func use(_ addresses: any AddressData) { places.withLock { $0 = addresses } }

    /// The operator's file for the logs of all web ACLs; nil: there is none.
    var pathOfLog: String? { logFile.withLock { $0 } }
    var writesLogFile: Bool { pathOfLog != nil }
    func writeLogs(to path: String) { logFile.withLock { $0 = path } }

    /// Who is told why a web ACL can't be asked.
    func tellOfUnusable(_ tell: @escaping @Sendable (String) -> Void) { teller.withLock { $0 = tell } }
    func tell(_ problem: String) { teller.withLock { $0 }?(problem) }

    /// Whether requests may be counted under a name: it is known, or there are not too many yet.
    func hasRoom(forSeries name: String) -> Bool {
        series.withLock { series in
            guard !series.contains(name), series.count >= Self.mostSeries else {
                series.insert(name)
                return true
            }
            return false
        }
    }

    /// Counts a request that a rule has decided.
    /// - Returns: whether a sample of it is to be kept: of many within a minute, the first and then every twentieth.
    func count(_ key: Key, at time: Double) -> Bool {
        samples.withLock { all in
            if all.rules[key] == nil {
                guard all.rules.count < Self.mostRules else { return false }
                all.rules[key] = Samples()
            }
            let minute = Int(max(0, min(time, 1e12)) / 60)
            let number = (all.rules[key]?.population[minute] ?? 0) + 1
            all.rules[key]?.population[minute] = number
            let oldest = minute - Int(Self.longest / 60)
            if (all.rules[key]?.population.count ?? 0) > 2 * Int(Self.longest / 60) {
                let recent = all.rules[key]?.population.filter { $0.key >= oldest }
                all.rules[key]?.population = recent ?? [:]
            }
            return number <= Self.mostInMinute || number % Self.step == 0
        }
    }

    /// Keeps a sample of a request that was counted. Of more than there is room for the last ones are kept.
    func add(_ sample: Sample, to key: Key) {
        let size = sample.size
        samples.withLock { all in
            if all.bytes + size > Self.mostBytes { all.purge(at: sample.time) }
            guard let (count, next) = all.rules[key].map({ ($0.kept.count, $0.next) }) else { return }
            if count < Self.mostSamples, next == 0, all.bytes + size <= Self.mostBytes {
                all.rules[key]?.kept.append(sample)
                all.bytes += size
                return
            }
            guard count > 0, let old = all.rules[key]?.kept[next].size, all.bytes - old + size <= Self.mostBytes
            else { return }
            all.rules[key]?.kept[next] = sample
            all.rules[key]?.next = (next + 1) % count
            all.bytes += size - old
        }
    }

    /// The requests of a time, and how many there were.
    func samples(_ key: Key, from start: Double, to end: Double, limit: Int) -> (samples: [Sample], population: Int) {
        samples.withLock { all in
            guard let found = all.rules[key] else { return ([], 0) }
            let kept = found.kept.filter { $0.time >= start && $0.time <= end }.sorted { $0.time > $1.time }
            let population = found.population.filter {
                Double($0.key * 60 + 60) > start && Double($0.key * 60) <= end
            }.values.reduce(0, +)
            return (Array(kept.prefix(limit)), max(population, kept.count))
        }
    }
}
