import AccountService
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
    /// Whether the operation, by its model, needs no signature.
    private let needsNoSignature: Bool

    fileprivate init(
        arrival: Arrival, signable: SignableRequest, claims: Result<SignatureClaims?, SignatureError>,
        service: Service?, needsNoSignature: Bool
    ) {
        self.arrival = arrival
        self.signable = signable
        self.claims = claims
        self.service = service
        self.needsNoSignature = needsNoSignature
    }

    /// The service, if the request has no signature and needs none.
    var unsignedService: Service? {
        if needsNoSignature, case .success(nil) = claims { return service }
        return nil
    }

    /// Whether the client reads errors as JSON.
    var isJSON: Bool {
        service?.isJSON ?? (arrival.request.header("x-amz-target") != nil)
    }

    /// Whether the client expects HTTP's own statuses, such as 403, of a service that speaks JSON.
    var isREST: Bool { service?.isREST ?? false }
}

/// The services that Gatehouse answers, by the name in a credential scope. A model is read when its service is first
/// asked for.
enum Services {
    static let names = ["iam", "sts", "cloudtrail", "organizations", "account"]

    static func named(_ signingName: String) -> Service? {
        switch signingName {
        case "iam": .iam
        case "sts": .sts
        case "cloudtrail": .cloudTrail
        case "organizations": .organizations
        case "account": .account
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
        if case .success(.some(let found)) = claims {
            return Routed(
                arrival: arrival, signable: signable, claims: claims, service: Services.named(found.service),
                needsNoSignature: false)
        }
        let (service, operation) = unsigned(request)
        return Routed(
            arrival: arrival, signable: signable, claims: claims, service: service,
            needsNoSignature: operation?.isUnsigned ?? false)
    }

    /// The service of a request without a signature: to answer it in its own protocol, and to know whether the
    /// operation needs none.
    private func unsigned(_ request: WireRequest) -> (Service?, OperationShape?) {
        let target = request.header("x-amz-target")
        for case let service? in Services.names.map(Services.named) {
            if let target {
                guard let prefix = service.shape.targetPrefix, target.hasPrefix(prefix + ".") else { continue }
                return (service, service.shape.operation(named: String(target.dropFirst(prefix.utf8.count + 1))))
            } else if let name = try? service.wireProtocol.operationName(of: request, for: service.shape),
                let operation = service.shape.operation(named: name)
            {
                return (service, operation)
            }
        }
        return (nil, nil)
    }
}
