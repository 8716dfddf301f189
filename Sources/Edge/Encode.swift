import Gate
import Platform
import Wire

extension Edge {
    /// The answer to a call that is recorded.
    func encode(_ outcome: Outcome, for authenticated: Authenticated) -> WireResponse {
        let routed = authenticated.routed
        if let passed = outcome.passed { return passed }
        switch outcome.result {
        case .success(let output):
            guard let shape = outcome.operation else { return encode(.internalFailure, for: routed) }
            return routed.wireProtocol.encode(
                output, of: shape, of: routed.shape, requestID: routed.arrival.requestID)
        case .failure(let error):
            return encode(error, for: routed)
        }
    }

    /// An error in the client's own protocol.
    func encode(_ error: ServiceError, for routed: Routed) -> WireResponse {
        let `protocol` = routed.wireProtocol
        return `protocol`.encode(
            error.named(as: `protocol`.commonErrors), for: routed.shape, requestID: routed.arrival.requestID)
    }
}

extension ServiceError {
    /// The errors that all services share have other names and statuses in some protocols.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/CommonErrors.html>
    fileprivate func named(as common: CommonErrors) -> ServiceError {
        guard common != .plain else { return self }
        var error = self
        switch (code, common) {
        case ("AccessDenied", .ec2): error.code = "UnauthorizedOperation"
        case ("InvalidClientTokenId", .ec2), ("SignatureDoesNotMatch", .ec2):
            error.code = "AuthFailure"
            error.status = 401
        case (_, .ec2): break
        case ("AccessDenied", _):
            error.code = "AccessDeniedException"
            error.status = common == .restExceptions ? 403 : 400
        case ("ValidationError", _): error.code = "ValidationException"
        default: break
        }
        return error
    }
}
