import Ledger
import Policy

/// Where each account is in its organization, and what binds it there. Guarded by the directory's lock.
///
/// What binds an account is computed when somebody asks for it, and kept until one of its sources changes. A change to
/// an account invalidates only its own result. A change to a unit or a policy invalidates all of them; but the accounts
/// of a unit share theirs, so it is computed again once for each unit, not for each account.
struct OrganizationIndex {
    private(set) var organizations: [String: Organization] = [:]
    private(set) var units: [String: OrganizationalUnit] = [:]
    /// By the account's number: it is in one organization at most.
    private(set) var accounts: [String: OrganizationAccount] = [:]
    /// Those of which nobody asks the directory what they say are kept without their content.
    private(set) var policies: [String: OrganizationPolicy] = [:]
    /// By the organization's id.
    private(set) var resourcePolicies: [String: OrganizationResourcePolicy] = [:]

    private var compiled: [String: CompiledPolicy] = [:]
    private var compiledResourcePolicies: [String: CompiledPolicy] = [:]
    /// What each root and unit passes on to everything below it.
    private var places: [PlaceKey: Place] = [:]
    private var shared: [SharedKey: OrganizationMembership] = [:]
    private var memberships: [String: OrganizationMembership] = [:]
    /// What S3 policies say of public access, by the account, of those that were asked for.
    private var publicAccess: [String: OrganizationPublicAccess?] = [:]

    /// Ids of roots are short enough for two organizations to have the same.
    private struct PlaceKey: Hashable {
        var organizationID: String
        var id: String
    }

    /// What an account gets from the root or unit that it is in.
    private struct Place {
        var path: String
        var serviceControl: [PolicySet]
        var resourceControl: [PolicySet]
    }

    private struct SharedKey: Hashable {
        var organizationID: String
        var parentID: String
        var policyIDs: [String]
        var isManagement: Bool
    }

    // MARK: Changes

    static let kinds: Set<String> = [
        Organization.kind, OrganizationalUnit.kind, OrganizationAccount.kind, OrganizationPolicy.kind,
        OrganizationResourcePolicy.kind,
    ]

    mutating func apply(_ change: Change) throws(LedgerError) {
        switch change.kind {
        case Organization.kind:
            organizations[change.id] = try change.decodeAfter(Organization.self)
            forget()
        case OrganizationalUnit.kind:
            units[change.id] = try change.decodeAfter(OrganizationalUnit.self)
            forget()
        case OrganizationAccount.kind: try set(try change.decodeAfter(OrganizationAccount.self), change)
        case OrganizationPolicy.kind: set(try change.decodeAfter(OrganizationPolicy.self), policy: change.id)
        case OrganizationResourcePolicy.kind: try set(try change.decodeAfter(OrganizationResourcePolicy.self), change)
        default: break
        }
    }

    private mutating func set(_ record: OrganizationAccount?, _ change: Change) throws(LedgerError) {
        memberships[change.id] = nil
        publicAccess[change.id] = nil
        if let record {
            accounts[change.id] = record
        } else if let left = try change.decodeBefore(OrganizationAccount.self),
            left.organizationID == accounts[change.id]?.organizationID
        {
            // Another organization may have taken it in before it left this one's records.
            accounts[change.id] = nil
        }
    }

    private mutating func set(_ record: OrganizationPolicy?, policy id: String) {
        var record = record
        let type = record?.type ?? policies[id]?.type
        let isControl = type.map { Self.policyType($0) != nil } ?? false
        let isOfS3 = type == OrganizationPublicAccess.policyType
        if !isControl, !isOfS3 { record?.content = "" }
        policies[id] = record
        if isOfS3 { publicAccess.removeAll(keepingCapacity: true) }
        guard isControl else { return }
        compiled[id] = nil
        forget()
    }

    private mutating func set(
        _ record: OrganizationResourcePolicy?, _ change: Change
    ) throws(LedgerError) {
        if let record {
            resourcePolicies[record.organizationID] = record
            compiledResourcePolicies[record.organizationID] = compilePolicy(
                record.content, PolicySource(type: .resource))
        } else if let gone = try change.decodeBefore(OrganizationResourcePolicy.self) {
            resourcePolicies[gone.organizationID] = nil
            compiledResourcePolicies[gone.organizationID] = nil
        }
        forget()
    }

    private mutating func forget() {
        places.removeAll(keepingCapacity: true)
        shared.removeAll(keepingCapacity: true)
        memberships.removeAll(keepingCapacity: true)
        publicAccess.removeAll(keepingCapacity: true)
    }

    // MARK: Who is where

    func organization(ofAccount id: String) -> Organization? {
        accounts[id].flatMap { organizations[$0.organizationID] }
    }

    /// The root's id and those of the units below it, down to the account's parent.
    func containers(ofAccount id: String) -> [String] {
        var path: [String] = []
        var next = accounts[id]?.parentID
        // The depth is limited when units are created; a damaged record must not make this loop forever.
        while let container = next, path.count < OrganizationalUnit.mostLevels + 1 {
            path.append(container)
            next = units[container]?.parentID
        }
        return path.reversed()
    }

    // MARK: What binds an account

