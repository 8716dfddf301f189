import CloudTrailService
import IAMService
import Platform
import Wire

extension Pipeline {
    /// The answer to a call that is recorded.
    func encode(_ outcome: Outcome) -> WireResponse {
        let authenticated = outcome.attempt.authenticated
        let service = authenticated.service
        let requestID = authenticated.routed.arrival.requestID
        metrics.count(
            service: service.shape.id, operation: outcome.attempt.operationName ?? "unknown", outcome.result)
        switch outcome.result {
        case .success(let output):
            guard let shape = outcome.attempt.decoded?.operation.shape else {
                return encode(.internalFailure, for: authenticated.routed)
            }
            return service.wireProtocol.encode(output, of: shape, of: service.shape, requestID: requestID)
        case .failure(let error):
            return encode(error, for: authenticated.routed)
        }
    }

    /// An error in the client's own protocol.
    func encode(_ error: ServiceError, for routed: Routed) -> WireResponse {
        let error = routed.isJSON ? error.inJSON(isREST: routed.isREST) : error
        let requestID = routed.arrival.requestID
        if let service = routed.service {
            return service.wireProtocol.encode(error, for: service.shape, requestID: requestID)
        }
        // A service that Gatehouse does not know has no model; IAM's and CloudTrail's forms serve the clients of most.
        let stand = routed.isJSON ? Service.cloudTrail : Service.iam
        return stand.wireProtocol.encode(error, for: stand.shape, requestID: requestID)
    }
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
