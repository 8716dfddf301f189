import Policy
import Reasoning

/// A user or a role as it is at some point of a path: with a policy more, or without its boundary.
final class Holder {
    let member: Estate.Member
    /// Tells it from others: its ARN, and what was changed.
    let key: String
    fileprivate var caller: BoundCaller?
    fileprivate var access: HeldAccess?
    fileprivate var hasAll: Bool?
    fileprivate var possible: [String: Bool] = [:]
    fileprivate var possibleOnOthers: [String: Bool] = [:]
    /// What it can ask of services, with the methods' places; nil: not looked at yet.
    var serviceRequests: [(index: Int, requests: [EscalationPath.Request])]?
    /// Those as whom it can come to act; nil: not looked at yet.
    var reachable: [Holder]?

    init(_ member: Estate.Member, change: String = "") {
        self.member = member
        key = change.isEmpty ? member.arn : "\(member.arn) \(change)"
    }

    /// As it is after a change.
    func changed(_ change: String, _ body: (inout Estate.Member) -> Void) -> Holder {
        var member = member
        body(&member)
        return Holder(member, change: key.dropFirst(member.arn.utf8.count) + change)
    }

    /// Whether it is as the estate has it.
    var isUnchanged: Bool { key == member.arn }
}

/// Requests that belong together, or why there are none.
enum Found {
    case requests([EscalationPath.Request])
    case no
    case unknown(String)
}

/// What is known of a resource of IAM's.
struct ResourceFacts {
    /// nil: nothing is known.
    var tags: [String: String]?
    /// The ARN of the permissions boundary that the user or role has, or is to get; nil: none.
    var boundary: String?
    var trust: CompiledPolicy?

    init(tags: [String: String]? = nil, boundary: String? = nil, trust: CompiledPolicy? = nil) {
        self.tags = tags
        self.boundary = boundary
        self.trust = trust
    }

    init(_ member: Estate.Member) { self.init(tags: member.tags, boundary: member.boundary?.arn) }
}

extension EscalationSearch {
    /// The holder as it asks for what its own policies decide.
    func caller(_ holder: Holder) -> BoundCaller {
        if let caller = holder.caller { return caller }
        var inputs = holder.member.inputs
        inputs.ignoresResourceSide = true
        let caller = bound(holder.member, inputs)
        holder.caller = caller
        return caller
    }

    func bound(_ member: Estate.Member, _ inputs: PolicyInputs, tags: [String: String]?? = .none) -> BoundCaller {
        BoundCaller(
            member.principal, SymbolicInputs(inputs, symbolic: cache.symbolic), tags: tags ?? member.tags,
            domain: checks.domain)
    }

    func held(_ holder: Holder) -> HeldAccess {
        if let access = holder.access { return access }
        let access = HeldAccess(caller(holder), in: checks.domain)
        holder.access = access
        return access
    }

    /// Whether the holder has all that the service control policies leave.
    func hasAll(_ holder: Holder) -> Bool {
        if let hasAll = holder.hasAll { return hasAll }
        let everything = holder.changed(" unbounded") { member in
            member.policies = [Estate.HeldPolicy(Self.everything, holder: member.arn)]
            member.boundary = nil
        }
        let hasAll = checks.access(of: caller(everything), beyond: [held(holder)]).isNo
        holder.hasAll = hasAll
        return hasAll
    }

    /// Whether the holder may do something on any resource, as far as its own policies say.
    func may(_ holder: Holder, _ action: String) -> Bool {
        if let known = holder.possible[action] { return known }
        let answer = checks.access(of: caller(holder), to: AccessTarget([action], on: []))
        holder.possible[action] = !answer.isNo
        return !answer.isNo
    }

    /// Whether the holder may do something on any resource but itself: many policies allow everybody to look after itself.
    func mayOnOthers(_ holder: Holder, _ action: String) -> Bool {
        guard may(holder, action) else { return false }
        if let known = holder.possibleOnOthers[action] { return known }
        let target = AccessTarget([action], on: []).butNotOn([holder.member.arn])
        let isPossible = !checks.access(of: caller(holder), to: target).isNo
        holder.possibleOnOthers[action] = isPossible
        return isPossible
    }
}

extension EscalationSearch {
    /// A policy that allows everything.
    static let everything: CompiledPolicy = policy(
        #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#, .identity, "everything"
    )

    /// A trust policy that names somebody.
    static func trust(naming arn: String) -> CompiledPolicy {
        let principal = arn.replacing("\\", with: "").replacing("\"", with: "")
        let allow = #"{"Effect":"Allow","Principal":{"AWS":"\#(principal)"},"Action":"sts:AssumeRole"}"#
        return policy(#"{"Version":"2012-10-17","Statement":\#(allow)}"#, .roleTrust, "")
    }

    private static func policy(_ text: String, _ type: PolicyType, _ name: String) -> CompiledPolicy {
        let source = PolicySource(type: type, name: name)
        guard let document = try? PolicyDocument(parsing: text, as: type, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }
}
