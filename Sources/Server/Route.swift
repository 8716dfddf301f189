import CloudTrailService
import IAMService
import OrganizationsService
import Platform
import STSService
import Signature
import Wire

/// A request and the service that it is for; the first step's result.
final class Routed: Sendable {
    let arrival: Arrival
    let signable: SignableRequest
    /// What the request claims of its signature, before any proof; nil without a signature.
    let claims: Result<SignatureClaims?, SignatureError>
    /// nil for a service that Gatehouse does not answer.
    let service: Service?

    fileprivate init(
        arrival: Arrival, signable: SignableRequest, claims: Result<SignatureClaims?, SignatureError>,
        service: Service?
    ) {
        self.arrival = arrival
        self.signable = signable
        self.claims = claims
        self.service = service
    }

    /// Whether the client reads errors as JSON.
    var isJSON: Bool {
        service?.isJSON ?? (arrival.request.header("x-amz-target") != nil)
    }
}

/// The services that Gatehouse answers, by the name in a credential scope. A model is read when its service is first
/// asked for.
enum Services {
    static let names = ["iam", "sts", "cloudtrail", "organizations"]

    static func named(_ signingName: String) -> Service? {
        switch signingName {
        case "iam": .iam
        case "sts": .sts
        case "cloudtrail": .cloudTrail
        case "organizations": .organizations
        default: nil
        }
    }
}

extension Pipeline {
    /// Finds the service by the scope of the signature, and for a request without one by `X-Amz-Target` or `Version`.
    func route(_ arrival: Arrival) -> Routed {
        let request = arrival.request
        let signable = SignableRequest(
            method: request.method, path: request.path, query: request.query, headers: request.headers,
            body: request.body)
        let claims = Result { () throws(SignatureError) in try SignatureClaims.find(in: signable) }
        var service: Service?
        if case .success(.some(let found)) = claims {
            service = Services.named(found.service)
        } else {
            service = unsignedService(request)
        }
        return Routed(arrival: arrival, signable: signable, claims: claims, service: service)
    }

    /// Only to answer a request without a signature in its own protocol.
    private func unsignedService(_ request: WireRequest) -> Service? {
        let target = request.header("x-amz-target")
        for case let service? in Services.names.map(Services.named) {
            if let target {
                if let prefix = service.shape.targetPrefix, target.hasPrefix(prefix + ".") { return service }
            } else if let name = try? service.wireProtocol.operationName(of: request, for: service.shape),
                service.shape.operation(named: name) != nil
            {
                return service
            }
        }
        return nil
    }
}
