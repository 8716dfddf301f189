import Fetch
public import Mapping

/// What is said of the endpoints behind Gatehouse, in a file or by flags.
///
/// ```text
/// # Each endpoint: the services that it answers, and where it is. * stands for all others.
/// dynamodb = http://127.0.0.1:8000
///     credentials = {account} none
/// sqs, sns = http://127.0.0.1:5000
///     header x-moto-account-id = {account}
///     timeout = 10s
/// * = https://stand-in.example:4577
///     accounts = 111122223333 -> 123456789012
///
/// # What an operation asks for, where Gatehouse can't know it.
/// map kendra Query = kendra:Query on arn:{partition}:kendra:{region}:{account}:index/{IndexId}
/// ```
public struct UpstreamsFile: Sendable {
    /// The endpoints, in their order.
    public private(set) var upstreams: [Upstream] = []
    /// What the operator says of operations.
    public private(set) var declared = DeclaredMappings()

    /// Why a file can't be used.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        /// The first line is 1; 0 for a flag.
        public let line: Int
        /// What is wrong there, and what to do.
        public let reason: String

        public var description: String { line > 0 ? "line \(line): \(reason)" : reason }
    }

    /// No endpoints.
    public init() {}

    /// The largest file that is read, in bytes.
    public static let longest = 1 << 20

    /// Reads a file.
    /// - Parameter text: of the file.
    /// - Throws: ``Problem`` at the first line that can't be used.
    public init(parsing text: String) throws(Problem) {
        var lines: [(number: Int, text: Substring)] = []
        var declarations: [Substring] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let isDeclaration = line.hasPrefix("map ")
            // The other lines are empty there, so that the numbers stay.
            declarations.append(isDeclaration ? line.dropFirst("map ".count) : "")
            if !isDeclaration { lines.append((index + 1, line)) }
        }
        for (number, line) in lines {
            let content = line.trimmed
            guard !content.isEmpty, !content.hasPrefix("#") else { continue }
            if line.first?.isWhitespace == true {
                guard !upstreams.isEmpty else {
                    throw Problem(
                        line: number,
                        reason: "a setting belongs to an endpoint, and there is none above it: begin with SERVICE = URL"
                    )
                }
                try Self.set(content, of: &upstreams[upstreams.count - 1], number)
            } else {
                try add(content, number)
            }
        }
        do throws(MappingSyntaxError) {
            declared = try DeclaredMappings(parsing: declarations.joined(separator: "\n"))
        } catch {
            throw Problem(line: error.line, reason: error.reason)
        }
    }

    /// Adds an endpoint, as a flag has it: `dynamodb=http://127.0.0.1:8000`.
    /// - Throws: ``Problem`` for what is no such thing.
    public mutating func add(flag: String) throws(Problem) { try add(flag[...], 0) }

    private mutating func add(_ line: Substring, _ number: Int) throws(Problem) {
        let (names, place) = try Self.sides(line, number, "SERVICE = URL, such as dynamodb = http://127.0.0.1:8000")
        guard let address = WebAddress(String(place), mayBePlain: true), address.path.isEmpty || address.path == "/"
        else {
            throw Problem(
                line: number,
                reason: "'\(place)' is not the URL of an endpoint: it begins with http:// or https:// and has no path")
        }
        var services: [String] = []
        for name in names.split(separator: ",").map(\.trimmed) where name != "*" {
            let ids = Self.ids(String(name))
            guard !ids.isEmpty else {
                throw Problem(
                    line: number, reason: "there is no service '\(name)': `gatehouse map --report` lists their names")
            }
            services += ids
        }
        guard names.trimmed == "*" || !names.contains("*") else {
            throw Problem(line: number, reason: "* stands for all other services, and so it stands alone")
        }
        for upstream in upstreams {
            if services.isEmpty, upstream.services.isEmpty {
                throw Problem(line: number, reason: "there is an endpoint for * already")
            }
            if let twice = services.first(where: upstream.services.contains) {
                throw Problem(line: number, reason: "there is an endpoint for \(twice) already")
            }
        }
        upstreams.append(Upstream(services: services, address: address))
    }

    /// The services of a name: one by its id, or all that sign by it.
    private static func ids(_ name: String) -> [String] {
        if let entry = ServiceModels.aws.entry(name) { return [entry.id] }
        return ServiceModels.aws.entries(signingAs: name).map(\.id)
    }

    // MARK: Settings

    private static func set(_ line: Substring, of upstream: inout Upstream, _ number: Int) throws(Problem) {
        let (left, value) = try sides(line, number, "NAME = VALUE")
        let words = left.split(whereSeparator: \.isWhitespace)
        func problem(_ reason: String) -> Problem { Problem(line: number, reason: reason) }
        switch (words.first, words.count) {
        case ("credentials", 1): upstream.credentials = try credentials(value, number)
        case ("header", 2):
            let name = words[1].lowercased()
            guard isHeaderName(name), !unsettable.contains(name) else {
                throw problem("'\(words[1])' is not a header that can be set")
            }
            guard let template = Template(value), value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
                throw problem(templateProblem(value))
            }
            upstream.headers.append((name: name, value: template))
        case ("pass-headers", 1):
            for name in value.split(separator: ",").map(\.trimmed) {
                guard isHeaderName(name.lowercased()), !unsettable.contains(name.lowercased()) else {
                    throw problem("'\(name)' is not a header that can be passed")
                }
                upstream.passedHeaders.insert(name.lowercased())
            }
        case ("accounts", 1):
            for pair in value.split(separator: ",") {
                let sides = pair.split(separator: ">", maxSplits: 1).map(\.trimmed)
                guard sides.count == 2, sides[0].hasSuffix("-"), isAccount(sides[0].dropLast().trimmed),
                    isAccount(sides[1])
                else {
                    throw problem("accounts are written 111122223333 -> 123456789012, first the one of Gatehouse's")
                }
                upstream.accounts.append(
                    Upstream.AccountPair(own: String(sides[0].dropLast().trimmed), theirs: String(sides[1])))
            }
            guard Set(upstream.accounts.map(\.own)).count == upstream.accounts.count,
                Set(upstream.accounts.map(\.theirs)).count == upstream.accounts.count
            else { throw problem("an account stands in two pairs, so that answers could not be read back") }
        case ("host", 1):
            guard ["client", "endpoint"].contains(value) else {
                throw problem("host is client, for the name that the client used, or endpoint, for the endpoint's own")
            }
            upstream.usesOwnHost = value == "endpoint"
        case ("tls", 1):
            let parts = value.split(separator: " ", maxSplits: 1).map(\.trimmed)
            switch (parts.first, parts.count) {
            case ("verify", 1): upstream.verification = .system
            case ("verify", 2): upstream.verification = .authorities(file: String(parts[1]))
            case ("no-verification", 1): upstream.verification = .none
            default: throw problem("tls is verify, verify FILE (with the authorities, PEM), or no-verification")
            }
        case ("timeout", 1): upstream.timeout = try duration(value, number)
        case ("connect-timeout", 1): upstream.connectTimeout = try duration(value, number)
        case ("body-limit", 1): upstream.bodyLimit = try size(value, number)
        case ("health", 1):
            guard value.hasPrefix("/"), value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw problem("health is a path that can be asked for with GET, such as /health")
            }
            upstream.healthPath = String(value)
        default:
            throw problem(
                """
                there is no setting '\(words.first ?? "")'; there are: credentials, header NAME, pass-headers, accounts, host, tls, \
                timeout, connect-timeout, body-limit, health
                """)
        }
    }

    private static func credentials(_ value: Substring, _ number: Int) throws(Problem) -> Upstream.Credentials? {
        if value == "none" { return nil }
        let words = value.split(whereSeparator: \.isWhitespace)
        guard words.count == 2 || words.count == 3 else {
            throw Problem(
                line: number,
                reason:
                    "credentials are none, or KEY-ID SECRET, or KEY-ID SECRET SESSION-TOKEN; {account} may be the id")
        }
        guard let id = Template(words[0]) else { throw Problem(line: number, reason: templateProblem(words[0])) }
        return Upstream.Credentials(
            accessKeyID: id, secretAccessKey: Upstream.Secret(text: String(words[1])),
            sessionToken: words.count == 3 ? Upstream.Secret(text: String(words[2])) : nil)
    }

    private static func templateProblem(_ text: Substring) -> String {
        "'\(text)' has something between braces that is not {account}, {region} or {service}"
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

    private static func size(_ text: Substring, _ number: Int) throws(Problem) -> Int {
        let units: [(String, Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let count = Int(text.dropLast(unit.count).trimmed), count > 0, count <= (1 << 32) / factor else {
                break
            }
            return count * factor
        }
        throw Problem(line: number, reason: "'\(text)' is not a size up to 4 GiB, such as 1048576, 64 MiB or 1 GiB")
    }

    private static func sides(
        _ line: Substring, _ number: Int, _ form: String
    ) throws(Problem) -> (left: Substring, right: Substring) {
        guard let sign = line.firstIndex(of: "=") else {
            // What follows may be a secret.
            let word = line.prefix { !$0.isWhitespace }
            throw Problem(line: number, reason: "'\(word)…' has no =: a line is \(form)")
        }
        let sides = (left: line[..<sign].trimmed, right: line[line.index(after: sign)...].trimmed)
        guard !sides.left.isEmpty, !sides.right.isEmpty else {
            throw Problem(line: number, reason: "something is missing beside the =: a line is \(form)")
        }
        return sides
    }

    private static func isAccount(_ text: Substring) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isHeaderName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x5f
            }
    }

    /// What says how a request is framed, signed or routed.
    private static let unsettable: Set<String> = [
        "authorization", "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer",
        "transfer-encoding", "upgrade", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-target",
    ]
}

extension Substring {
    /// Without the white space around it.
    fileprivate var trimmed: Substring {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
