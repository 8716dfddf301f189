public import Directory
public import Policy
public import Wire

/// How one service calls another: through the gate, like any request. Policies decide, and the call is recorded.
///
/// A service knows another by its generated API alone:
///
/// ```swift
/// let box = try await call.services.call(
///     Vault.GetBox.self, Vault.GetBox.Input { $0.arn = input.boxArn },
///     as: call.courier(inOwnName: input.inOwnName))
/// ```
///
/// Get it from a call (``Call/services``), or, for jobs and followers, from the environment
/// (``Environment/services(in:)``).
public struct ServiceCalls: Sendable {
    let environment: Environment
    /// The call in whose course others are made; nil for work that nobody's request is waiting for.
    let call: Call?
    private let region: String

    init(_ environment: Environment, call: Call?, region: String) {
        self.environment = environment
        self.call = call
        self.region = region
    }

    /// Calls an operation as a service, either with its caller's permissions or in its own name, and waits for the
    /// answer. What the operation changes is a transaction of its own.
    ///
    /// - Throws: the error that the operation answers, AccessDenied among them; NotImplemented for a service or
    ///   operation that Gatehouse does not have.
    public func call<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input, as identity: ServiceIdentity
    ) async throws(ServiceError) -> O.Output {
        O.Output(try await gate().perform(request(operation, input, identity)))
    }

    /// Calls an operation that makes something, such as a log stream, and is content if it is there: somebody else, or another node, may
    /// have been faster.
    ///
    /// - Throws: as ``call(_:_:as:)``, but for ResourceAlreadyExistsException.
    public func ensure<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input, as identity: ServiceIdentity
    ) async throws(ServiceError) {
        do throws(ServiceError) { _ = try await call(operation, input, as: identity) } catch {
            guard error.code == "ResourceAlreadyExistsException" else { throw error }
        }
    }

    /// Asks for all permissions that an operation needs, and does what is slow about it, so that it can be completed
    /// within the caller's own transaction: both changes are committed together with both events, or nothing is.
    ///
    /// ```swift
    /// return try await call.services.prepare(Vault.PutBox.self, put, as: call.courier(inOwnName: input.inOwnName))
    /// …
    /// let parcel = Parcel(id: call.requestID, boxARN: try put.complete(in: records).arn)
    /// ```
    ///
    /// What an ``UploadOperation`` put aside waits for the transaction. If that does not come about, say so with
    /// ``PreparedCall/discard()``.
    ///
    /// - Throws: as ``call(_:_:as:)``.
    public func prepare<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input, as identity: ServiceIdentity
    ) async throws(ServiceError) -> PreparedCall<O> {
        PreparedCall(try await gate().prepare(request(operation, input, identity)))
    }

    private func gate() throws(ServiceError) -> any ServiceGate { try environment.serviceGate() }

    private func request<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input, _ identity: ServiceIdentity
    ) throws(ServiceError) -> ServiceRequest {
        let shape = O.shape
        guard let module = environment.module(of: shape) else {
            throw .notImplemented("Gatehouse does not answer \(shape.serviceID) yet, which \(identity.name) needs.")
        }
        let caller: Caller
        var source = Call.Source(service: identity.name, calledVia: [])
        if let role = identity.role {
            caller = Caller(accountID: role.role.accountID, identity: .roleSession(role.role, name: role.session))
            source.principal = identity.source.map {
                ServicePrincipal(identity.name, sourceARN: $0.arn, sourceAccount: $0.account)
            }
        } else if let source = identity.source {
            caller = Caller(
                accountID: source.account,
                identity: .service(
                    ServicePrincipal(
                        identity.name, sourceARN: source.arn, sourceAccount: source.account,
                        sessionKeys: identity.sessionKeys, sessionSeconds: identity.sessionSeconds)))
        } else {
            // Nobody's permissions can be passed on where nobody has called.
            guard let call else { throw .internalFailure }
            source.calledVia = call.source.calledVia + [identity.name]
            caller = call.caller
        }
        let time = call?.time ?? environment.now()
        let made = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time, caller: caller,
            module: module, operation: shape.name, region: module.region(signedFor: region),
            source: source)
        return ServiceRequest(call: made, input: input.structure, operation: nil)
    }
}

/// As whom a service calls another. A string literal means ``forwarding(_:)``.
///
/// ```swift
/// let box = try await call.services.call(
///     Vault.GetBox.self, Vault.GetBox.Input { $0.arn = input.boxArn },
///     as: call.courier(inOwnName: input.inOwnName))
/// ```
public struct ServiceIdentity: Sendable, ExpressibleByStringLiteral {
    /// The service as a principal: "s3.amazonaws.com".
    public let name: String
    let source: (arn: String?, account: String)?
    let sessionKeys: [String: String]
    var sessionSeconds: Int?
    var role: (role: Role, session: String)?

    /// With the permissions of whoever called the service, as in AWS's forward access sessions. `aws:CalledVia` tells
    /// of it.
    ///
    /// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    public static func forwarding(_ name: String) -> ServiceIdentity { ServiceIdentity(stringLiteral: name) }

