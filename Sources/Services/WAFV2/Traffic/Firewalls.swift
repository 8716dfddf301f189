import Ledger
import Platform
import Synchronization
import WAF
import WAFV2API
import Wire

/// What stored web ACLs refer to, for the engine.
struct StoredResources: FirewallResources {
    var networks: [String: NetworkSet] = [:]
    var expressions: [String: [String]] = [:]
    var groups: [String: StoredRuleGroup] = [:]
    /// What stands behind managed groups; nil: nothing does.
    var managed: ManagedRuleSources?
    /// The web ACL that is made ready, and what counts its requests.
    var counting: (acl: String, rates: RateTracker)?

    func networks(ofIPSet arn: String) -> NetworkSet? { networks[arn] ?? managed?.networks(arn) }

    func expressions(ofRegexSet arn: String) -> [String]? { expressions[arn] }

    func ruleGroup(_ arn: String) -> WAF.RuleGroup? { try? groups[arn]?.group() }

    func managedRuleGroup(_ statement: WAF.ManagedRuleGroupStatement, in rule: String) -> WAF.RuleGroup? {
        let counting = counting ?? ("", RateTracker())
        return managed?.group(statement, rates: counting.rates, identity: "\(counting.acl) \(rule)")
    }
}

/// A web ACL, made ready when the first request comes, and again after each change. That may take some tenths of a second: nothing
/// that answers others waits for it.
final class PreparedWebACL: Sendable {
    /// What it is made of.
    struct Source: Sendable {
        let stored: StoredWebACL
        let resources: StoredResources
        let logging: StoredLogging?

        /// Whether it refers to something, or a rule group of it does.
        func uses(_ arn: String) -> Bool {
            stored.uses.contains { $0 == arn || resources.groups[$0]?.uses.contains(arn) == true }
        }
    }

    private struct State {
        var acl: Renewed<Source, Result<ReadyWebACL, ServiceError>>
        var task: Task<Void, Never>?
    }

    private let state: Mutex<State>
    /// Held while it is made ready, so that it is made once.
    private let making = Mutex(())
    /// Seconds after which what failed is tried again: something of the operator's may be there by then.
    private static let pause = 30.0
    /// The same where somebody waits for the answer who may just have put it there.
    private static let shortPause = 1.0

    init(_ source: Source) { state = Mutex(State(acl: Renewed(source))) }

    /// Whether it refers to something, or a rule group of it does.
    func uses(_ arn: String) -> Bool { state.withLock { $0.acl.source.uses(arn) } }

    /// Has it made anew when the next request comes.
    func change(_ source: Source) { state.withLock { $0.acl.change(source) } }

    /// What there is of it at a moment.
    enum Readiness {
        /// A failure: it can't be made ready, as one whose rule group is gone.
        case ready(Result<ReadyWebACL, ServiceError>)
        case preparing(Task<Void, Never>)
    }

    /// What there is of it; where it is not ready, another thread begins to make it so.
    /// - Complexity: O(1), and it never waits.
    func readiness(_ environment: Environment) -> Readiness {
        state.withLock { state in
            let look = state.acl.look(at: environment.clock.realTime)
            if case .current(let made) = look { return .ready(made) }
            let task = state.task ?? Task.detached { self.renew(environment) }
            state.task = task
            if case .older(let made) = look { return .ready(made) }
            return .preparing(task)
        }
    }

    /// Makes it ready, or waits until it is.
    func ready(_ environment: Environment) -> Result<ReadyWebACL, ServiceError> {
        if case .ready(let made) = readiness(environment) { return made }
        return renew(environment)
    }

    /// The same, and what failed a second ago is tried again.
    func readyNow(_ environment: Environment) -> Result<ReadyWebACL, ServiceError> {
        let made = ready(environment)
        guard case .failure = made else { return made }
        return renew(environment, after: Self.shortPause)
    }

