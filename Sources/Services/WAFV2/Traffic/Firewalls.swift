import Ledger
import Platform
import WAF
import WAFV2API
import Wire

/// What stored web ACLs refer to, for the engine.
struct StoredResources<Reading: RecordReading>: FirewallResources {
    let records: Reading
    /// What stands behind managed groups.
    let managed: ManagedRuleSources

    func networks(ofIPSet arn: String) -> NetworkSet? {
        if let list = managed.networks(arn) { return list }
        guard let set = try? records.resource(StoredIPSet.self, arn: arn) else { return nil }
        return NetworkSet(set.addresses.compactMap { Network($0) })
    }

    func expressions(ofRegexSet arn: String) -> [String]? {
        (try? records.resource(StoredRegexSet.self, arn: arn))?.patterns
    }

    func ruleGroup(_ arn: String) -> WAF.RuleGroup? {
        try? records.resource(StoredRuleGroup.self, arn: arn).group()
    }

    func managedRuleGroup(_ statement: WAF.ManagedRuleGroupStatement) -> WAF.RuleGroup? { managed.group(statement) }
}

extension RecordReading {
    /// The web ACL that protects a thing, made ready for requests, with what is needed to keep samples of them.
    /// - Parameter arn: of the thing, in these records' account and Region.
    /// - Returns: nil where none protects it.
    /// - Throws: WAFUnavailableEntityException for a web ACL that can't be made ready: who then lets requests through does so
    ///   without it.
    func firewall(
        protecting arn: String, _ traffic: WebTraffic, _ managed: ManagedRuleSources, addresses: any AddressData
    ) throws(ServiceError) -> (firewall: Firewall, recorder: SampleRecorder)? {
        guard let association = try get(WebACLAssociation.self, arn) else { return nil }
        let stored = try resource(StoredWebACL.self, arn: association.webACL)
        let recorder = SampleRecorder(try stored.view(), traffic)
        let acl = try stored.acl()
        do throws(Firewall.Problem) {
            let firewall = try Firewall(
                acl, StoredResources(records: self, managed: managed), rates: traffic.rates,
                addresses: addresses)
            return (firewall, recorder)
        } catch {
            var unavailable = WAFV2.Failure.wafUnavailableEntityException(
                "AWS WAF couldn’t retrieve the resource that you requested. Retry your request.")
            unavailable.cause = "\(stored.arn): \(error)"
            throw unavailable
        }
    }
}
