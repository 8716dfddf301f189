import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

// The combined effect of an account's management policies.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html>

extension Organizations.DescribeEffectivePolicy: ReadOperation {
    /// Every account may ask for its own.
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let target = input.targetId ?? call.accountID
        let key = policyTypeKey(input.policyType)
        guard target == call.accountID, let organization = call.directory.organization(ofAccount: target) else {
            return .required(call.need(target: target, key))
        }
        // The account's own policy: no delegation is needed.
        return .required(
            Access(
                "organizations:DescribeEffectivePolicy", on: organization.arn(target: target), resourceAccount: target,
                context: key))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let target = input.targetId ?? call.accountID
        let own = try records.organization(
            call, for: target == call.accountID ? .everyMember : .delegatedAdministrators)
        let account = try own.accountTarget(target)
        var policies = try PolicyLevels(own, input.policyType)
        guard let found = try policies.effective(for: account) else { throw .noEffectivePolicy }
        var effective = Organizations.EffectivePolicy()
        effective.policyContent = found.policy.json
        effective.lastUpdatedTimestamp = Timestamp(secondsSinceEpoch: found.updateDate)
        effective.targetId = account.id
        effective.policyType = input.policyType
        return Output(effectivePolicy: effective)
    }
}

extension Organizations.ListEffectivePolicyValidationErrors: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.need(target: input.accountId, policyTypeKey(input.policyType)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let account = try own.member(input.accountId).place
        var policies = try PolicyLevels(own, input.policyType)
        guard let found = try policies.effective(for: account) else { throw .noEffectivePolicy }
        let flaws = EffectivePolicyFlaw.all(in: found.policy, policies.type).enumerated()
            .map { (key: String(1_000_000 + $0.offset), flaw: $0.element) }
        let page = page(flaws, by: \.key, try Paging(organizations: input))
        return Output(
            accountId: account.id,
            policyType: input.policyType,
            path: try own.path(account.id, below: account.parentID),
            evaluationTimestamp: call.timestamp,
            nextToken: page.marker,
            effectivePolicyValidationErrors: page.items.map {
                Organizations.EffectivePolicyValidationError($0.flaw)
            })
    }
}

extension Organizations.EffectivePolicyValidationError {
    fileprivate init(_ flaw: EffectivePolicyFlaw) {
        self.init()
        errorCode = flaw.code
        errorMessage = flaw.message
        pathToError = flaw.path
        contributingPolicies = flaw.policyIDs
    }
}

extension Organizations.ListAccountsWithInvalidEffectivePolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.accessOnAll(policyTypeKey(input.policyType))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        var policies = try PolicyLevels(own, input.policyType)
        let paging = try Paging(organizations: input)
        var invalid: [OrganizationAccount] = []
        for account in try own.records.list(OrganizationAccount.self, after: paging.after) {
            guard try policies.isInvalid(for: account) else { continue }
            invalid.append(account)
            if invalid.count > paging.limit { break }
        }
        let shown = invalid.prefix(paging.limit)
        var output = Output()
        var accounts: [Organizations.Account] = []
        for place in shown { accounts.append(try Organizations.Account(own.member(place.id), in: own)) }
        output.accounts = accounts
        output.policyType = input.policyType
        if invalid.count > paging.limit, let last = shown.last { output.nextToken = Paging.marker(after: last.id) }
        return output
    }
}

// MARK: - What is attached where

/// The policies of one management type, at all levels of an organization. Each is read once, and what units pass down
/// is computed once for each unit and set of policies.
private struct PolicyLevels<Reading: RecordReading> {
    let type: OrganizationPolicyType
    private let own: OwnOrganization<Reading>
    private var documents: [String: (document: ManagementPolicyDocument, updateDate: Double)?] = [:]
    private var verdicts: [Key: Bool] = [:]

    private struct Key: Hashable {
        var parentID: String
        var policyIDs: [String]
    }

    /// - Throws: InvalidInputException for a type without effective policies.
    init(_ own: OwnOrganization<Reading>, _ name: String) throws(ServiceError) {
        guard let type = OrganizationPolicyType(rawValue: name), type.isManagement else {
            throw .invalidInput("INVALID_ENUM_POLICY_TYPE", "You specified an invalid policy type.")
        }
        self.type = type
        self.own = own
    }

    /// nil when the type is not enabled, or no policy of it is attached from the root down to the account.
    mutating func effective(
        for account: OrganizationAccount
    ) throws(ServiceError) -> (policy: EffectivePolicy, updateDate: Double)? {
        guard own.organization.enabledPolicyTypes.contains(type.rawValue) else { return nil }
        var levels: [[EffectivePolicy.Attached]] = []
        var updateDate: Double = 0
        for container in try own.containers(downTo: account.parentID) {
            levels.append(try attached(own.target(container).policyIDs, &updateDate))
        }
        levels.append(try attached(account.policyIDs, &updateDate))
        guard levels.contains(where: { !$0.isEmpty }) else { return nil }
        return (EffectivePolicy(levels: levels), updateDate)
    }

    mutating func isInvalid(for account: OrganizationAccount) throws(ServiceError) -> Bool {
        var ids: [String] = []
        for id in account.policyIDs where try document(id) != nil { ids.append(id) }
        let key = Key(parentID: account.parentID, policyIDs: ids)
        if let known = verdicts[key] { return known }
        let isInvalid =
            try effective(for: account).map { !EffectivePolicyFlaw.all(in: $0.policy, type).isEmpty } ?? false
        verdicts[key] = isInvalid
        return isInvalid
    }

    private mutating func attached(
        _ ids: [String], _ updateDate: inout Double
    ) throws(ServiceError) -> [EffectivePolicy.Attached] {
        var attached: [EffectivePolicy.Attached] = []
        for id in ids {
            guard let known = try document(id) else { continue }
            updateDate = max(updateDate, known.updateDate)
            attached.append(EffectivePolicy.Attached(id: id, document: known.document))
        }
        return attached
    }

    /// nil for a policy of another type.
    private mutating func document(
        _ id: String
    ) throws(ServiceError) -> (document: ManagementPolicyDocument, updateDate: Double)? {
        if let known = documents[id] { return known }
        var found: (document: ManagementPolicyDocument, updateDate: Double)?
        if case .own(let policy) = try own.policy(id), policy.type == type.rawValue {
            guard let document = ManagementPolicyRules.document(policy.content, type) else { throw .internalFailure }
            found = (document, policy.updateDate ?? 0)
        }
        documents[id] = .some(found)
        return found
    }
}

extension OwnOrganization {
    /// - Throws: TargetNotFoundException; InvalidInputException for a root or unit, which AWS does not take here.
    fileprivate func accountTarget(_ id: String) throws(ServiceError) -> OrganizationAccount {
        guard case .account(let account) = try target(id) else {
            throw .invalidInput(
                "TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity.")
        }
        return account
    }
}

extension ServiceError {
    fileprivate static let noEffectivePolicy = ServiceError.organizations(
        .effectivePolicyNotFoundException,
        "No effective policy of the specified type applies to the account: none is attached to it or to what it is in.")
}
