import Platform
public import Wire

/// A path of Gatehouse's own, outside of the AWS API: its health, its metrics, what its operator may do.
public struct OwnPath: Sendable {
    /// Who may ask.
    public enum Audience: Sendable {
        /// Anyone who can connect.
        case everybody
        /// The first account's root user, who owns Gatehouse, with a signature like any other request's.
        case `operator`
    }

    let method: String
    let path: String
    let audience: Audience
    let respond: @Sendable (WireRequest) async throws(ServiceError) -> WireResponse

    /// - Parameters:
    ///   - path: the whole path.
    ///   - respond: gives the answer. An error is sent in the form of IAM's.
    public init(
        _ method: String, _ path: String, for audience: Audience,
        respond: @escaping @Sendable (WireRequest) async throws(ServiceError) -> WireResponse
    ) {
        self.method = method
        self.path = path
        self.audience = audience
        self.respond = respond
    }
}

extension Edge {
    /// Answers a request for a path of Gatehouse's own, or for a public one of a service's; nil when it is for neither.
    func respondAtOwnPath(to arrival: Arrival) async -> WireResponse? {
        let (method, path) = (arrival.head.request.method, arrival.head.request.path)
        if let own = ownPaths.first(where: { $0.path == path && $0.method == method }), !isOfService(arrival.head) {
            return await respond(at: own, to: arrival)
        }
        for module in environment.modules {
            for open in module.paths where open.method == method && open.takes(path) {
                if open.mayBeOfHost, isSentToService(arrival.head.request) { continue }
                // It may be asked for what another node has just made; what this one knows is better than nothing.
                if environment.ledger.isShared { try? await environment.catchUp() }
                var request = arrival.request
                request.path = target(module, request).path
                return await open.respond(request, environment)
            }
        }
        return nil
    }

    /// Whether a request is for one of the services whatever its path: it is signed for it, or sent to a host below its
    /// endpoint. A bucket may be called `health`, and an object in any bucket; but no bucket's name has an underscore.
    private func isOfService(_ head: RequestHead) -> Bool {
        if head.request.path.utf8.starts(with: "/_".utf8) { return false }
        return head.target != nil || isSentToService(head.request)
    }

    /// Whether a request is sent to a host below the endpoint of a service.
    func isSentToService(_ request: WireRequest) -> Bool {
        guard let host = request.header("host") else { return false }
        return environment.modules.contains { module in
            module.hasVirtualHosts && VirtualHost.names(module.shape.endpointPrefix, in: host)
        }
    }

    private func respond(at path: OwnPath, to arrival: Arrival) async -> WireResponse {
        // Where everybody may ask, signatures are ignored.
        let routed = path.audience == .operator ? route(arrival) : Routed(unsigned: arrival)
        do throws(ServiceError) {
            if path.audience == .operator {
                if environment.ledger.isShared { try await environment.catchUp() }
                try requireOperator(routed)
            }
            return try await path.respond(arrival.request)
        } catch {
            gate.logFault(error, ["path": path.path, "request": arrival.requestID])
            return encode(error, for: routed)
        }
    }

    private func requireOperator(_ routed: Routed) throws(ServiceError) {
        let (caller, _) = try caller(of: routed)
        // With its own key: an AssumeRoot session belongs to somebody else, for one task, and one of S3 Express is for a bucket.
        guard case .root = caller.identity, caller.session == nil, caller.zonalSession == nil,
            caller.accountID == environment.directory.firstAccount?.id
        else {
            throw .accessDenied("Only the root user of Gatehouse's first account may do this; this is \(caller.arn).")
        }
    }
}
