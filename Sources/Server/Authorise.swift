import Directory
import Platform
import Policy
import Wire

/// The right to handle one request. Only `authorise` makes it.
struct Permit: Sendable {
    let identified: Identified

    fileprivate init(_ identified: Identified) {
        self.identified = identified
    }
}

/// What the policies said to one access, and all that they were asked with.
struct AccessDecision: Sendable {
    let access: Access
    let request: AuthorizationRequest
    let inputs: PolicyInputs
    let context: CallContext
    let decision: Decision

    /// The same once more, with everything that was looked at.
    var trace: Trace { PolicyEvaluator.explain(request, inputs, context) }
}

extension Pipeline {
    /// Asks the policies for every access that the operation needs.
    /// - Parameter decisions: takes what they said, the denial last.
    /// - Throws: AccessDenied with AWS's text; and for an operation that can't say what it needs.
    func authorise(
        _ identified: Identified, decisions: inout [AccessDecision]
    ) async throws(ServiceError) -> Permit {
        let call = identified.call
        try checkSession(call)
        switch try await identified.decoded.operation.access(identified.decoded.input, call) {
        case .notRequired:
            return Permit(identified)
        case .required(let accesses):
            guard !accesses.isEmpty else {
                throw .accessDenied(
                    "User: \(call.caller.arn) is not authorized to perform: \(call.service):\(call.operation)")
            }
            let bound = boundPolicies(call.caller)
            let membership = environment.directory.membership(ofAccount: call.accountID)
            for access in accesses {
                let decision = decide(access, bound, membership, call)
                decisions.append(decision)
                guard decision.decision.isAllowed else {
                    // Who is not in AWS has no name in it.
                    if call.caller.federatedIdentity != nil {
                        throw .accessDenied("Not authorized to perform \(access.action)")
                    }
                    var shown = decision.request
                    if let resource = access.displayedResource { shown.resource = resource }
                    let message = decision.decision.message(for: shown)
                    throw access.denial?(message) ?? .accessDenied(message)
                }
            }
            return Permit(identified)
        }
    }

    /// Credentials of GetSessionToken open of STS only AssumeRole and GetCallerIdentity, and IAM only with MFA; those
    /// of GetFederationToken only GetCallerIdentity, and IAM not at all. IAM does not say that much: it does not know
    /// such tokens.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html>
    private func checkSession(_ call: Call) throws(ServiceError) {
        guard let session = call.caller.session, session.principalKind != .role, session.taskPolicyARN == nil,
            session.delegateAccountID == nil
        else { return }
        let isOpen =
            switch call.service {
            case "iam": session.mfaTime != nil
            case "sts":
                call.operation == "GetCallerIdentity"
                    || (call.operation == "AssumeRole" && session.principalKind != .federatedUser)
            default: true
            }
        guard isOpen else {
            guard call.service == "sts" else {
                throw ServiceError(
                    "InvalidClientTokenId", "The security token included in the request is invalid.", status: 403)
            }
            throw .accessDenied("Cannot call \(call.operation) with session credentials")
        }
    }

    private func boundPolicies(_ caller: Caller) -> BoundPolicies {
        if case .federatedUser(nil, _) = caller.identity {
            // Whom the root user vouches for may do what the root user may, within the session policies.
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

    private func decide(
        _ access: Access, _ bound: BoundPolicies, _ membership: OrganizationMembership?, _ call: Call
    ) -> AccessDecision {
        let request = AuthorizationRequest(
            principal: call.caller.principal, action: access.action, resource: access.resource,
            resourceAccount: access.resourceAccount)
        let inputs = PolicyInputs(
            identitySets: bound.sets + access.accountGrants, resource: access.resourcePolicy,
            roleTrust: access.roleTrust, boundaries: bound.boundary, session: call.caller.sessionPolicies,
            serviceControlLevels: membership?.serviceControl,
            resourceControlLevels: resourceControl(access, membership, call))
        let context = CallContext(call: call, access: access)
        let decision = PolicyEvaluator.evaluate(request, inputs, context)
        return AccessDecision(access: access, request: request, inputs: inputs, context: context, decision: decision)
    }

    /// The resource control policies of the account that the resource is in: of whichever organization.
    /// - Parameter membership: the caller's.
    private func resourceControl(
        _ access: Access, _ membership: OrganizationMembership?, _ call: Call
    ) -> [PolicySet]? {
        guard ResourceControl.governs(action: access.action) else { return nil }
        let owner = access.owner(call)
        if owner == call.accountID { return membership?.resourceControl }
        return environment.directory.membership(ofAccount: owner)?.resourceControl
    }
}

extension Access {
    /// The account that the resource is in; the caller's for an action that has no resource.
    func owner(_ call: Call) -> String {
        if let resourceAccount { return resourceAccount }
        guard resource != "*", let account = ARN(parsing: resource)?.account, account.utf8.count == 12 else {
            return call.accountID
        }
        return account
    }
}
