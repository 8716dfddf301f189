import NIOCore
import TransportSecurity

/// Reads the settings of an application, line by line.
enum ApplicationReader {
    typealias Problem = WebFrontFile.Problem

    static func set(_ line: Substring, of application: inout ApplicationSettings, _ number: Int) throws(Problem) {
        let (name, value) = try sides(line, number, "NAME = VALUE")
        func problem(_ reason: String) -> Problem { Problem(line: number, reason: reason) }
        switch name {
        case "hosts":
            for host in value.split(separator: ",").map(\.trimmed) {
                guard let host = self.host(host) else {
                    throw problem(
                        "'\(host)' is no host: names are like shop.example.com, or *.example.com for all below it")
                }
                application.hosts.append(host)
            }
        case "arn":
            guard
                value.wholeMatch(of: /arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer\/app\/.+/)
                    != nil
            else {
                throw problem(
                    "arn is that of a load balancer: arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/…")
            }
            application.arn = String(value)
        case "certificate":
            for arn in value.split(separator: ",").map(\.trimmed) {
                guard arn.wholeMatch(of: /arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate\/[A-Za-z0-9-]+/) != nil
                else {
                    throw problem("'\(arn)' is no ARN of a certificate of ACM; certificate-file takes a file")
                }
                application.certificates.append(String(arn))
            }
        case "certificate-file": application.certificateFile = String(value)
        case "key-file": application.keyFile = String(value)
        case "trust": application.trustFile = String(value)
        case "revocations": application.revocationsFile = String(value)
        case "health": application.health = try health(value, number)
        case "balance":
            guard let algorithm = ApplicationSettings.Algorithm(rawValue: String(value)) else {
                throw problem("balance is round-robin or least-outstanding")
            }
            application.algorithm = algorithm
        case "timeout": application.timeout = TimeAmount(try duration(value, number))
        case "tls":
            let parts = value.split(separator: " ", maxSplits: 1).map(\.trimmed)
            switch (parts.first, parts.count) {
            case ("verify", 1): application.verification = .system
            case ("verify", 2): application.verification = .authorities(file: String(parts[1]))
            case ("no-verification", 1): application.verification = .none
            default: throw problem("tls is verify, verify FILE (with the authorities, PEM), or no-verification")
            }
        default:
            throw problem(
                """
                there is no setting '\(name)'; there are: hosts, certificate, certificate-file, key-file, trust, \
                revocations, health, balance, timeout, tls, arn
                """)
        }
    }

    /// A host's name in lower case, or with `*.` at its beginning.
    private static func host(_ text: Substring) -> String? {
        let name = text.lowercased()
        let rest = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
        guard !rest.contains("*"), let served = ServedName(rest) else { return nil }
        return name.hasPrefix("*.") ? "*." + served.description : served.urlHost
    }

    /// `/healthz every 10s timeout 5s healthy 5 unhealthy 2 statuses 200-299`
    private static func health(
        _ value: Substring, _ number: Int
    ) throws(Problem) -> ApplicationSettings.HealthCheck {
        func problem(_ reason: String) -> Problem { Problem(line: number, reason: reason) }
        var words = value.split(whereSeparator: \.isWhitespace)[...]
        guard let path = words.popFirst(), path.hasPrefix("/"),
            path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") })
        else { throw problem("health begins with a path that can be asked for with GET, such as /healthz") }
        var check = ApplicationSettings.HealthCheck(path: String(path))
        while let word = words.popFirst() {
            guard let text = words.popFirst() else { throw problem("something is missing behind '\(word)'") }
            switch word {
            case "every": check.interval = try duration(text, number)
            case "timeout": check.timeout = try duration(text, number)
            case "healthy": check.healthyThreshold = try threshold(text, number)
            case "unhealthy": check.unhealthyThreshold = try threshold(text, number)
            case "statuses": check.statuses = try statuses(text, number)
            default:
                throw problem("'\(word)' is not known here: every, timeout, healthy, unhealthy and statuses are")
            }
        }
        return check
    }

    private static func threshold(_ text: Substring, _ number: Int) throws(Problem) -> Int {
        guard let count = Int(text), (1...10).contains(count) else {
            throw Problem(line: number, reason: "'\(text)' is no number of checks from 1 to 10")
        }
        return count
    }

    private static func statuses(_ text: Substring, _ number: Int) throws(Problem) -> [ClosedRange<Int>] {
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", maxSplits: 1).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, first >= 200, last <= 499, first <= last
            else {
                throw Problem(
                    line: number, reason: "'\(part)' is neither a status from 200 to 499 nor a range, such as 200-299")
            }
            ranges.append(first...last)
        }
        return ranges
    }

    private static func duration(_ text: Substring, _ number: Int) throws(Problem) -> Duration {
        let units: [(String, Int)] = [("ms", 1), ("s", 1000), ("m", 60_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let count = Int(text.dropLast(unit.count).trimmed), count > 0, count <= 3_600_000 / factor else {
                break
            }
            return .milliseconds(count * factor)
        }
        throw Problem(line: number, reason: "'\(text)' is not a time up to an hour, such as 500ms, 30s or 2m")
    }

    static func sides(
        _ line: Substring, _ number: Int, _ form: String
    ) throws(Problem) -> (left: Substring, right: Substring) {
        guard let sign = line.firstIndex(of: "=") else {
            throw Problem(line: number, reason: "'\(line.prefix { !$0.isWhitespace })…' has no =: a line is \(form)")
        }
        let sides = (left: line[..<sign].trimmed, right: line[line.index(after: sign)...].trimmed)
        guard !sides.left.isEmpty, !sides.right.isEmpty else {
            throw Problem(line: number, reason: "something is missing beside the =: a line is \(form)")
        }
        return sides
    }
}
