import Directory
public import Platform
public import Policy
import Wire

/// The right to handle one request. Only `authorize` makes it.
struct Permit: Sendable {
    let operation: AnyOperation
    let input: Structure
    /// It has what `access` learnt for `handle`.
    let call: Call

    fileprivate init(_ identified: Identified, _ accesses: [Access] = []) {
        operation = identified.operation
        input = identified.input
        call = identified.call.permitted(accesses)
    }
}

/// What the policies said to one access, and all that they were asked with.
final class AccessDecision: Sendable {
    let resolved: Access.Resolved
    let request: AuthorizationRequest
    let inputs: PolicyInputs
    let context: CallContext
    let decision: Decision

    fileprivate init(
        resolved: Access.Resolved, request: consuming AuthorizationRequest, inputs: consuming PolicyInputs,
        context: CallContext, decision: Decision
    ) {
        self.resolved = resolved
        self.request = request
        self.inputs = inputs
        self.context = context
        self.decision = decision
    }

    var access: Access { resolved.access }

    /// The same once more, with everything that was looked at.
    var trace: Trace { PolicyEvaluator.explain(request, inputs, context) }
}

extension Gate {
    /// Asks the policies for every access that the operation needs.
    /// - Parameter attempt: gets what they said, the denial last.
    /// - Throws: AccessDenied with AWS's text; and for an operation that can't say what it needs.
    func authorize(
        _ identified: Identified, _ attempt: inout Attempt
    ) async throws(ServiceError) -> Permit {
        let call = identified.call
        try call.module.admits(call)
        switch try await identified.operation.access(identified.input, call) {
        case .notRequired:
            return Permit(identified)
        case .required(let accesses):
            guard !accesses.isEmpty else {
                throw .accessDenied(
                    "User: \(call.caller.arn) is not authorized to perform: \(call.service):\(call.operation)")
            }
            let bound = boundPolicies(call.caller)
            let membership = environment.directory.membership(ofAccount: call.accountID)
            func ask(_ access: Access) throws(ServiceError) {
                switch access.verdict {
                case .allowed: return
                case .refused(let refusal):
                    guard observes else { throw refusal }
                    attempt.observed = attempt.observed ?? refusal
                    return
                case nil: break
                }
                let decision = decide(access, bound, membership, call)
                attempt.decisions.append(decision)
                guard !decision.decision.isAllowed else { return }
                let refusal = refusal(decision, call)
                environment.denials.note(
                    decision.request.action, on: decision.request.resource, by: call.caller.principalARN)
                guard observes else { throw refusal }
                attempt.observed = attempt.observed ?? refusal
            }
            for index in accesses.indices {
                for way in accesses[index].ways { try ask(way) }
                try ask(accesses[index])
            }
            return Permit(identified, accesses)
        }
    }

    /// What the policies say to an access of a call that may be allowed others.
    public func decision(_ access: Access, for call: Call) -> Decision {
        let bound = boundPolicies(call.caller)
        let membership = environment.directory.membership(ofAccount: call.accountID)
        for way in access.ways {
            let decision = decide(way, bound, membership, call).decision
            guard decision.isAllowed else { return decision }
        }
        let decision = decide(access, bound, membership, call)
        call.noteUse(of: [decision.request.action])
        call.noteAsked(decision)
        return decision.decision
    }

    private func refusal(_ decision: AccessDecision, _ call: Call) -> ServiceError {
        let access = decision.access
        // A caller from outside of AWS has no name in it.
        if call.caller.federatedIdentity != nil {
            return .accessDenied("Not authorized to perform \(access.action)")
        }
        var shown = decision.request
        if let resource = access.displayedResource { shown.resource = resource }
        let message = decision.decision.message(for: shown)
        if let denial = access.denial { return denial(message) }
        guard let refuses = call.module.refuses else { return .accessDenied(message) }
        return refuses(message) {
            // A message that can't be sealed is left out; the denial stands all the same.
            (try? environment.authorizationMessages.encode(
                decision.authorizationMessage.json, account: call.accountID)) ?? ""
        }
    }

    func boundPolicies(_ caller: Caller) -> BoundPolicies {
        if case .federatedUser(nil, _) = caller.identity {
            // A federated user of the root user may do what the root user may, within the session policies.
            let everything = environment.directory.compiledPolicy(
                arn: "arn:aws:iam::aws:policy/AdministratorAccess")
            return BoundPolicies(sets: [PolicySet(everything.map { [$0] } ?? [])], boundary: nil)
        }
        if let arn = caller.session?.taskPolicyARN {
            // A task policy only denies: what it leaves of the root user's permissions.
            let task = environment.directory.compiledPolicy(arn: arn)
            return BoundPolicies(
                sets: [PolicySet([task ?? .denyingEverything(PolicySource(type: .identity, name: arn))])],
                boundary: nil)
        }
        guard let id = caller.uniqueID else { return BoundPolicies(sets: [], boundary: nil) }
        return environment.directory.policies(bindingPrincipalWithUniqueID: id)
    }

    func decide(
        _ access: consuming Access, _ bound: BoundPolicies, _ membership: OrganizationMembership?, _ call: Call
    ) -> AccessDecision {
        let resolved = access.resolved(call)
        let request = AuthorizationRequest(
            principal: call.caller.principal, action: resolved.access.action, resource: resolved.access.resource,
            resourceAccount: resolved.resource?.authority ?? resolved.access.resourceAccount)
        let owners = resourceMembership(resolved, membership, call)
        var inputs = PolicyInputs(
            identitySets: bound.sets + resolved.access.accountGrants, boundaries: bound.boundary,
            session: call.caller.sessionPolicies, serviceControlLevels: membership?.serviceControl,
            resourceControlLevels: owners?.resourceControl
        )
        inputs.take(resolved)
        if let passage = call.source.endpoint { inputs.endpoint = (inputs.endpoint ?? []) + [passage.policy] }
        inputs.serviceControlPath = membership?.path
        inputs.resourceControlPath = owners?.path
        let context = CallContext(call: call, resolved: resolved)
        let decision = PolicyEvaluator.evaluate(request, inputs, context)
        return AccessDecision(
            resolved: resolved, request: request, inputs: inputs, context: context, decision: decision)
    }

    /// The membership of the resource's account, whose resource control policies apply, in whichever organization it
    /// is.
    /// - Parameter membership: the caller's.
    private func resourceMembership(
        _ resolved: Access.Resolved, _ membership: OrganizationMembership?, _ call: Call
    ) -> OrganizationMembership? {
        guard ResourceControl.governs(action: resolved.access.action),
            resolved.resource?.isBeyondResourceControl != true
        else { return nil }
        let owner = resolved.owner(call)
        return owner == call.accountID ? membership : environment.directory.membership(ofAccount: owner)
    }
}

extension PolicyInputs {
    /// Takes in the resource's side.
    fileprivate mutating func take(_ resolved: Access.Resolved) {
        requiredPolicy = resolved.requiredPolicy
        guard let resource = resolved.resource else { return }
        if resource.policy?.source.type == .roleTrust {
            roleTrust = resource.policy
        } else {
            self.resource = resource.policy
        }
        grants = resource.grants
        accessControlList = resource.accessControlList
        resourceOnlyDenies = resource.authority != nil
        restrictsPublicBuckets = resource.restrictsPublicBuckets
        endpoint = resource.endpointPolicies
    }
}
