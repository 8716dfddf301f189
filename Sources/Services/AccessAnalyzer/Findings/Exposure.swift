import Catalogue
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

    private static let accessPointKeys: Set<String> = [
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin",
    ]

    init(_ resource: AnalyzedResource, _ type: AnalyzedResourceType, _ zone: ZoneOfTrust) {
        self.resource = resource
        self.type = type
        self.zone = zone
        isBucket = resource.type == "AWS::S3::Bucket"
        var context = resource.context
        context.merge(ConditionKeys.resourceTags(resource.tags, service: nil)) { own, _ in own }
        question = OutsideQuestion(
            doors: [], resources: [resource.arn] + type.innerResources.map { resource.arn + $0 },
            actions: AnalyzedActions.all(of: type), context: context, zone: zone.trusted,
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
            if isBucket { question.absentKeys = Self.accessPointKeys }
            ask(.init(kind: .policy))
            if isBucket, speaksOfAccessPoints {
                // By access points of others, of which only the policy says anything.
                question.absentKeys = []
                for access in answer() {
                    guard
                        let account = access.conditions.first(where: {
                            $0.key.lowercased() == "s3:dataaccesspointaccount"
                        })?.value ?? access.conditions.first(where: { $0.key.lowercased() == "s3:dataaccesspointarn" })?
                            .value.split(separator: ":", omittingEmptySubsequences: false).dropFirst(4).first
                            .map(String.init)
                    else { continue }
                    add(access, AccessSource(kind: .accessPointAccount, accessPointAccount: account))
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
        question.absentKeys = Self.accessPointKeys
        ask(.init(kind: .bucketACL))
    }

    private var speaksOfAccessPoints: Bool {
        resource.policy?.document.statements.contains { statement in
            statement.conditions.contains { Self.accessPointKeys.contains($0.key.value.lowercased()) }
        } ?? false
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
                OutsideQuestion.Door(inputs, owner: point.owner), OutsideQuestion.Door(bucket, owner: resource.owner),
            ]
            question.context = context.merging(point.context) { _, own in own }
            ask(
                point.owner == resource.owner
                    ? AccessSource(kind: .accessPoint, accessPointARN: point.arn)
                    : AccessSource(
                        kind: .accessPointAccount, accessPointARN: point.arn, accessPointAccount: point.owner))
        }
        question.context = context
    }

    mutating func lookAtGrants() {
        guard !resource.grants.isEmpty else { return }
        question.doors = [policyDoor]
        question.absentKeys = []
        for grant in resource.grants where mayBeOutside(grant.grantee) {
            let (access, isUndecided) = Checks(AnalyzedActions.domain).outsideAccess(by: grant, question)
            if isUndecided { self.isUndecided = true }
            for one in access { add(one, nil) }
        }
    }

    private func mayBeOutside(_ grantee: String) -> Bool {
        guard grantee.hasPrefix("arn:") else { return true }
        let account = grantee.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).dropFirst(4).first
        return account.map { !zone.trusted.contains(String($0)) } ?? true
    }

    // MARK: What is found

    private mutating func answer() -> [OutsideAccess] {
        let (access, isUndecided) = Checks(AnalyzedActions.domain).outsideAccess(question)
        if isUndecided { self.isUndecided = true }
        return access
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
    private static let known = Mutex<[String: [String]]>([:])

    /// All actions that a type's policies can be about, in order.
    static func all(of type: AnalyzedResourceType) -> [String] {
        if let actions = known.withLock({ $0[type.name] }) { return actions }
        var actions = type.otherActions
        if let service = ServiceCatalogue.aws.service(type.actionPrefix) {
            let types = Set(
                service.resourceTypes.indices.filter { type.catalogueTypes.contains(service.resourceTypes[$0].name) })
            actions += service.actions.filter { !types.isDisjoint(with: $0.resourceTypes) }
                .map { "\(type.actionPrefix):\($0.name)" }
        }
        actions.sort()
        let sorted = actions
        known.withLock { $0[type.name] = sorted }
        return sorted
    }

    /// Requests as AWS's services make them.
    static let domain = Domain.aws

    /// Whether control policies take anything from a type's actions.
    static func areRestricted(_ type: AnalyzedResourceType, by levels: [PolicySet]) -> Bool {
        guard ResourceControl.governs(action: "\(type.actionPrefix):") else { return false }
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
