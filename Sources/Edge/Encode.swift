import Gate
import Platform
import Wire

extension Edge {
    /// The answer to a call that is recorded.
    func encode(_ outcome: Outcome, for authenticated: Authenticated) -> WireResponse {
        let module = authenticated.module
        switch outcome.result {
        case .success(let output):
            guard let shape = outcome.operation else { return encode(.internalFailure, for: authenticated.routed) }
            return module.wireProtocol.encode(
                output, of: shape, of: module.shape, requestID: authenticated.routed.arrival.requestID)
        case .failure(let error):
            return encode(error, for: authenticated.routed)
        }
    }

    /// An error in the client's own protocol.
    func encode(_ error: ServiceError, for routed: Routed) -> WireResponse {
        let error = routed.isJSON ? error.inJSON(isREST: routed.isREST) : error
        let requestID = routed.arrival.requestID
        if let module = routed.module {
            return module.wireProtocol.encode(error, for: module.shape, requestID: requestID)
        }
        // A service that Gatehouse does not know has no model. These forms serve the clients of most.
        let unknown = routed.isJSON ? ServiceShape.unknownJSON : ServiceShape.unknownQuery
        return wireProtocol(for: unknown).encode(error, for: unknown, requestID: requestID)
    }
}

extension ServiceShape {
    fileprivate static let unknownJSON = ServiceShape(schema: "service protocol=json json=1.1")
    fileprivate static let unknownQuery = ServiceShape(schema: "service protocol=query")
}

extension ServiceError {
    /// The errors that all services share have other names and statuses in the JSON protocols.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html>
    fileprivate func inJSON(isREST: Bool) -> ServiceError {
        var error = self
        switch code {
        case "AccessDenied":
            error.code = "AccessDeniedException"
            error.status = isREST ? 403 : 400
        case "ValidationError": error.code = "ValidationException"
        default: break
        }
        return error
    }
}
