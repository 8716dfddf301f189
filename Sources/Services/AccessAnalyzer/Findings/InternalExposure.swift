import Catalogue
import Directory
import Platform
import Policy
import Reasoning
import Synchronization

/// Finds who inside a zone of trust may reach a resource: which users and roles, by everything that binds them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html>
enum InternalExposure {
    /// The kinds of records besides the resources' own on which the answer depends.
    static let kinds: Set<String> = [User.kind, Group.kind, Role.kind, ManagedPolicy.kind]

    /// The types that analyzers of internal access look at.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html#access-analyzer-supported-internal-resources>
    static let types: Set<String> = [
        "AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket", "AWS::RDS::DBSnapshot", "AWS::RDS::DBClusterSnapshot",
        "AWS::DynamoDB::Table", "AWS::DynamoDB::Stream",
    ]

    /// Whether an analyzer is to look at a resource: one that meets all of a criterion.
    static func includes(_ resource: AnalyzedResource, _ analyzer: Analyzer) -> Bool {
        guard types.contains(resource.type) else { return false }
        guard let inclusions = analyzer.configuration.inclusions, !inclusions.isEmpty else { return true }
        return inclusions.contains { inclusion in
            inclusion.accountIDs?.contains(resource.owner) ?? true
                && inclusion.resourceTypes?.contains(resource.type) ?? true
                && inclusion.resourceARNs?.contains { Wildcards($0).matches(resource.arn) } ?? true
        }
    }

    /// The users and roles of the zone that may do anything with a resource.
    /// - Complexity: linear in the users and roles of the zone; some tens of microseconds for each.
    static func find(
        _ resource: AnalyzedResource, _ type: AnalyzedResourceType, _ analyzer: Analyzer, _ environment: Environment
    ) -> (access: [InternalAccess], isUndecided: Bool) {
        var access: [InternalAccess] = []
        var isUndecided = false
        var search = InternalSearch(resource, type, analyzer, environment)
        for account in ZoneOfTrust.accounts(of: analyzer, environment)
        where environment.directory.isActive(account: account) {
            search.enter(account)
            search.forEachPrincipal(of: account) { principal, uniqueID, tags, isRole in
                let (found, undecided) = search.access(of: principal, uniqueID, tags, isRole: isRole)
                access += found
                if undecided { isUndecided = true }
            }
        }
        return (access, isUndecided)
    }
}

private struct InternalSearch {
    let resource: AnalyzedResource
    let type: AnalyzedResourceType
    let environment: Environment
    let appliesControl: Bool
    private let resourceControl: [PolicySet]?
    private let pointControl: [String: [PolicySet]]
    private var serviceControl: [PolicySet]?
    private var context: [String: ContextValue] = [:]
    private var absentKeys: Set<String> = []

    init(
        _ resource: AnalyzedResource, _ type: AnalyzedResourceType, _ analyzer: Analyzer, _ environment: Environment
    ) {
        self.resource = resource
        self.type = type
        self.environment = environment
        // As AWS has it, control policies count for analyzers of organizations alone.
        appliesControl = analyzer.type.isOfOrganization
        let isGoverned = ResourceControl.governs(action: "\(type.actionPrefix):")
        func control(_ account: String) -> [PolicySet]? {
            isGoverned ? environment.directory.membership(ofAccount: account)?.resourceControl : nil
        }
        resourceControl = resource.isBeyondResourceControl ? nil : control(resource.owner)
        var pointControl: [String: [PolicySet]] = [:]
        for point in resource.accessPoints { pointControl[point.owner] = control(point.owner) }
        self.pointControl = pointControl
    }

    mutating func enter(_ account: String) {
        let directory = environment.directory
        serviceControl = directory.membership(ofAccount: account)?.serviceControl
        context = resource.requestContext
        absentKeys = []
        context["aws:resourceaccount"] = .one(resource.owner)
        for (side, account) in [("principal", account), ("resource", resource.owner)] {
            if let membership = directory.membership(ofAccount: account) {
                context["aws:\(side)orgid"] = .one(membership.organizationID)
                context["aws:\(side)orgpaths"] = .many([membership.path])
            } else {
                absentKeys.formUnion(["aws:\(side)orgid", "aws:\(side)orgpaths"])
            }
        }
    }

