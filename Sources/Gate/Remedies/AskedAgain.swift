import Directory
import Platform
public import Policy
public import Remedies
public import Wire

// From a denial of the event history, or from a request that is only thought of, to what binds it now.

extension Gate {
    /// What would have a recorded denial allowed, as things are now, the smallest change first. If it would be allowed by
    /// now, the report's decision says so.
    ///
    /// What a call needs besides is not known: the policies were asked no further.
    /// - Parameter limit: how many remedies are wanted, at most.
    /// - Throws: NoSuchEntity when the caller does not exist any longer; and what reading of a resource fails with.
    /// - Complexity: linear in the number of roles of the caller's account and of the resource's.
    public func remedies(for denial: RecordedDenial, limit: Int = 8) async throws(ServiceError) -> RemedyReport {
        RemedySearch(try await asked(denial), limit: limit).report()
    }

    /// A recorded denial as it would be asked now: by the same caller and session, with the same condition keys, of the policies
    /// and the resource that there are. For ``Remedies/RemedySearch`` and ``Remedies/DecisionStages``.
    /// - Throws: as ``remedies(for:limit:)``.
    public func asked(_ denial: RecordedDenial) async throws(ServiceError) -> DeniedRequest {
        let caller = try caller(of: denial)
        var access = Access(denial.action, on: denial.resource, resourceAccount: denial.caller.resourceOwner)
        access.context = denial.context.filter { !Self.isOfGate($0.key) }
        return try await asked(access, by: caller, context: denial.context)
    }

