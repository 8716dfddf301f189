import Directory
import Platform
import Policy
import Reasoning

/// The ways by which one user or role may come to a resource, and what decides on each.
///
/// A resource has one, but a bucket has several: what policies allow, what its access control list allows besides, and each of
/// its access points.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_FindingSource.html>
struct InternalWays {
    /// One way, as it is asked about.
    struct Way {
        /// What findings call it.
        enum Source {
            /// Only findings of buckets say by which way somebody gets in.
            case none
            case known(AccessSource)
            /// An access point of an account that the conditions name.
            case named
        }

        var source: Source
        /// All of them decide.
        var doors: [InsideQuestion.Door]
        /// What this lets in does not come this way.
        var unless: InsideQuestion.Door?
        /// The condition keys that requests have this way, in lower case.
        var context: [String: ContextValue] = [:]
        /// Those that they don't have.
        var absentKeys: Set<String> = []
    }

    let resource: AnalyzedResource
    /// Who asks. Of a role, one of its sessions.
    let principal: Principal
    let tags: [String: String]
    /// The principal's own policies.
    let own: BoundPolicies
    /// Those that bind the principal's account; nil: none count.
    let serviceControl: [PolicySet]?
    /// Those that bind the resource's account; nil: none count.
    let resourceControl: [PolicySet]?
    /// Those that bind other accounts of access points, by the account.
    let pointControl: [String: [PolicySet]]

    var all: [Way] {
        guard resource.isBucket else { return [Way(source: .none, doors: [door(inputs(resource.policy))])] }
        return direct + resource.accessPoints.map(way)
    }

    private var direct: [Way] {
        let policies = inputs(resource.policy)
        let keys = AnalyzedResource.accessPointKeys
        var ways = [
            Way(source: .known(AccessSource(kind: .policy)), doors: [door(policies)], absentKeys: keys)
        ]
        if resource.speaksOfAccessPoints {
            // By access points that nobody here knows, of which only the bucket's policy says anything.
            ways.append(Way(source: .named, doors: [door(policies)]))
        }
        if let list = resource.accessControlList {
            // The bucket's policy can deny what the list allows. What the principal may do anyhow, it does not owe to the list.
            var denying = policies
            denying.resourceOnlyDenies = true
            var listed = denying
            listed.accessControlList = list
            ways.append(
                Way(
                    source: .known(AccessSource(kind: .bucketACL)), doors: [door(listed)], unless: door(denying),
                    absentKeys: keys))
        }
        return ways
    }

    private func way(_ point: AnalyzedResource.AccessPoint) -> Way {
        var ofPoint = inputs(point.policy)
        ofPoint.restrictsPublicBuckets = point.restrictsPublicBuckets
        if point.owner != resource.owner { ofPoint.resourceControlLevels = pointControl[point.owner] }
        var ofBucket = inputs(resource.policy)
        ofBucket.accessControlList = resource.accessControlList
        return Way(
            source: .known(AccessSource(point, of: resource)),
            doors: [
                door(ofPoint, owner: point.owner, ResourceAlias(point.arn, of: resource.arn)), door(ofBucket),
            ],
            context: point.context)
    }

    private func inputs(_ policy: CompiledPolicy?) -> PolicyInputs {
        var inputs = PolicyInputs(identitySets: own.sets, resource: policy, boundaries: own.boundary)
        inputs.restrictsPublicBuckets = resource.restrictsPublicBuckets
        inputs.serviceControlLevels = serviceControl
        inputs.resourceControlLevels = resourceControl
        return inputs
    }

    private func door(
        _ inputs: PolicyInputs, owner: String? = nil, _ alias: ResourceAlias? = nil
    ) -> InsideQuestion.Door {
        let caller = BoundCaller(
            principal, SymbolicInputs(inputs) { SymbolicPolicies.shared.ready($0) }, tags: tags,
            domain: AnalyzedActions.domain)
        return InsideQuestion.Door(caller, owner: owner ?? resource.owner, alias: alias)
    }
}
