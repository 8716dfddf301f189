import ArgumentParser
import Catalogue
import FoundationEssentials
import Learning
import Server
import Wire

struct GeneratePolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate-policy",
        abstract: "Write the smallest policy that covers what a principal did.",
        discussion: """
            gatehouse generate-policy --principal arn:aws:iam::111122223333:role/app --since 7d

            It allows each action on the resources on which it was asked for, and nothing else: what the policies allowed, \
            and what --observe let through. The policy engine has checked it against every call before it is printed. \
            Where one policy would be longer than a managed policy may be (6,144 characters), there are several.

            Times are in ISO 8601 (2026-11-29T08:00:00Z), or how long ago: 90s, 30m, 12h, 7d, 2w.
            """)

    @Option(help: "The ARN of a user, of a role, with all its sessions, of one session, or of a root user.")
    var principal: String

    @Option(help: "From when on calls count (default: all that are recorded).")
    var since: String?

    @Option(help: "Until when calls count (default: now).")
    var until: String?

    @Flag(help: "Also allow what the policies denied.")
    var includeDenied = false

    @Flag(
        help: """
            Add conditions for what all calls of an action had in common: the service that a role was passed to, the leading \
            keys of a table, the prefix of a listing, the service that a key was used through.
            """)
    var conditions = false

    @Flag(help: "Name the regions that each action was used in.")
    var regions = false

    @Option(
        help: ArgumentHelp(
            "Put one pattern in the place of this many resources, or more, that differ in what their names end with.",
            valueName: "number"))
    var collapse: Int?

    @Option(help: "text: the policy alone. json: with what each policy covers.")
    var format = Format.text

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    @OptionGroup var placeOptions: PlaceOptions

    func validate() throws {
        if let collapse, collapse < 2 { throw ValidationError("--collapse takes 2 or more, not \(collapse).") }
        for (option, text) in [("--since", since), ("--until", until)] {
            guard let text, Self.moment(text) == nil else { continue }
            throw ValidationError(
                "\(option) takes a time such as 2026-11-29T08:00:00Z, or how long ago, such as 30m, 12h or 7d; not '\(text)'."
            )
        }
        if let from = since.flatMap(Self.moment), let to = until.flatMap(Self.moment), from > to {
            throw ValidationError("--since is later than --until.")
        }
    }

    func run() async throws {
        let place = try placeOptions.place()
        do {
            let recorded = try RecordedData(place)
            try await OwnServer.flushEvents(of: place, recorded)
            let (found, isKnown) = try await recorded.accesses(
                of: principal, since: since.flatMap(Self.moment), until: until.flatMap(Self.moment),
                withDenied: includeDenied)
            guard !found.accesses.isEmpty else { fail(nothing(found, isKnown, place)) }
            var generator = PolicyGenerator()
            generator.addsConditions = conditions
            generator.namesRegions = regions
            generator.collapsesFrom = collapse
            let policies = try generator.policies(for: Array(found.accesses.keys))
            switch format {
            case .text: for policy in policies { print(policy.text) }
            case .json: print(json(found, policies))
            }
            explain(found, policies)
        } catch {
            fail("\(error)")
        }
    }

    /// What is left to be said when there is nothing to allow.
    private func nothing(_ found: RecordedAccesses, _ isKnown: Bool, _ place: DataPlace) -> String {
        let when = since.map { " since \($0)" } ?? ""
        if found.denied > 0 {
            return found.denied == 1
                ? "The only call of \(principal)\(when) was denied: allow it with --include-denied."
                : "All \(found.denied) calls of \(principal)\(when) were denied: allow them with --include-denied."
        }
        if found.free > 0 {
            return "\(principal) made only calls\(when) that need no permission (\(found.free))."
        }
        guard isKnown else {
            return "There is no \(principal) in \(place.name), and no call of one\(when) is recorded."
        }
        return "No call of \(principal)\(when) is recorded in \(place.name)."
    }

    /// Tells what the policies cover, beside the policies themselves.
    private func explain(_ found: RecordedAccesses, _ policies: [GeneratedPolicy]) {
        var lines = ["It covers \(Self.calls(found.calls)) of \(principal)."]
        if policies.count > 1 {
            lines = ["\(policies.count) policies cover \(Self.calls(found.calls)) of \(principal):"]
            for (index, policy) in policies.enumerated() {
                let services = Set(policy.actions.map { String($0.prefix { $0 != ":" }) }).sorted()
                lines.append(
                    "  \(index + 1): \(policy.actions.count) actions of \(services.joined(separator: ", ")), \(policy.size) characters"
                )
            }
        }
        if policies.count > 10 { lines.append("A user or role can have 10 managed policies: try --collapse.") }
        if found.denied > 0 {
            lines.append(
                found.denied == 1
                    ? "1 call was denied, and is left out: --include-denied adds it."
                    : "\(found.denied) calls were denied, and are left out: --include-denied adds them.")
        }
        if includeDenied {
            lines.append("Of a call that was denied, only what was asked for up to the denial is known.")
        }
        for access in found.accesses.keys.sorted(by: { $0.action < $1.action }) where access.resource == "*" {
            guard Self.hasResources(access.action) else { continue }
            lines.append("\(access.action) was used without a resource, and so it is allowed on all.")
        }
        Terminal.complain(lines.joined(separator: "\n"))
    }

    private static func calls(_ number: Int) -> String { number == 1 ? "1 call" : "\(number) calls" }

    /// Whether AWS knows of resources that an action needs to be allowed on.
    private static func hasResources(_ action: String) -> Bool {
        let parts = action.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return false }
        let known = ServiceCatalogue.aws.service(parts[0])?.action(parts[1])
        return known?.requiredResourceTypes.isEmpty == false
    }

    private func json(_ found: RecordedAccesses, _ policies: [GeneratedPolicy]) -> String {
        let calls = JSONMember(key: "calls", value: .integer(found.calls))
        let denied = JSONMember(key: "deniedCallsLeftOut", value: .integer(found.denied))
        let all = policies.map { policy in
            JSONValue.object([
                JSONMember(key: "size", value: .integer(policy.size)),
                JSONMember(key: "actions", value: .array(policy.actions.map { .string($0) })),
                JSONMember(key: "accesses", value: .integer(policy.accesses)),
                JSONMember(key: "document", value: policy.json),
            ])
        }
        var writer = JSONWriter()
        writer.json(
            .object([
                JSONMember(key: "principal", value: .string(principal)), calls, denied,
                JSONMember(key: "policies", value: .array(all)),
            ]))
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Milliseconds since 1970; nil for what is no time.
    private static func moment(_ text: String) -> Int64? {
        let seconds: Double
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        if let unit = text.last.flatMap({ units[$0] }), let number = Int32(text.dropLast()), number >= 0 {
            seconds = Date().timeIntervalSince1970 - Double(number) * unit
        } else if let time = Timestamp(parsing: text) {
            seconds = time.secondsSinceEpoch
        } else {
            return nil
        }
        return Int64(exactly: (seconds * 1000).rounded())
    }
}