    /// In its own name, as a service principal: the callee's resource-based policy must allow it.
    ///
    /// `arn` is the resource for which it calls, `aws:SourceArn`; `account` is that resource's account,
    /// `aws:SourceAccount`. `sessionKeys` are further condition keys, in lower case, of the sessions of roles that it assumes to
    /// hand them on, and `sessionSeconds` how long these last; see ``ServicePrincipal``.
    public static func own(
        _ name: String, for arn: String?, in account: String, sessionKeys: [String: String] = [:],
        sessionSeconds: Int? = nil
    ) -> ServiceIdentity {
        var identity = ServiceIdentity(name: name, source: (arn, account), sessionKeys: sessionKeys)
        identity.sessionSeconds = sessionSeconds
        return identity
    }

    /// With a role that the service has assumed, as its trust policy has allowed (`sts:AssumeRole`): that role's policies
    /// decide. `arn` and `account` say for what, as with ``own(_:for:in:)``: the role's policies can ask for it.
    public static func assuming(
        _ role: Role, session: String, _ name: String, for arn: String?, in account: String
    ) -> ServiceIdentity {
        var identity = ServiceIdentity(name: name, source: (arn, account), sessionKeys: [:])
        identity.role = (role, session)
        return identity
    }

    private init(name: String, source: (arn: String?, account: String)?, sessionKeys: [String: String]) {
        self.name = name
        self.source = source
        self.sessionKeys = sessionKeys
    }

    /// ``forwarding(_:)``
    public init(stringLiteral name: String) {
        self.init(name: name, source: nil, sessionKeys: [:])
    }
}

/// A call to another service that has been allowed, and waits for the transaction that it is to be part of. If it is
/// never completed, nothing happens, and nothing is recorded.
///
/// The body of an ``UploadOperation`` lies aside until then.
public struct PreparedCall<O: OperationModel>: Sendable {
    private let prepared: any PreparedRequest

    fileprivate init(_ prepared: any PreparedRequest) {
        self.prepared = prepared
    }

    /// Does it, within a transaction of the caller's; its event is committed with it.
    /// - Throws: the error that the operation answers. The whole transaction should end with it.
    public func complete(in records: MutableRecords) throws(ServiceError) -> O.Output {
        O.Output(try prepared.complete(in: records))
    }

    /// Forgets the body that was put aside, once it is certain that the transaction was not committed. Where nobody can
    /// tell, since the ledger failed, leave it: what no transaction made use of is swept up.
    public func discard() async { await prepared.discard() }
}

// MARK: - What the gate does

/// The gate, as services reach it. There is one implementation, in the module Gate; services use ``ServiceCalls``.
public protocol ServiceGate: Sendable {
    /// Decides, does and records a request.
    func perform(_ request: ServiceRequest) async throws(ServiceError) -> Structure

    /// Decides a request, and does what is slow about it.
    func prepare(_ request: ServiceRequest) async throws(ServiceError) -> any PreparedRequest

    /// What the policies say to an access that nobody has asked for yet.
    func decision(_ access: Access, for call: Call) -> Decision
}

/// A request that one service makes of another, or a page of Gatehouse's own, on its way to the gate.
public struct ServiceRequest: Sendable {
    /// Who calls, and for what.
    public let call: Call
    /// The input, not yet checked against the model's constraints.
    public let input: Structure
    /// What is asked for; nil: what the service has under the name that the call says.
    public let operation: AnyOperation?
}

/// A request that holds a permit, without its types; see ``PreparedCall``.
public protocol PreparedRequest: Sendable {
    /// Handles and records it, within the transaction of `records`.
    /// - Throws: the error that the operation answers. The whole transaction should end with it.
    func complete(in records: MutableRecords) throws(ServiceError) -> Structure

    /// Forgets what was put aside.
    func discard() async
}

extension Call {
    /// The other services, to be called in the course of this call.
    public var services: ServiceCalls { ServiceCalls(environment, call: self, region: region) }

    /// What the policies would say if the caller asked for something, without anything being done or recorded: for an
    /// operation that depends on what its caller could do next, such as the check that nobody locks himself out.
    public func decision(_ access: Access) throws(ServiceError) -> Decision {
        switch access.verdict {
        case .allowed: return Decision(outcome: .allowed, policyType: nil, statement: nil)
        case .refused: return Decision(outcome: .implicitlyDenied, policyType: nil, statement: nil)
        case nil: return try environment.serviceGate().decision(access, for: self)
        }
    }
}

extension Environment {
    /// The other services, for work that no request is waiting for: they are called in the calling service's own name.
    public func services(in region: String) -> ServiceCalls { ServiceCalls(self, call: nil, region: region) }

    /// Opens the way for services to call each other. Call it once, when the program is put together.
    public func open(_ gate: any ServiceGate) {
        self.gate.withLock { $0 = gate }
    }

    func serviceGate() throws(ServiceError) -> any ServiceGate {
        guard let gate = gate.withLock({ $0 }) else { throw .internalFailure }
        return gate
    }
}
