import Directory
import IAMAPI
import Platform
import Policy
import Wire

// What product providers ask for, and what is known of it.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation-partner-guide.html>

extension IAM.CreateDelegationRequest: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var context: [String: ContextValue] = [
            "iam:delegationduration": .one(String(input.sessionDuration)),
            "iam:notificationchannel": .one(input.notificationChannel),
        ]
        if let template = input.permissions.policyTemplateArn { context["iam:templatearn"] = .one(template) }
        return call.access(on: "*", context)
    }

    /// On AWS only registered providers can make requests. Here the policies decide who can.
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try checkChannel(input.notificationChannel, call)
        let requests = records.of(account: DelegationRequest.scopeName)
        let workflow = DelegationRequest.workflow(input.requestorWorkflowId, of: call.accountID)
        guard
            try requests.referrers(DelegationRequest.self, DelegationRequest.Relation.workflow, to: workflow, limit: 1)
                .isEmpty
        else {
            throw .entityAlreadyExists(
                "A delegation request with the workflow id \(input.requestorWorkflowId) already exists.")
        }
        let parameters = (input.permissions.parameters ?? []).map { parameter in
            DelegationRequest.Parameter(
                name: parameter.name ?? "", values: parameter.values ?? [], type: parameter.type ?? "string")
        }
        let request = DelegationRequest(
            id: "dr-" + Identifiers.key().lowercased(), requestorID: call.accountID,
            requestorName: String((call.directory.account(call.accountID)?.name ?? call.accountID).prefix(30)),
            workflowID: input.requestorWorkflowId, description: input.description, message: input.requestMessage,
            templateARN: input.permissions.policyTemplateArn ?? "", parameters: parameters,
            permissionPolicy: try DelegationTemplate.render(input.permissions.policyTemplateArn, parameters, call),
            notificationChannel: input.notificationChannel, redirectURL: input.redirectUrl,
            sessionDuration: input.sessionDuration, isOnlySentByOwner: input.onlySendByOwner ?? false,
            ownerAccountID: input.ownerAccountId, createDate: call.time)
        try records.put(delegationRequest: request)
        // There is no console, and so no link into it.
        return Output { $0.delegationRequestId = request.id }
    }

    /// A topic in the provider's own account, in a region that needs no opt-in.
    private static func checkChannel(_ channel: String, _ call: Call) throws(ServiceError) {
        guard let topic = ARN(parsing: channel), topic.service == "sns", topic.account == call.accountID,
            !topic.resource.isEmpty, Regions.needsOptIn(topic.region) != true
        else {
            throw .invalidInput("The notification channel must be an SNS topic of the account that makes the request.")
        }
    }
}

extension IAM.GetDelegationRequest: ReadOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.access(onDelegationRequest: input.delegationRequestId, isForOwners: true, isForUnowned: true)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let request = try records.delegationRequest(input.delegationRequestId, call)
        return Output {
            $0.delegationRequest = IAM.DelegationRequest(request, call)
            guard input.delegationPermissionCheck == true else { return }
            $0.permissionCheckStatus = "COMPLETE"
            $0.permissionCheckResult = DelegationPermissionCheck.result(of: request.permissionPolicy, for: call)
        }
    }
}

extension IAM.ListDelegationRequests: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(listingDelegationRequestsOf: input.ownerId)
    }

    /// Those of the caller's account that have an owner.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.of(account: DelegationRequest.scopeName).page(
            DelegationRequest.self, DelegationRequest.Relation.ownerAccount, to: call.accountID,
            Paging(input)
        ) { request in
            guard let owner = request.ownerID else { return false }
            return input.ownerId.map { $0 == owner } ?? true
        }
        return Output {
            $0.delegationRequests = page.items.map { IAM.DelegationRequest($0, call) }
            $0.isTruncated = page.isTruncated
            $0.marker = page.marker
        }
    }
}

extension IAM.GetHumanReadableSummary: ReadOperation {
    /// Whoever may see a request may see its summary.
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.access(
            onDelegationRequest: try requestID(input), action: "iam:GetDelegationRequest", isForOwners: true,
            isForUnowned: true)
    }

    /// AWS has it written by a language model. Gatehouse has none, and the API has a state for that case.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.delegationRequest(try requestID(input), call)
        return Output {
            $0.locale = input.locale
            $0.summaryState = "NOT_SUPPORTED"
        }
    }

    private static func requestID(_ input: Input) throws(ServiceError) -> String {
        guard let arn = ARN(parsing: input.entityArn), arn.service == "iam", let (type, id) = arn.typeAndRest,
            type == "delegation-request"
        else { throw .invalidInput("The entity ARN must be that of a delegation request.") }
        return String(id)
    }
}

extension IAM.DelegationRequest {
    fileprivate init(_ request: Platform.DelegationRequest, _ call: Call) {
        self.init()
        delegationRequestId = request.id
        ownerAccountId = request.ownerAccountID
        description = request.description
        requestMessage = request.message
        permissions = IAM.DelegationPermission { permission in
            permission.policyTemplateArn = request.templateARN
            permission.parameters = request.parameters.map { parameter in
                IAM.PolicyParameter {
                    $0.name = parameter.name
                    $0.values = parameter.values
                    $0.type = parameter.type
                }
            }
        }
        permissionPolicy = request.permissionPolicy
        let boundaries = DelegationTemplate.boundaries(in: request.permissionPolicy)
        if !boundaries.isEmpty { rolePermissionRestrictionArns = boundaries }
        ownerId = request.ownerID
        approverId = request.approver?.arn
        state = request.state(at: call.time).rawValue
        expirationTime = Timestamp(secondsSinceEpoch: request.expires)
        requestorId = request.requestorID
        requestorName = request.requestorName
        createDate = Timestamp(secondsSinceEpoch: request.createDate)
        sessionDuration = request.sessionDuration
        redirectUrl = request.redirectURL
        notes = request.notes
        rejectionReason = request.rejectionReason
        onlySendByOwner = request.isOnlySentByOwner
        updatedTime = Timestamp(secondsSinceEpoch: request.updateDate)
    }
}

/// Whether somebody has the permissions that a request wants them to delegate. Like AWS's, this is an approximation:
/// there is no request for conditions to look at, and a pattern counts only if the policies cover all of it.
enum DelegationPermissionCheck {
    static func result(of policy: String, for call: Call) -> String {
        guard let document = try? PolicyDocument(parsing: policy, as: .session) else { return "UNSURE" }
        if case .root = call.caller.identity { return "ALLOWED" }
        guard let id = call.caller.uniqueID else { return "UNSURE" }
        let bound = call.directory.policies(bindingPrincipalWithUniqueID: id)
        let inputs = PolicyInputs(
            identitySets: bound.sets, boundaries: bound.boundary, session: call.caller.sessionPolicies)
        var result = "ALLOWED"
        for statement in document.statements where statement.effect == .allow {
            guard !statement.actions.isNegated, let resources = statement.resources, !resources.isNegated else {
                return "UNSURE"
            }
            for action in statement.actions.values {
                for resource in resources.values {
                    let request = AuthorizationRequest(
                        principal: call.caller.principal, action: action.value, resource: resource.value,
                        resourceAccount: call.accountID)
                    if PolicyEvaluator.evaluate(request, inputs, DictionaryContext([:])).isAllowed { continue }
                    guard action.value.contains("*") || !statement.conditions.isEmpty else { return "DENIED" }
                    result = "UNSURE"
                }
            }
        }
        return result
    }
}
