import Catalogue
import Policy
import Reasoning

// How a holder is asked whether it may do something, with what is known of the request.

extension EscalationSearch {
    /// Whether a holder may do something.
    ///
    /// - Parameters:
    ///   - resource: an ARN, or a pattern: then any resource of it will do.
    ///   - context: condition keys that the request has, by their names in lower case.
    ///   - resources: further patterns, of which the resource has to match one of each.
    func ask(
        _ holder: Holder, _ action: String, on resource: String, saying context: [String: String] = [:],
        _ facts: ResourceFacts = ResourceFacts(), alsoOn resources: [[String]] = []
    ) -> Answer {
        if facts.trust == nil, !may(holder, action) { return .no }
        var caller = caller(holder)
        if let trust = facts.trust {
            var inputs = holder.member.inputs
            inputs.roleTrust = trust
            caller = bound(holder.member, inputs)
        }
        let known = keys(caller.policies.conditionKeys, of: action, on: resource, facts)
            .merging(context.mapValues { $0 }) { $1 }
        let isOnNothing = resource == "*"
        var target = AccessTarget([action], on: isOnNothing ? [] : [resource]).with(known)
        if isOnNothing { target = target.withoutResource }
        if !isOnNothing, resource.contains("*") { target = target.inForm(resource) }
        for resources in resources { target = target.alsoOn(resources) }
        let answer = checks.access(of: caller, to: target)
        switch answer {
        case .unknown(let doubt): note("whether \(holder.member.arn) may \(action): \(doubt)")
        // What no request of that kind can have goes without saying.
        case .yes(let witness): return .yes(witness.leavingOut(known.filter { $0.value == nil }.map(\.key)))
        case .no: break
        }
        return answer
    }

    func request(_ witness: Witness, by holder: Holder, trust: CompiledPolicy? = nil) -> EscalationPath.Request {
        var inputs = holder.member.inputs
        if let trust { inputs.roleTrust = trust } else { inputs.ignoresResourceSide = true }
        return EscalationPath.Request(witness: witness, inputs: inputs)
    }

    /// What the condition keys that some policies speak of can be in a request for an action.
    private func keys(
        _ keys: Set<String>, of action: String, on resource: String, _ facts: ResourceFacts
    ) -> [String: String?] {
        let parts = action.split(separator: ":")
        let prefix = parts.first.map(String.init) ?? ""
        let service = ServiceCatalogue.aws.service(prefix)
        let known = parts.count > 1 ? service?.action(parts[1]) : nil
        var values: [String: String?] = [:]
        for key in keys {
            if key.hasPrefix("aws:resourcetag/") || key.hasPrefix("iam:resourcetag/") {
                guard let tags = facts.tags else { continue }
                let name = key.drop { $0 != "/" }.dropFirst()
                values[key] = .some(tags.first { $0.key.lowercased() == name }?.value)
                continue
            }
            switch key {
            // A service's own requests alone have these.
            case "aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner":
                values[key] = .some(nil)
            case "aws:resourceaccount":
                let account = resource.accountInARN
                if account.utf8.count == 12 { values[key] = account }
            case "aws:requestedregion": if prefix == "iam" { values[key] = "us-east-1" }
            case "iam:permissionsboundary":
                values[key] = .some(takes(known, key, service) ? facts.boundary : nil)
            default:
                let owner = String(key.prefix { $0 != ":" })
                let isOfTags = key.hasPrefix("aws:requesttag/") || key == "aws:tagkeys"
                if isOfTags || owner == prefix {
                    if known != nil, !takes(known, key, service) { values[key] = .some(nil) }
                } else if owner != "aws", ServiceCatalogue.aws.hasService(owner) {
                    values[key] = .some(nil)
                }
            }
        }
        return values
    }

    private func takes(_ action: CatalogueService.Action?, _ key: String, _ service: CatalogueService?) -> Bool {
        guard let action, let service, let known = service.conditionKey(key) else { return false }
        return service.action(action, takes: known)
    }
}

// MARK: Several requests

/// One of several requests.
struct Asked {
    let action: String
    /// An ARN or a pattern; those that write the same pattern are about the same resource.
    let resource: String
    var context: [String: String] = [:]
    var facts = ResourceFacts()
}

extension EscalationSearch {
    /// Requests that a holder may make all of, on the same resource where they name the same.
    func ask(_ holder: Holder, _ asked: [Asked]) -> Found {
        var resources: [String: String] = [:]
        for pattern in Set(asked.map(\.resource)) where pattern.contains("*") && pattern != "*" {
            switch common(holder, asked.filter { $0.resource == pattern }) {
            case .found(let resource): resources[pattern] = resource
            case .no: return .no
            case .unknown(let reason): return .unknown(reason)
            }
        }
        var requests: [EscalationPath.Request] = []
        for one in asked {
            let resource = resources[one.resource] ?? one.resource
            switch ask(holder, one.action, on: resource, saying: one.context, one.facts) {
            case .yes(let witness): requests.append(request(witness, by: holder))
            case .no: return .no
            case .unknown(let doubt): return .unknown("\(doubt)")
            }
        }
        return .requests(requests)
    }

    private enum Common {
        case found(String)
        case no
        case unknown(String)
    }

    /// A resource on which a holder may do several things.
    private func common(_ holder: Holder, _ asked: [Asked]) -> Common {
        func mayAll(on resource: String) -> Bool {
            asked.allSatisfy { ask(holder, $0.action, on: resource, saying: $0.context, $0.facts).witness != nil }
        }
        var candidates: [String] = []
        for one in asked {
            switch ask(holder, one.action, on: one.resource, saying: one.context, one.facts) {
            case .yes(let witness): candidates.append(witness.request.resource)
            case .no: return .no
            case .unknown(let doubt): return .unknown("\(doubt)")
            }
        }
        for candidate in candidates where asked.count == 1 || mayAll(on: candidate) { return .found(candidate) }
        // What one is allowed on, the statements that allow the others have to name too.
        let named = asked.map { holder.member.resources(allowing: $0.action) }
        for (index, one) in asked.enumerated() {
            let others = named.enumerated().filter { $0.offset != index }.map(\.element)
            switch ask(holder, one.action, on: one.resource, saying: one.context, one.facts, alsoOn: others) {
            case .yes(let witness):
                if mayAll(on: witness.request.resource) { return .found(witness.request.resource) }
            case .no: return .no
            case .unknown: break
            }
        }
        let actions = asked.map(\.action).joined(separator: ", ")
        let reason = "whether there is a resource on which \(holder.member.arn) may \(actions)"
        note(reason)
        return .unknown(reason)
    }
}

extension Estate.Member {
    /// Patterns of all resources that its policies may allow an action on.
    fileprivate func resources(allowing action: String) -> [String] {
        var patterns: Set<String> = []
        for statement in policies.flatMap(\.policy.document.statements) where statement.effect == .allow {
            let isAbout = statement.actions.values.contains {
                Wildcards($0.value, ignoringCase: true).matches(action)
            }
            guard isAbout != statement.actions.isNegated else { continue }
            guard let resources = statement.resources, !resources.isNegated else { return ["*"] }
            for value in resources.values {
                if value.value.contains("${") { return ["*"] }
                patterns.insert(value.value)
            }
        }
        return patterns.isEmpty ? ["*"] : patterns.sorted()
    }
}
