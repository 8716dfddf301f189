import Directory
import OrganizationsAPI
import Platform
import Wire

// Which types of policies are in use in an organization.
// <https://docs.aws.amazon.com/organizations/latest/userguide/enable-policy-type.html>

extension Organizations.EnablePolicyType: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.rootId, policyTypeKey(input.policyType)))
    }

    /// Of the types that bind requests, AWS's own policy is attached to everything at once, so that nothing changes
    /// until something else is attached.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var own = try records.organization(call, for: .managementAccount)
        try own.checkRoot(input.rootId)
        let type = try own.availableType(input.policyType).rawValue
        guard !own.organization.enabledPolicyTypes.contains(type) else {
            throw .organizations(
                .policyTypeAlreadyEnabledException, "The specified policy type is already enabled.")
        }
        own.organization.enabledPolicyTypes.append(type)
        if let policy = ManagedControlPolicy.ofType(type) {
            own.organization.rootPolicyIDs.append(policy.id)
            for var target in try own.unitsAndAccounts() {
                target.policyIDs.append(policy.id)
                try own.put(target)
            }
        }
        try own.records.put(own.organization)
        return Output(root: Organizations.Root(of: own.organization))
    }
}

extension Organizations.DisablePolicyType: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.rootId, policyTypeKey(input.policyType)))
    }

    /// Detaches every policy of the type. The policies stay; what they were attached to is forgotten.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var own = try records.organization(call, for: .managementAccount)
        try own.checkRoot(input.rootId)
        let type = input.policyType
        guard own.organization.enabledPolicyTypes.contains(type) else { throw .policyTypeNotEnabled }
        own.organization.enabledPolicyTypes.removeAll { $0 == type }
        var types: [String: String] = [:]
        func isKept(_ id: String) throws(ServiceError) -> Bool {
            if let known = types[id] { return known != type }
            let found = try own.policy(id).type
            types[id] = found
            return found != type
        }
        func kept(_ ids: [String]) throws(ServiceError) -> [String] {
            var kept: [String] = []
            for id in ids where try isKept(id) { kept.append(id) }
            return kept
        }
        for var target in try own.unitsAndAccounts() {
            let remaining = try kept(target.policyIDs)
            guard remaining.count != target.policyIDs.count else { continue }
            target.policyIDs = remaining
            try own.put(target)
        }
        own.organization.rootPolicyIDs = try kept(own.organization.rootPolicyIDs)
        try own.records.put(own.organization)
        return Output(root: Organizations.Root(of: own.organization))
    }
}

extension OwnOrganization {
    /// - Throws: RootNotFoundException.
    fileprivate func checkRoot(_ id: String) throws(ServiceError) {
        guard id == organization.rootID else {
            throw .organizations(.rootNotFoundException, "You specified a root that doesn't exist.")
        }
    }

    fileprivate func unitsAndAccounts() throws(ServiceError) -> [PolicyTarget] {
        try records.list(OrganizationalUnit.self).map { .unit($0) }
            + records.list(OrganizationAccount.self).map { .account($0) }
    }
}