    func forEachPrincipal(
        of account: String, _ body: (_ principal: Principal, _ uniqueID: String, _ tags: [Tag], _ isRole: Bool) -> Void
    ) {
        var after: String?
        repeat {
            let users = environment.directory.users(in: account, after: after, limit: 256)
            for (_, entry) in users {
                let user = entry.bare
                body(
                    Principal(kind: .user, arn: user.arn, accountID: account, uniqueID: user.uniqueID), user.uniqueID,
                    user.tags, false)
            }
            after = users.count == 256 ? users.last?.id : nil
        } while after != nil
        repeat {
            let roles = environment.directory.roles(in: account, after: after, limit: 256)
            for (_, entry) in roles {
                let role = entry.bare
                // Service-linked roles are AWS's services' own.
                guard !role.path.hasPrefix("/aws-service-role/") else { continue }
                body(
                    Principal(
                        kind: .roleSession, arn: "arn:aws:sts::\(account):assumed-role/\(role.name)/session",
                        accountID: account, roleARN: role.arn, uniqueID: role.uniqueID), role.uniqueID, role.tags, true)
            }
            after = roles.count == 256 ? roles.last?.id : nil
        } while after != nil
    }

    /// What a user or role may do, way by way: of the same access under the same conditions, all ways together.
    func access(
        of principal: Principal, _ uniqueID: String, _ tags: [Tag], isRole: Bool
    ) -> (access: [InternalAccess], isUndecided: Bool) {
        let bound = environment.directory.policies(bindingPrincipalWithUniqueID: uniqueID)
        let ways = InternalWays(
            resource: resource, principal: principal, tags: Dictionary(tags.map { ($0.key, $0.value) }) { $1 },
            own: bound, serviceControl: appliesControl ? serviceControl : nil,
            resourceControl: appliesControl ? resourceControl : nil, pointControl: appliesControl ? pointControl : [:])
        var all: [InternalAccess] = []
        var isUndecided = false
        for way in ways.all {
            for group in AnalyzedActions.groups(of: type) {
                let question = InsideQuestion(
                    doors: way.doors, unless: way.unless, resources: group.suffixes.map { resource.arn + $0 },
                    actions: group.actions, context: context.merging(way.context) { _, own in own },
                    absentKeys: absentKeys.union(way.absentKeys))
                let (found, undecided) = Checks(AnalyzedActions.domain).insideAccess(question)
                if undecided { isUndecided = true }
                for one in found {
                    guard let sources = sources(of: one, by: way) else { continue }
                    add(one, sources, to: &all, principal, isRole: isRole)
                }
            }
        }
        return (all, isUndecided)
    }

    /// nil: it is access by access points of which all is known, and which are looked at by themselves.
    private func sources(of access: InsideAccess, by way: InternalWays.Way) -> [AccessSource]? {
        switch way.source {
        case .none: return []
        case .known(let source): return [source]
        case .named:
            guard let source = AccessSource(ofAccessUnder: access.conditions), let account = source.accessPointAccount,
                environment.directory.account(account) == nil
            else { return nil }
            return [source]
        }
    }

    private func add(
        _ found: InsideAccess, _ sources: [AccessSource], to all: inout [InternalAccess], _ principal: Principal,
        isRole: Bool
    ) {
        guard let index = all.firstIndex(where: { $0.conditions == found.conditions }) else {
            all.append(
                InternalAccess(
                    principal: principal.roleARN ?? principal.arn, principalAccount: principal.accountID,
                    isRole: isRole, actions: found.actions.sorted(), conditions: found.conditions, sources: sources,
                    resourceControl: restriction(resourceControl), serviceControl: restriction(serviceControl),
                    witness: FindingWitness(found.witness)))
            return
        }
        all[index].actions = Set(all[index].actions + found.actions).sorted()
        for source in sources where !all[index].sources.contains(source) { all[index].sources.append(source) }
    }

    private func restriction(_ levels: [PolicySet]?) -> ControlRestriction {
        guard let levels, AnalyzedActions.areRestricted(type, by: levels, whateverService: true) else {
            return .notApplicable
        }
        return appliesControl ? .applied : .applicable
    }
}

/// Policies made ready for questions, of those that many principals share.
final class SymbolicPolicies: Sendable {
    static let shared = SymbolicPolicies()

    /// How many are kept.
    private static let most = 4096

    private let ready = Mutex<[ObjectIdentifier: SymbolicPolicy]>([:])

    /// - Complexity: one look-up for a policy that was asked for lately.
    func ready(_ policy: CompiledPolicy) -> SymbolicPolicy {
        // What is kept keeps its policy, whose place in memory is nobody else's meanwhile.
        if let known = ready.withLock({ $0[ObjectIdentifier(policy)] }) { return known }
        let made = SymbolicPolicy(policy)
        ready.withLock { ready in
            if ready.count >= Self.most { ready.removeAll(keepingCapacity: true) }
            ready[ObjectIdentifier(policy)] = made
        }
        return made
    }
}