    /// A request as it would be decided, made by a user, a role or a root user: for a simulator.
    /// - Parameters:
    ///   - principal: the ARN of an IAM user, a role or a root user.
    ///   - context: condition keys of the request, in any case. Those that say who asks, and when, are filled in.
    /// - Throws: NoSuchEntity for a principal that does not exist.
    public func asked(
        _ action: String, on resource: String, by principal: String, context: [String: ContextValue] = [:]
    ) async throws(ServiceError) -> DeniedRequest {
        let caller = try caller(arn: principal)
        let given = Dictionary(
            context.map { (ConditionKeys.folded($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
        let call = try call(by: caller, of: action, given)
        let own = CallContext(call: call, resolved: Access(action, on: resource).resolved(call))
        var known: [String: ContextValue] = [:]
        for (key, value) in own.all { known[ConditionKeys.folded(key)] = value }
        for tag in caller.tags { known["aws:principaltag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value) }
        for key in ["aws:sourceip", "aws:useragent"] { known[key] = nil }
        known.merge(given) { _, given in given }
        return try await asked(Access(action, on: resource), by: caller, context: known)
    }

    // MARK: Who asks

    private func caller(of denial: RecordedDenial) throws(ServiceError) -> Caller {
        let directory = environment.directory
        func gone() -> ServiceError {
            ServiceError(
                "NoSuchEntity", "\(denial.principalARN), who was denied it, does not exist any longer.", status: 404)
        }
        let parts = denial.principalID.split(separator: ":", maxSplits: 1).map(String.init)
        let identity: Caller.Identity
        var account = denial.account
        switch denial.caller.kind {
        case .root:
            guard directory.account(denial.principalID) != nil else { throw gone() }
            identity = .root
            account = denial.principalID
        case .user:
            guard let user = directory.user(uniqueID: denial.principalID) else { throw gone() }
            identity = .user(user)
            account = user.accountID
        case .role, .roleSession:
            guard let id = parts.first, let role = directory.role(uniqueID: id) else { throw gone() }
            identity = .roleSession(role, name: parts.count > 1 ? parts[1] : "session")
            account = role.accountID
        case .federatedUser:
            let user = denial.caller.parentID.flatMap { directory.user(uniqueID: $0) }
            if denial.caller.parentID != nil, user == nil { throw gone() }
            identity = .federatedUser(of: user, name: parts.last ?? "")
            account = parts.first ?? account
        case .webIdentity, .saml:
            let outside = FederatedIdentity(provider: denial.principalARN, issuer: "", audience: "", subject: "")
            identity = denial.caller.kind == .saml ? .saml(outside) : .webIdentity(outside)
        case .service:
            func one(_ key: String) -> String? {
                if case .one(let text)? = denial.context[key] { text } else { nil }
            }
            identity = .service(
                ServicePrincipal(
                    denial.principalARN, sourceARN: one("aws:sourcearn"), sourceAccount: one("aws:sourceaccount") ?? "")
            )
            account = one("aws:sourceaccount") ?? account
        case .anonymous:
            identity = .anonymous
        }
        let policies = denial.caller.sessionPolicies?.map { policy in
            switch policy {
            case .managed(let arn):
                // One that has been deleted allows nothing.
                return directory.compiledPolicy(arn: arn)
                    ?? .denyingEverything(PolicySource(type: .session, name: arn, arn: arn))
            case .inline(let text):
                let source = PolicySource(type: .session)
                guard let document = try? PolicyDocument(parsing: text, as: .session, strictness: .evaluable) else {
                    return .denyingEverything(source)
                }
                return CompiledPolicy(document, source: source)
            }
        }
        return Caller(accountID: account, identity: identity, sessionPolicies: policies)
    }

    private func caller(arn text: String) throws(ServiceError) -> Caller {
        let directory = environment.directory
        if let arn = ARN(parsing: text), arn.service == "iam", arn.region.isEmpty {
            if arn.resource == "root", directory.account(arn.account) != nil {
                return Caller(accountID: arn.account, identity: .root)
            }
            if let id = directory.uniqueID(ofARN: text) {
                if let user = directory.user(uniqueID: id), user.arn == text {
                    return Caller(accountID: arn.account, identity: .user(user))
                }
                if let role = directory.role(uniqueID: id), role.arn == text {
                    return Caller(accountID: arn.account, identity: .roleSession(role, name: "session"))
                }
            }
        }
        throw ServiceError("NoSuchEntity", "There is no user, role or root user \(text).", status: 404)
    }

    // MARK: What binds the request

    /// Condition keys that the gate knows by itself, or that are the resource's.
    private static func isOfGate(_ key: String) -> Bool {
        key.hasPrefix("aws:") && !key.hasPrefix("aws:requesttag/") && key != "aws:tagkeys"
            || key.contains(":resourcetag/")
    }

    /// A call that stands for the one that was made.
    private func call(
        by caller: Caller, of action: String, _ context: [String: ContextValue]
    ) throws(ServiceError) -> Call {
        let prefix = action.prefix { $0 != ":" }
        let named = environment.modules.first { $0.actionPrefix == prefix }
        // Of a service that is not built, all that is asked of the module is whether it is passed on.
        guard let module = named ?? environment.modules.first else { throw .internalFailure }
        var region = environment.region
        if case .one(let named)? = context["aws:requestedregion"] { region = named }
        let time = environment.now()
        return Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time, caller: caller,
            module: module, operation: String(action.dropFirst(prefix.count + 1)), region: region,
            source: Call.Source(address: nil, userAgent: nil))
    }

    private func asked(
        _ access: Access, by caller: Caller, context: [String: ContextValue]
    ) async throws(ServiceError) -> DeniedRequest {
        let call = try call(by: caller, of: access.action, context)
        let membership = environment.directory.membership(ofAccount: caller.accountID)
        let decision = decide(access, boundPolicies(caller), membership, call)
        var request = decision.request
        var inputs = decision.inputs
        // What the resource brings is what it brings now.
        var context = context.filter { !$0.key.contains(":resourcetag/") }
        var ofResource = decision.resolved.resource?.context ?? [:]
        ofResource.merge(decision.resolved.context.filter { $0.key.contains(":resourcetag/") }) { own, _ in own }
        // Of a key, only whoever asks for permission has found it before.
        if decision.resolved.resource == nil, let found = try await analyzed(access) {
            inputs.resource = found.policy
            inputs.grants = found.grants
            inputs.accessControlList = found.accessControlList
            inputs.restrictsPublicBuckets = found.restrictsPublicBuckets
            if found.isBeyondResourceControl { inputs.resourceControlLevels = nil }
            request.resourceAccount = request.resourceAccount ?? found.owner
            ofResource.merge(found.context) { own, _ in own }
            ofResource.merge(ConditionKeys.resourceTags(found.tags, service: nil)) { own, _ in own }
        }
        context.merge(ofResource) { _, now in now }
        var asked = DeniedRequest(request, inputs, context: context)
        let directory = environment.directory
        asked.shown = { PolicyDocument.shown($0, as: $1, directory) }
        asked.otherRoles = otherRoles(than: caller, for: request)
        return asked
    }

    /// A resource whose type can't be looked up without the request for it.
    private func analyzed(_ access: Access) async throws(ServiceError) -> AnalyzedResource? {
        let prefix = access.action.prefix { $0 != ":" }
        guard let arn = ARN(parsing: access.resource), arn.service == prefix else { return nil }
        for type in environment.analyzedResources where type.actionPrefix == prefix && prefix != "iam" {
            if let found = try await type.fetch(access.resource, environment) { return found }
        }
        return nil
    }

    // MARK: Other roles

    /// The roles of the caller's account, and of the resource's.
    private func otherRoles(than caller: Caller, for request: AuthorizationRequest) -> [OtherRole] {
        let kind = request.principal.kind
        guard kind == .user || kind == .roleSession, !request.action.hasPrefix("sts:") else { return [] }
        let directory = environment.directory
        var accounts = [caller.accountID]
        let owner = request.resourceAccount ?? ARN(parsing: request.resource)?.account ?? ""
        if !owner.isEmpty, owner != caller.accountID, directory.isActive(account: owner) { accounts.append(owner) }
        var roles: [OtherRole] = []
        for account in accounts {
            let membership = directory.membership(ofAccount: account)
            var after: String?
            repeat {
                let part = directory.roles(in: account, after: after, limit: Self.rolesAtATime)
                for (_, entry) in part where !entry.bare.isServiceLinked {
                    roles.append(otherRole(entry.bare, membership, directory))
                }
                after = part.count == Self.rolesAtATime ? part.last?.id : nil
            } while after != nil
        }
        return roles
    }

    private static let rolesAtATime = 256

    private func otherRole(
        _ role: Role, _ membership: OrganizationMembership?, _ directory: IdentityDirectory
    ) -> OtherRole {
        let bound = directory.policies(bindingPrincipalWithUniqueID: role.uniqueID)
        let session = Caller(accountID: role.accountID, identity: .roleSession(role, name: "session"))
        var inputs = PolicyInputs(
            identitySets: bound.sets, boundaries: bound.boundary, serviceControlLevels: membership?.serviceControl)
        inputs.serviceControlPath = membership?.path
        var other = OtherRole(
            session.principal, inputs: inputs, trust: directory.trustPolicy(ofRoleWithUniqueID: role.uniqueID),
            resourceControlLevels: membership?.resourceControl)
        other.context = [
            "aws:userid": .one(session.userID), "aws:principalaccount": .one(role.accountID),
            "aws:principaltype": .one("AssumedRole"), "aws:multifactorauthpresent": .one("false"),
        ]
        for tag in role.tags { other.context["aws:principaltag/\(ConditionKeys.folded(tag.key))"] = .one(tag.value) }
        if let membership {
            other.context["aws:principalorgid"] = .one(membership.organizationID)
            other.context["aws:principalorgpaths"] = .many([membership.path])
        }
        other.resourceContext = ConditionKeys.resourceTags(role.tags, service: "iam")
        other.resourceContext["aws:resourceaccount"] = .one(role.accountID)
        return other
    }
}
