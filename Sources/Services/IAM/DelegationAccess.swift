import Directory
import IAMAPI
import Platform
import Policy
import Wire

/// Who may do what with a delegation request.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies-temporary-delegation.html#temporary-delegation-managing-permissions>
extension Call {
    /// The access to a request. Its owner, and whoever has the id of one that nobody owns yet, may do some things without
    /// a policy that allows them, as long as none denies them.
    /// - Parameter isForOwners: whether the operation is one of those.
    func access(
        onDelegationRequest id: String, action: String? = nil, isForOwners: Bool, isForUnowned: Bool = false
    ) async throws(ServiceError) -> Authorization {
        let request = try await read { (records) throws(ServiceError) in try records.visibleDelegationRequest(id, self)
        }
        var access = need(on: "arn:aws:iam::\(accountID):delegation-request/\(id)")
        if let action { access.action = action }
        if let owner = request?.ownerID { access.context["iam:delegationrequestowner"] = .one(owner) }
        guard let request else { return .required(access) }
        if let owner = request.ownerID {
            if isForOwners, owner == caller.arn { access.accountGrants = [ownersPermissions] }
        } else if isForUnowned {
            access.accountGrants = [ownersPermissions]
        }
        return .required(access)
    }

    /// Listing the requests of an owner, which the owner may.
    func access(listingDelegationRequestsOf owner: String?) -> Authorization {
        var access = need(on: "*")
        if let owner { access.context["iam:delegationrequestowner"] = .one(owner) }
        if owner == caller.arn { access.accountGrants = [ownersPermissions] }
        return .required(access)
    }
}

/// The grant covers only the action of the access that it belongs to.
private let ownersPermissions = PolicySet(
    (try? PolicyDocument(
        parsing: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#,
        as: .identity)).map { [CompiledPolicy($0, source: PolicySource(type: .identity, name: "delegation request"))] }
        ?? [])

extension RecordReading {
    /// A request that the caller's account may know of: one of its own, or one that is nobody's yet.
    fileprivate func find(_ id: String, _ call: Call) throws(ServiceError) -> DelegationRequest? {
        guard let request = try get(DelegationRequest.self, id) else { return nil }
        return request.ownerAccountID.map { $0 == call.accountID } ?? true ? request : nil
    }
}

extension Records {
    func visibleDelegationRequest(_ id: String, _ call: Call) throws(ServiceError) -> DelegationRequest? {
        try of(account: DelegationRequest.scopeName).find(id, call)
    }

    func delegationRequest(_ id: String, _ call: Call) throws(ServiceError) -> DelegationRequest {
        guard let request = try visibleDelegationRequest(id, call) else { throw .noSuchDelegationRequest(id) }
        return request
    }
}

extension MutableRecords {
    func delegationRequest(_ id: String, _ call: Call) throws(ServiceError) -> DelegationRequest {
        guard let request = try of(account: DelegationRequest.scopeName).find(id, call) else {
            throw .noSuchDelegationRequest(id)
        }
        return request
    }

    func put(delegationRequest request: DelegationRequest) throws(ServiceError) {
        try of(account: DelegationRequest.scopeName).put(request)
    }
}

extension ServiceError {
    fileprivate static func noSuchDelegationRequest(_ id: String) -> ServiceError {
        .noSuchEntity("The delegation request with id \(id) cannot be found.")
    }
}
