// What single parts of a web ACL cost, without a server. `make bench` runs it.

import CoreRuleSet
import Glibc
import WAF

/// What the web ACLs here refer to.
private struct Things: FirewallResources {
    var networks = NetworkSet([])
    func networks(ofIPSet arn: String) -> NetworkSet? { networks }
    func expressions(ofRegexSet arn: String) -> [String]? { nil }
    func ruleGroup(_ arn: String) -> RuleGroup? { nil }
    func managedRuleGroup(_ statement: ManagedRuleGroupStatement, in rule: String) -> RuleGroup? { nil }
}

/// Numbers that are always the same (xorshift).
private struct Numbers {
    private var state: UInt64 = 88_172_645_463_325_252

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func address() -> String {
        let bits = next()
        return (0..<4).map { String(UInt8(truncatingIfNeeded: bits >> UInt64($0 * 8))) }.joined(separator: ".")
    }
}

@main
struct WAFBench {
    /// Nanoseconds of the processor's time for each, the least of some turns: others may use the machine, too.
    private static func time(_ count: Int, _ body: (Int) -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
        }
        return (0..<15).map { _ in
            let start = now()
            for number in 0..<count { body(number) }
            return (now() - start) / Double(count)
        }.min() ?? 0
    }

    private static func firewall(_ statement: Statement?, _ things: Things = Things()) throws -> Firewall {
        let rules = statement.map { [Rule(name: "r", priority: 0, statement: $0, effect: .action(.block()))] } ?? []
        return try Firewall(
            WebACL(name: "a", arn: "arn", accountID: "111122223333", defaultAction: .allow(), rules: rules), things)
    }

    static func main() throws {
        print("| | µs | |")
        print("|---|---|---|")
        var numbers = Numbers()
        let requests = (0..<10_000).map { _ in WebRequest(address: numbers.address()) }
        let none = try firewall(nil)
        var found = 0
        let empty = time(requests.count) { if none.evaluate(requests[$0], at: 0).terminating != nil { found += 1 } }
        func row(_ name: String, _ nanoseconds: Double, _ more: String = "") {
            print("| \(name) | \((nanoseconds / 10).rounded() / 100) | \(more) |")
        }
        row("a web ACL without rules", empty)
        func rule(_ name: String, _ statement: Statement, _ things: Things = Things()) throws {
            let firewall = try firewall(statement, things)
            found = 0
            let all = time(requests.count) { number in
                if firewall.evaluate(requests[number], at: 0).terminating != nil { found += 1 }
            }
            row(name, all - empty, "\(found) matched; the aim is 1")
        }
        // As lists of addresses are: most of one, some of networks.
        let lengths = [32, 32, 32, 32, 32, 30, 29, 28, 24, 24, 22, 16]
        var networks: Set<Network> = []
        while networks.count < 10_000 {
            let length = lengths[Int(numbers.next() % UInt64(lengths.count))]
            if let network = Network("\(numbers.address())/\(length)") { networks.insert(network) }
        }
        try rule(
            "an IP set of 10,000 networks", .ipSet(arn: "set", forwarded: nil), Things(networks: NetworkSet(networks)))
        try rule(
            "a rate-based rule that counts 10,000 addresses",
            .rateBased(RateBasedStatement(limit: 2_000_000_000, aggregation: .address)))
        try rule(
            "the same, and all of them are limited",
            .rateBased(RateBasedStatement(limit: 0, aggregation: .address)))
        try coreRules(&numbers)
    }

    /// What a client can make one request cost: as many short values as are looked at.
    private static func coreRules(_ numbers: inout Numbers) throws {
        guard let files = try? RuleFiles(folder: "/usr/share/modsecurity-crs/rules") else { return }
        for level in [1, 4] {
            let rules = try CoreRules(files, paranoiaLevel: level)
            for (name, count) in [("10", 10), ("2,000 short", 2000)] {
                let query = (0..<count).map { "\($0)=v\(numbers.next() % 100_000)" }.joined(separator: "&")
                let request = WebRequest(query: query)
                var ids = 0
                let took = time(count > 100 ? 1 : 100) { _ in ids = rules.inspect(request).rules.count }
                print(
                    "| the Core Rule Set, level \(level), \(name) arguments | \((took / 1e3).rounded()) | \(ids) rules matched |"
                )
            }
        }
    }
}
