import Catalogue
import CustomChecks
import Platform
import Policy
import Reasoning
import Synchronization

/// What an analysis of a resource found: all it has to say, and whether something could not be said.
struct ResourceExposure: Sendable {
    var findings: [ExternalAccess] = []
    /// Whether something could not be decided. What was found counts all the same.
    var isUndecided = false
}

/// Finds who outside a zone of trust may reach a resource.
///
/// It reads nothing but what it is given, and may be used from many threads.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html>
enum Exposure {
    /// Who from outside may reach a resource: by its policy, its access control list, its access points and its grants.
    ///
    /// Resource control policies are not taken into account, as AWS has it: ``ExternalAccess/resourceControl`` says whether
    /// there are any.
    ///
    /// - Complexity: some tens of microseconds for each statement that lets anybody in from outside.
    static func external(
        _ resource: AnalyzedResource, _ type: AnalyzedResourceType, _ zone: ZoneOfTrust
    ) -> ResourceExposure {
        var search = ExposureSearch(resource, type, zone)
        search.lookAtPolicy()
        search.lookAtAccessPoints()
        search.lookAtGrants()
        return search.result
    }
}

private struct ExposureSearch {
    let resource: AnalyzedResource
    let type: AnalyzedResourceType
    let zone: ZoneOfTrust
    private let isBucket: Bool
    private var question: OutsideQuestion
    private var found: [ExternalAccess] = []
    private var isUndecided = false

    init(_ resource: AnalyzedResource, _ type: AnalyzedResourceType, _ zone: ZoneOfTrust) {
        self.resource = resource
        self.type = type
        self.zone = zone
        isBucket = resource.isBucket
        question = OutsideQuestion(
            doors: [], resources: [], actions: AskedActions([]), context: resource.requestContext,
            zone: zone.trusted,
            ownOrganization: zone.trusted.organizationOfAccount(resource.owner).flatMap { $0.isEmpty ? nil : $0 })
    }

    var result: ResourceExposure { ResourceExposure(findings: found, isUndecided: isUndecided) }

    // MARK: The ways in

    private var policyDoor: OutsideQuestion.Door {
        var inputs = PolicyInputs()
        if resource.policy?.source.type == .roleTrust {
            inputs.roleTrust = resource.policy
        } else {
            inputs.resource = resource.policy
        }
        inputs.restrictsPublicBuckets = resource.restrictsPublicBuckets
        return OutsideQuestion.Door(inputs, owner: resource.owner)
    }

    mutating func lookAtPolicy() {
        if resource.policy != nil {
            question.doors = [policyDoor]
            if isBucket { question.absentKeys = AnalyzedResource.accessPointKeys }
            ask(.init(kind: .policy))
            if resource.speaksOfAccessPoints {
                // By access points of others, of which only the policy says anything.
                question.absentKeys = []
                for access in answer() {
                    guard let source = AccessSource(ofAccessUnder: access.conditions) else { continue }
                    add(access, source)
                }
            }
        }
        guard let list = resource.accessControlList else { return }
        // The bucket's policy can deny what the list allows.
        var inputs = PolicyInputs()
        inputs.resource = resource.policy
        inputs.resourceOnlyDenies = true
        inputs.accessControlList = list
        question.doors = [OutsideQuestion.Door(inputs, owner: resource.owner)]
        question.absentKeys = AnalyzedResource.accessPointKeys
        ask(.init(kind: .bucketACL))
    }

    mutating func lookAtAccessPoints() {
        guard isBucket, resource.policy != nil else { return }
        question.absentKeys = []
        let context = question.context
        for point in resource.accessPoints {
            guard let policy = point.policy else { continue }
            var inputs = PolicyInputs(resource: policy)
            inputs.restrictsPublicBuckets = point.restrictsPublicBuckets
            var bucket = PolicyInputs(resource: resource.policy)
            bucket.restrictsPublicBuckets = resource.restrictsPublicBuckets
            question.doors = [
                OutsideQuestion.Door(inputs, owner: point.owner, alias: ResourceAlias(point.arn, of: resource.arn)),
                OutsideQuestion.Door(bucket, owner: resource.owner),
            ]
            question.context = context.merging(point.context) { _, own in own }
            ask(AccessSource(point, of: resource))
        }
        question.context = context
    }

    mutating func lookAtGrants() {
        guard !resource.grants.isEmpty else { return }
        question.doors = [policyDoor]
        question.absentKeys = []
        for grant in resource.grants where mayBeOutside(grant.grantee) {
            for one in answer({ Checks(AnalyzedActions.domain).outsideAccess(by: grant, $0) }) { add(one, nil) }
        }
    }

