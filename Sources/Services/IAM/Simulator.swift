import Directory
import IAMAPI
import Platform
import Policy
import Wire

// The policy simulator. Like AWS's, it derives no condition keys: the request names those that it should have.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html>
extension IAM.SimulateCustomPolicy: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let scenario = try input.resourceHandlingOption.map(SimulatedScenario.init)
        var simulation = Simulation(
            caller: Principal(kind: .user, accountID: call.accountID),
            identity: try Simulation.policies(input.policyInputList, as: .identity, named: "PolicyInputList"),
            boundaries: try Simulation.boundaries(input.permissionsBoundaryPolicyInputList))
        if input.resourcePolicy != nil, input.callerArn == nil {
            throw .invalidInput("CallerArn is required when a ResourcePolicy is given.")
        }
        try simulation.set(input)
        return try simulation.output(input, scenario)
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>
extension IAM.SimulatePrincipalPolicy: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicySource: input.policySourceArn)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let scenario = try input.resourceHandlingOption.map(SimulatedScenario.init)
        let source = try call.policySource(input.policySourceArn)
        if input.resourcePolicy != nil, input.callerArn == nil, source.principal.kind != .user {
            throw .invalidInput("CallerArn is required when a ResourcePolicy is given and PolicySourceArn is no user.")
        }
        var simulation = Simulation(
            caller: source.principal,
            identity: source.identity
                + (try Simulation.policies(input.policyInputList ?? [], as: .identity, named: "PolicyInputList")),
            boundaries: try Simulation.boundaries(input.permissionsBoundaryPolicyInputList) ?? source.boundary,
            membership: call.directory.membership(ofAccount: call.accountID))
        try simulation.set(input)
        return try simulation.output(input, scenario)
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html>
extension IAM.GetContextKeysForCustomPolicy: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let policies = try Simulation.policies(input.policyInputList, as: .identity, named: "PolicyInputList")
        return Output(contextKeyNames: ContextKeys(policies.map(\.document)).names)
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html>
extension IAM.GetContextKeysForPrincipalPolicy: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onPolicySource: input.policySourceArn)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let given = try Simulation.policies(input.policyInputList ?? [], as: .identity, named: "PolicyInputList")
        let own = try call.policySource(input.policySourceArn).identity
        return Output(contextKeyNames: ContextKeys((own + given).map(\.document)).names)
    }
}

// MARK: - Whose policies are simulated

/// A user, group or role with what binds it.
private struct PolicySourceEntity {
    let principal: Principal
    let identity: [CompiledPolicy]
    let boundary: [CompiledPolicy]?

    /// - Parameter boundary: a managed policy is compiled by its own type; here it counts as a boundary.
    init(_ principal: Principal, _ identity: [CompiledPolicy], boundary: [CompiledPolicy]? = nil) {
        self.principal = principal
        self.identity = identity
        self.boundary = boundary?.map { policy in
            var source = policy.source
            source.type = .permissionsBoundary
            return CompiledPolicy(policy.document, source: source)
        }
    }
}

/// The type and name in the ARN of a user, group or role.
private func entityName(_ text: String) -> (type: String, name: String)? {
    guard let arn = ARN(parsing: text), arn.service == "iam", let (type, rest) = arn.typeAndRest,
        ["user", "group", "role"].contains(type), let name = rest.split(separator: "/").last
    else { return nil }
    return (String(type), String(name))
}

extension Call {
    fileprivate func access(onPolicySource arn: String) -> Authorization {
        guard let (type, name) = entityName(arn), ARN(parsing: arn)?.account == accountID else {
            return access(on: arn)
        }
        var need =
            switch type {
            case "user": need(onUser: name)
            case "role": need(onRole: name)
            default: need(onGroup: name)
            }
        need.displayedResource = arn
        return .required(need)
    }
}

extension Call {
    /// - Throws: InvalidInput for an ARN of something else; NoSuchEntity.
    fileprivate func policySource(_ arn: String) throws(ServiceError) -> PolicySourceEntity {
        guard let (type, name) = entityName(arn) else {
            throw .invalidInput("Invalid Entity Arn: \(arn) does not clearly define entity type and name.")
        }
        guard ARN(parsing: arn)?.account == accountID else {
            throw .noSuchEntity("The \(type) with name \(name) cannot be found.")
        }
        switch type {
        case "user":
            guard let user = directory.user(named: name, in: accountID) else { throw .userNotFound(name) }
            let bound = directory.policies(bindingPrincipalWithUniqueID: user.uniqueID)
            return PolicySourceEntity(
                Principal(kind: .user, arn: user.arn, accountID: user.accountID, uniqueID: user.uniqueID),
                bound.identity, boundary: bound.boundary)
        case "role":
            guard let role = directory.role(named: name, in: accountID) else { throw .roleNotFound(name) }
            let bound = directory.policies(bindingPrincipalWithUniqueID: role.uniqueID)
            return PolicySourceEntity(
                Principal(
                    kind: .role, arn: role.arn, accountID: role.accountID, uniqueID: role.uniqueID,
                    isServiceLinkedRole: role.isServiceLinked),
                bound.identity, boundary: bound.boundary)
        default:
            guard let group = directory.group(named: name, in: accountID) else { throw .groupNotFound(name) }
            var identity: [CompiledPolicy] = []
            for policy in group.inlinePolicies {
                let source = PolicySource(type: .identity, name: policy.name, attachedTo: group.arn)
                identity.append(CompiledPolicy(try Documents.check(policy.document, as: .identity), source: source))
            }
            identity += group.attachedPolicies.compactMap { directory.compiledPolicy(arn: $0) }
            return PolicySourceEntity(Principal(kind: .user, accountID: group.accountID), identity)
        }
    }
}
