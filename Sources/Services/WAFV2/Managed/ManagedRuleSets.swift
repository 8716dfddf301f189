import Ledger
import Platform
import WAFV2API
import Wire

// Rule sets that vendors publish as managed rule groups. Nobody but a seller in AWS Marketplace has one, and no operation of the
// API makes one, so that none is ever found here.
// <https://docs.aws.amazon.com/waf/latest/APIReference/API_ManagedRuleSet.html>

/// An operation on the managed rule set that its request names.
protocol OnManagedRuleSet: Platform.Operation
where InputFields: WAFV2.WithName & WAFV2.WithScope & WAFV2.WithId {}

extension OnManagedRuleSet {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.wafAccess(
                try call.wafName("managedruleset", scope: input.scope, name: input.name, id: input.id).arn))
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output { throw .nonexistentItem }
}

extension WAFV2.GetManagedRuleSet: ComputeOperation, OnManagedRuleSet {}
extension WAFV2.UpdateManagedRuleSetVersionExpiryDate: ComputeOperation, OnManagedRuleSet {
    public static var isReadOnly: Bool { false }
}

extension WAFV2.PutManagedRuleSetVersions: ComputeOperation {
    public static var isReadOnly: Bool { false }

    /// Whoever publishes a version has to be allowed to use the rule group that it is made of.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try call.wafName("managedruleset", scope: input.scope, name: input.name, id: input.id)
        let groups = (input.versionsToPublish ?? [:]).values.compactMap(\.associatedRuleGroupArn).filter {
            WAFName(arn: $0)?.type == StoredRuleGroup.type
        }
        return .required(([name.arn] + Set(groups).sorted()).map { call.wafAccess($0) })
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output { throw .nonexistentItem }
}

extension WAFV2.ListManagedRuleSets: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        _ = try WAFScope(input.scope, region: call.region)
        return Output { $0.managedRuleSets = [] }
    }
}

// The SDKs for mobile devices are AWS's own programs, which Gatehouse does not have.
// <https://docs.aws.amazon.com/waf/latest/APIReference/API_ListMobileSdkReleases.html>

extension WAFV2.ListMobileSdkReleases: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output { $0.releaseSummaries = [] }
    }
}

extension WAFV2.GetMobileSdkRelease: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output { throw .nonexistentItem }
}

extension WAFV2.GenerateMobileSdkReleaseUrl: ComputeOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output { throw .nonexistentItem }
}