    private func mayBeOutside(_ grantee: String) -> Bool {
        guard grantee.hasPrefix("arn:") else { return true }
        let account = grantee.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).dropFirst(4).first
        return account.map { !zone.trusted.contains(String($0)) } ?? true
    }

    // MARK: What is found

    private mutating func answer(
        _ ask: (OutsideQuestion) -> (access: [OutsideAccess], isUndecided: Bool) = {
            Checks(AnalyzedActions.domain).outsideAccess($0)
        }
    ) -> [OutsideAccess] {
        var all: [OutsideAccess] = []
        for group in AnalyzedActions.groups(of: type) {
            question.actions = group.actions
            question.resources = group.suffixes.map { resource.arn + $0 }
            let (access, isUndecided) = ask(question)
            if isUndecided { self.isUndecided = true }
            all += access
        }
        return all
    }

    private mutating func ask(_ source: AccessSource) {
        for access in answer() { add(access, isBucket ? source : nil) }
    }

    private mutating func add(_ access: OutsideAccess, _ source: AccessSource?) {
        let new = ExternalAccess(
            principalType: access.principalType, principal: access.principal, actions: access.actions.sorted(),
            conditions: access.conditions, isPublic: access.isPublic, sources: source.map { [$0] } ?? [],
            resourceControl: restriction, witness: FindingWitness(access.witness))
        guard let index = found.firstIndex(where: { $0.identity == new.identity }) else {
            found.append(new)
            return
        }
        found[index].actions = Set(found[index].actions + new.actions).sorted()
        found[index].isPublic = found[index].isPublic || new.isPublic
        for source in new.sources where !found[index].sources.contains(source) { found[index].sources.append(source) }
    }

    private var restriction: ControlRestriction {
        guard !resource.isBeyondResourceControl, let levels = zone.resourceControl(resource.owner) else {
            return .notApplicable
        }
        return AnalyzedActions.areRestricted(type, by: levels) ? .applicable : .notApplicable
    }
}

extension FindingWitness {
    init(_ witness: Witness) {
        principal = witness.request.principal.arn
        action = witness.request.action
        resource = witness.request.resource
        context = witness.context.mapValues { value in
            switch value {
            case .one(let text): [text]
            case .many(let texts): texts
            }
        }
        absent = witness.absentKeys
    }
}

/// The actions of the types of resources that are analysed.
enum AnalyzedActions {
    /// Actions, and what they are about: what follows a resource's ARN.
    struct Group: Sendable {
        let actions: AskedActions
        let suffixes: [String]
    }

    private static let known = Mutex<[String: [Group]]>([:])

    /// All actions that a type's policies can be about, in order: those about the resource itself, and those about what is in
    /// it, as objects are in a bucket.
    static func groups(of type: AnalyzedResourceType) -> [Group] {
        if let groups = known.withLock({ $0[type.name] }) { return groups }
        let inner = type.innerResources.isEmpty ? [] : Array(type.catalogueTypes.dropFirst())
        let outer = type.catalogueTypes.filter { !inner.contains($0) }
        let groups = [
            Group(
                actions: AskedActions((type.otherActions + actions(type.actionPrefix, outer)).sorted()), suffixes: [""]),
            Group(actions: AskedActions(actions(type.actionPrefix, inner).sorted()), suffixes: type.innerResources),
        ].filter { !$0.actions.names.isEmpty }
        known.withLock { $0[type.name] = groups }
        return groups
    }

    /// The actions of a service that are about resources of some types.
    private static func actions(_ prefix: String, _ types: [String]) -> [String] {
        guard !types.isEmpty, let service = ServiceCatalogue.aws.service(prefix) else { return [] }
        let places = Set(service.resourceTypes.indices.filter { types.contains(service.resourceTypes[$0].name) })
        return service.actions.filter { !places.isDisjoint(with: $0.resourceTypes) }.map { "\(prefix):\($0.name)" }
    }

    /// Requests as AWS's services make them, with as many values for a condition key as it has there.
    static let domain = Checks.withCatalogue.domain

    /// Whether control policies take anything from a type's actions.
    ///
    /// - Parameter whateverService: whether the policies are about all services, and not those alone that resource control
    ///   policies are for.
    static func areRestricted(
        _ type: AnalyzedResourceType, by levels: [PolicySet], whateverService: Bool = false
    ) -> Bool {
        guard whateverService || ResourceControl.governs(action: "\(type.actionPrefix):") else { return false }
        let prefix = type.actionPrefix + ":"
        return levels.contains { level in
            level.policies.contains { policy in
                policy.document.statements.contains { statement in
                    statement.effect == .deny
                        && (statement.actions.isNegated
                            || statement.actions.values.contains {
                                $0.value == "*" || $0.value.lowercased().hasPrefix(prefix)
                            })
                }
            }
        }
    }
}