    /// - Complexity: one look-up; after a change, the account's depth in the organization at most.
    mutating func membership(ofAccount id: String) -> OrganizationMembership? {
        if let known = memberships[id] { return known }
        guard let account = accounts[id], let organization = organizations[account.organizationID] else { return nil }
        let key = SharedKey(
            organizationID: organization.id, parentID: account.parentID,
            policyIDs: account.policyIDs.filter(isControlPolicy),
            isManagement: id == organization.managementAccountID)
        let membership = shared[key] ?? make(key, organization)
        shared[key] = membership
        memberships[id] = membership
        return membership
    }

    /// What the S3 policies of an account's organization say of public access to its buckets; nil: nothing.
    /// - Complexity: as for `membership(ofAccount:)`.
    mutating func publicAccess(ofAccount id: String) -> OrganizationPublicAccess? {
        if let known = publicAccess[id] { return known }
        let found = findPublicAccess(ofAccount: id)
        publicAccess[id] = .some(found)
        return found
    }

    private func findPublicAccess(ofAccount id: String) -> OrganizationPublicAccess? {
        guard let account = accounts[id], let organization = organizations[account.organizationID],
            organization.enabledPolicyTypes.contains(OrganizationPublicAccess.policyType)
        else { return nil }
        let levels = containers(ofAccount: id).map { container in
            container == organization.rootID ? organization.rootPolicyIDs : units[container]?.policyIDs ?? []
        }
        return OrganizationPublicAccess(
            levels: (levels + [account.policyIDs]).map { ids in
                ids.compactMap { policies[$0] }.filter { $0.type == OrganizationPublicAccess.policyType }
            })
    }

    private mutating func make(_ key: SharedKey, _ organization: Organization) -> OrganizationMembership {
        let place = place(key.parentID, organization)
        var serviceControl: [PolicySet]?
        var resourceControl: [PolicySet]?
        if !key.isManagement {
            if organization.enabledPolicyTypes.contains(ControlPolicyType.serviceControl) {
                serviceControl = place.serviceControl + [policies(key.policyIDs, .serviceControl, organization)]
            }
            if organization.enabledPolicyTypes.contains(ControlPolicyType.resourceControl) {
                resourceControl = place.resourceControl + [policies(key.policyIDs, .resourceControl, organization)]
            }
        }
        return OrganizationMembership(
            organization: organization, path: place.path, serviceControl: serviceControl,
            resourceControl: resourceControl, resourcePolicy: compiledResourcePolicies[organization.id])
    }

    private mutating func place(_ id: String, _ organization: Organization) -> Place {
        var chain: [OrganizationalUnit] = []
        var next = id
        func key(_ id: String) -> PlaceKey { PlaceKey(organizationID: organization.id, id: id) }
        while places[key(next)] == nil, next != organization.rootID, let unit = units[next],
            chain.count < OrganizationalUnit.mostLevels
        {
            chain.append(unit)
            next = unit.parentID
        }
        var place = places[key(next)] ?? top(next, organization)
        places[key(next)] = place
        for unit in chain.reversed() {
            place.path += "\(unit.id)/"
            place.serviceControl.append(policies(unit.policyIDs, .serviceControl, organization))
            place.resourceControl.append(policies(unit.policyIDs, .resourceControl, organization))
            places[key(unit.id)] = place
        }
        return place
    }

    /// The root; or, for a container that is missing and may have denied anything, the root and a deny.
    private mutating func top(_ id: String, _ organization: Organization) -> Place {
        let ids = organization.rootPolicyIDs
        var place = Place(
            path: "\(organization.id)/\(organization.rootID)/",
            serviceControl: [policies(ids, .serviceControl, organization)],
            resourceControl: [policies(ids, .resourceControl, organization)])
        if id != organization.rootID {
            place.serviceControl.append(PolicySet([.denyingEverything(PolicySource(type: .serviceControl, name: id))]))
        }
        return place
    }

    private mutating func policies(
        _ ids: [String], _ type: PolicyType, _ organization: Organization
    ) -> PolicySet {
        var found: [CompiledPolicy] = []
        for id in ids {
            guard let policy = policy(id, organization), policy.source.type == type else { continue }
            found.append(policy)
        }
        return PolicySet(found)
    }

    private func isControlPolicy(_ id: String) -> Bool {
        policies[id].map { Self.policyType($0.type) != nil } ?? true
    }

    /// Compiled when first asked for, and shared by all whom it binds; nil for a policy that binds no requests. One
    /// that is missing, though it can't be deleted while it is attached, must not widen access.
    private mutating func policy(_ id: String, _ organization: Organization) -> CompiledPolicy? {
        if let managed = ManagedControlPolicy.named(id) { return managed.compiled }
        if let known = compiled[id] { return known }
        let policy: CompiledPolicy
        if let record = policies[id] {
            guard let type = Self.policyType(record.type) else { return nil }
            policy = compilePolicy(
                record.content, PolicySource(type: type, name: record.name, arn: record.arn(in: organization)))
        } else {
            policy = .denyingEverything(PolicySource(type: .serviceControl, name: id))
        }
        compiled[id] = policy
        return policy
    }

    private static func policyType(_ type: String) -> PolicyType? {
        switch type {
        case ControlPolicyType.serviceControl: .serviceControl
        case ControlPolicyType.resourceControl: .resourceControl
        default: nil
        }
    }
}
