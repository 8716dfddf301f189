import Catalogue
import Escalation
import Policy
import Reasoning
import Testing

/// An account that a test writes down.
struct TestEstate {
    static let account = "111122223333"
    var estate = Estate()
    var serviceControl: [PolicySet]?

    static func arn(_ resource: String) -> String { "arn:aws:iam::\(account):\(resource)" }

    static func policy(_ statements: String, _ type: PolicyType = .identity, name: String = "p") -> CompiledPolicy {
        let text = #"{"Version":"2012-10-17","Statement":[\#(statements)]}"#
        do {
            return CompiledPolicy(
                try PolicyDocument(parsing: text, as: type, strictness: .evaluable),
                source: PolicySource(type: type, name: name))
        } catch {
            Issue.record("\(text): \(error)")
            return .denyingEverything(PolicySource(type: type, name: name))
        }
    }

    static func allow(_ actions: String, on resource: String = "*", if condition: String = "") -> String {
        let list = actions.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ",")
        let more = condition.isEmpty ? "" : #","Condition":\#(condition)"#
        return #"{"Effect":"Allow","Action":[\#(list)],"Resource":"\#(resource)"\#(more)}"#
    }

    static func deny(_ actions: String, on resource: String = "*", if condition: String = "") -> String {
        allow(actions, on: resource, if: condition).replacing("Allow", with: "Deny")
    }

    static let everything = allow("*")

    /// Binds all that are added afterwards.
    mutating func control(_ statements: String) {
        serviceControl = [PolicySet([Self.policy(statements, .serviceControl, name: "scp")])]
    }

    mutating func user(
        _ name: String, _ statements: String = "", groups: [String] = [], boundary: String? = nil,
        managed: [String] = [], _ change: (inout Estate.Member) -> Void = { _ in }
    ) {
        let arn = Self.arn("user/\(name)")
        let principal = Principal(kind: .user, arn: arn, accountID: Self.account, uniqueID: "AIDA\(name.uppercased())")
        add(principal, arn, statements, groups, boundary, managed, nil, change)
    }

    mutating func role(
        _ name: String, _ statements: String = "", trust: String, boundary: String? = nil, managed: [String] = [],
        _ change: (inout Estate.Member) -> Void = { _ in }
    ) {
        let arn = Self.arn("role/\(name)")
        let principal = Principal(
            kind: .roleSession, arn: "arn:aws:sts::\(Self.account):assumed-role/\(name)/session",
            accountID: Self.account, roleARN: arn, uniqueID: "AROA\(name.uppercased())")
        let principals = trust.hasSuffix(".com") ? #"{"Service":"\#(trust)"}"# : #"{"AWS":"\#(trust)"}"#
        let document =
            trust.hasPrefix("{")
            ? trust : #"{"Effect":"Allow","Principal":\#(principals),"Action":"sts:AssumeRole"}"#
        add(principal, arn, statements, [], boundary, managed, Self.policy(document, .roleTrust), change)
    }

    private mutating func add(
        _ principal: Principal, _ arn: String, _ statements: String, _ groups: [String], _ boundary: String?,
        _ managed: [String], _ trust: CompiledPolicy?, _ change: (inout Estate.Member) -> Void
    ) {
        var member = Estate.Member(principal, arn: arn, policies: [])
        if !statements.isEmpty {
            member.policies.append(Estate.HeldPolicy(Self.policy(statements), holder: arn))
        }
        for arn in managed {
            guard let policy = estate.policies[arn] else { continue }
            member.policies.append(Estate.HeldPolicy(policy.defaultVersion, holder: member.arn, arn: arn))
        }
        for group in groups.map({ Self.arn("group/\($0)") }) {
            member.groups.append(group)
            member.policies += estate.groups[group] ?? []
        }
        member.boundary = boundary.map {
            Estate.Boundary(
                arn: $0,
                policy: estate.policies[$0].map {
                    CompiledPolicy(
                        $0.defaultVersion.document, source: PolicySource(type: .permissionsBoundary, name: "b"))
                })
        }
        member.trust = trust
        member.serviceControl = serviceControl
        change(&member)
        estate.members.append(member)
    }

    mutating func group(_ name: String, _ statements: String) {
        let arn = Self.arn("group/\(name)")
        estate.groups[arn] = [Estate.HeldPolicy(Self.policy(statements, name: "g"), holder: arn)]
    }

    /// - Returns: its ARN.
    @discardableResult
    mutating func managed(_ name: String, _ statements: String, old: [String] = []) -> String {
        let arn = Self.arn("policy/\(name)")
        estate.policies[arn] = Estate.ManagedPolicy(
            defaultVersion: Self.policy(statements, name: name),
            otherVersions: old.enumerated().map { ("v\($0.offset + 1)", Self.policy($0.element, name: name)) })
        return arn
    }

    static let administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

    func search(depth: Int = 3) -> EscalationSearch {
        var domain = Domain.aws
        domain.actionNames = { service in ServiceCatalogue.aws.service(service)?.actions.map(\.name) ?? [] }
        return EscalationSearch(
            estate, Checks(domain), depth: depth, awsPolicies: [Self.administrator, "arn:aws:iam::aws:policy/Harmless"]
        ) { arn in
            arn == Self.administrator
                ? Self.policy(Self.everything, name: "AdministratorAccess") : Self.policy(Self.allow("s3:GetObject"))
        }
    }

    /// The paths of a user, with each request decided anew.
    func paths(
        of name: String = "user/dev", depth: Int = 3, sourceLocation: SourceLocation = #_sourceLocation
    ) -> [EscalationPath] {
        let arn = Self.arn(name)
        let report = search(depth: depth).report(of: arn)
        #expect(report.undecided == [], sourceLocation: sourceLocation)
        guard let start = estate.members.first(where: { $0.arn == arn }) else { return [] }
        for path in report.paths {
            for request in path.steps.flatMap(\.requests) + [path.gain] {
                let isAllowed = PolicyEvaluator.allows(
                    request.witness.request, request.inputs, DictionaryContext(request.witness.context))
                #expect(isAllowed, "\(path.method): \(request.witness.request)", sourceLocation: sourceLocation)
            }
            // What is gained, the one it began with may not: with its own names in the request.
            var request = path.gain.witness.request
            request.principal = start.principal
            var inputs = start.inputs
            inputs.ignoresResourceSide = true
            var context = path.gain.witness.context
            context["aws:principalarn"] = .one(arn)
            context["aws:username"] = start.isRole ? nil : .one(String(arn.split(separator: "/").last ?? ""))
            context = context.filter { !$0.key.hasPrefix("aws:principaltag/") }
            for (key, value) in start.tags { context["aws:principaltag/\(key)"] = .one(value) }
            let could = PolicyEvaluator.allows(request, inputs, DictionaryContext(context))
            #expect(!could, "\(path.method): \(request)", sourceLocation: sourceLocation)
        }
        return report.paths
    }

    func methods(
        of name: String = "user/dev", depth: Int = 3, sourceLocation: SourceLocation = #_sourceLocation
    ) -> [String] {
        paths(of: name, depth: depth, sourceLocation: sourceLocation).map(\.method)
    }
}
