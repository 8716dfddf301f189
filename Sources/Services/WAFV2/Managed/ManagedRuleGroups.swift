import Ledger
import Platform
import WAF
import WAFV2API
import Wire

// Managed rule groups. <https://docs.aws.amazon.com/waf/latest/developerguide/waf-managed-rule-groups.html>

extension WAFV2.ListAvailableManagedRuleGroups: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        _ = try WAFScope(input.scope, region: call.region)
        let page = page(ManagedRuleGroup.all, try WAFPage.paging(input.nextMarker, input.limit))
        return Output {
            $0.managedRuleGroups = page.items.map { group in
                WAFV2.ManagedRuleGroupSummary {
                    $0.vendorName = group.vendor
                    $0.name = group.name
                    $0.versioningSupported = group.hasVersions
                    $0.description = group.description
                }
            }
            $0.nextMarker = page.marker
        }
    }
}

extension WAFV2.ListAvailableManagedRuleGroupVersions: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        _ = try WAFScope(input.scope, region: call.region)
        let group = try ManagedRuleGroup.named(input.vendorName, input.name, nil)
        let versions = group.hasVersions ? [ManagedRuleGroup.version] : []
        let page = page(versions, try WAFPage.paging(input.nextMarker, input.limit))
        return Output {
            $0.versions = page.items.map { version in WAFV2.ManagedRuleGroupVersion { $0.name = version } }
            $0.currentDefaultVersion = versions.last
            $0.nextMarker = page.marker
        }
    }
}

extension WAFV2.DescribeManagedRuleGroup: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        _ = try WAFScope(input.scope, region: call.region)
        let group = try ManagedRuleGroup.named(input.vendorName, input.name, input.versionName)
        return Output {
            $0.versionName = group.hasVersions ? ManagedRuleGroup.version : nil
            $0.capacity = group.capacity
            $0.labelNamespace = group.labelNamespace
            $0.rules = group.rules.map { rule in
                WAFV2.RuleSummary {
                    $0.name = rule.name
                    $0.action = WAFV2.RuleAction {
                        switch rule.action {
                        case .allow: $0.allow = WAFV2.AllowAction()
                        case .block: $0.block = WAFV2.BlockAction()
                        case .count: $0.count = WAFV2.CountAction()
                        case .captcha: $0.captcha = WAFV2.CaptchaAction()
                        case .challenge: $0.challenge = WAFV2.ChallengeAction()
                        }
                    }
                }
            }
            $0.availableLabels = (group.rules.flatMap(\.labels) + group.labels).map { label in
                WAFV2.LabelSummary { $0.name = group.labelNamespace + label }
            }
            $0.consumedLabels = []
        }
    }
}

extension WAFV2.DescribeAllManagedProducts: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        _ = try WAFScope(input.scope, region: call.region)
        return Output(managedProducts: ManagedRuleGroup.all.map { WAFV2.ManagedProductDescriptor($0) })
    }
}

extension WAFV2.DescribeManagedProductsByVendor: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        _ = try WAFScope(input.scope, region: call.region)
        let groups = ManagedRuleGroup.all.filter { $0.vendor == input.vendorName }
        return Output(managedProducts: groups.map { WAFV2.ManagedProductDescriptor($0) })
    }
}

extension WAFV2.ManagedProductDescriptor {
    init(_ group: ManagedRuleGroup) {
        self.init {
            $0.vendorName = group.vendor
            $0.managedRuleSetName = group.name
            $0.isVersioningSupported = group.hasVersions
            $0.isAdvancedManagedRuleSet = group.looksAtTokens
            $0.productDescription = group.description
        }
    }
}