    /// - Parameter pause: for how many seconds a failure stays.
    @discardableResult
    private func renew(
        _ environment: Environment, after pause: Double = PreparedWebACL.pause
    ) -> Result<ReadyWebACL, ServiceError> {
        making.withLock { _ in
            let now = environment.clock.realTime
            let (look, source, version) = state.withLock { state in
                (state.acl.look(at: now + Self.pause - pause), state.acl.source, state.acl.version)
            }
            if case .current(let made) = look { return made }
            let result = Result { () throws(ServiceError) in try Self.make(source, environment) }
            var retry = Double.infinity
            if case .failure(let error) = result {
                environment.projection(WebTraffic.self).tell(error.cause ?? "\(source.stored.arn): \(error.logText)")
                retry = now + Self.pause
            }
            state.withLock { state in
                state.acl.take(result, of: version, retry: retry)
                state.task = nil
            }
            return result
        }
    }

    private static func make(_ source: Source, _ environment: Environment) throws(ServiceError) -> ReadyWebACL {
        let traffic = environment.projection(WebTraffic.self)
        let stored = source.stored
        let (view, acl) = (try stored.view(), try stored.acl())
        var resources = source.resources
        resources.managed = environment.projection(ManagedRuleSources.self)
        resources.counting = (stored.arn, traffic.rates)
        do throws(Firewall.Problem) {
            let firewall = try Firewall(acl, resources, rates: traffic.rates, addresses: traffic.addresses)
            var groups: [String: WAFV2.RuleGroup] = [:]
            for rule in acl.rules {
                guard case .ruleGroup(let reference) = rule.statement else { continue }
                groups[rule.name] = try? resources.groups[reference.arn]?.view()
            }
            return ReadyWebACL(
                arn: stored.arn, head: stored.head, acl: acl, firewall: firewall,
                recorder: SampleRecorder(view, groups: groups, traffic),
                metrics: WebACLMetrics(view, stored.head, groups: groups, environment, traffic),
                log: WebACLLog(acl, try? source.logging?.view()), protection: DataProtection(view.dataProtectionConfig),
                tokenDomains: view.tokenDomains ?? [],
                bodyLimits: (view.associationConfig?.requestBody ?? [:]).compactMapValues {
                    ReadyWebACL.bytes(of: $0.defaultSizeInspectionLimit)
                })
        } catch {
            var unavailable = WAFV2.Failure.wafUnavailableEntityException(
                "AWS WAF couldn’t retrieve the resource that you requested. Retry your request.")
            unavailable.cause = "\(stored.arn): \(error)" + (resources.managed?.problem.map { "; \($0)" } ?? "")
            throw unavailable
        }
    }
}

/// A web ACL that is ready for requests.
struct ReadyWebACL: Sendable {
    let arn: String
    let head: WAFHead
    let acl: WAF.WebACL
    let firewall: Firewall
    let recorder: SampleRecorder
    let metrics: WebACLMetrics
    let log: WebACLLog
    /// What of requests neither samples nor logs show.
    let protection: DataProtection
    /// Domains besides the one that a request is for whose tokens count.
    let tokenDomains: [String]
    /// How many bytes of bodies are looked at, by the kinds of what it protects.
    let bodyLimits: [String: Int]

    /// - Parameter limit: `KB_32`
    static func bytes(of limit: String) -> Int? {
        guard limit.hasPrefix("KB_"), let kilobytes = Int(limit.dropFirst(3)), (1...64).contains(kilobytes) else {
            return nil
        }
        return kilobytes * 1024
    }

    /// <https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-setting-body-inspection-limit.html>
    func bodyLimit(of type: ProtectedType?) -> Int {
        switch type {
        case nil, .loadBalancer, .appSync: 8192
        case .apiGateway, .userPool, .appRunner, .verifiedAccess, .amplify:
            type.flatMap { bodyLimits[$0.rawValue] } ?? 16_384
        }
    }
}
