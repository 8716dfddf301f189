import CertificateManagerAPI
import Directory
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

// What the operations for ACME have in common.

extension TagRules {
    static let ofACME = TagRules(
        keys: .exact, duplicate: .invalidCertificate("Tag keys must be unique."),
        reserved: { _ in .invalidCertificate("Tag keys must not begin with aws:.") },
        tooMany: .acm(.serviceQuotaExceededException, "A resource can have at most 50 tags."))
}

extension Quota {
    // AWS's numbers are not known here.
    /// In a Region.
    static let acmeEndpoints = Quota("ACMEEndpoints", 100)
    /// Of an endpoint.
    static let acmeBindings = Quota("ACMEExternalAccountBindings", 1000)
    /// Of an endpoint, those that have ended among them.
    static let acmeAccounts = Quota("ACMEAccounts", 10_000)
    /// Of an endpoint.
    static let acmeValidations = Quota("ACMEDomainValidations", 1000)
}

/// An operation on an endpoint that its input names, which needs permission for its own action on it.
protocol OnACMEEndpoint: Platform.Operation where InputFields: CertificateManager.WithAcmeEndpointArn {}

extension OnACMEEndpoint {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("acm:\(call.operation)", on: try ACMEName(input.acmeEndpointArn).arn))
    }
}

/// The same for an external account binding.
protocol OnACMEBinding: Platform.Operation where InputFields: CertificateManager.WithAcmeExternalAccountBindingArn {}

extension OnACMEBinding {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("acm:\(call.operation)", on: try ACMEName(input.acmeExternalAccountBindingArn).arn))
    }
}

/// The same for a domain validation.
protocol OnACMEValidation: Platform.Operation where InputFields: CertificateManager.WithAcmeDomainValidationArn {}

extension OnACMEValidation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access("acm:\(call.operation)", on: try ACMEName(input.acmeDomainValidationArn).arn))
    }
}

extension RecordReading {
    /// The ARN that a request with the same token was answered with, within the last hour.
    /// - Parameter endpoint: of which the request is to make a part; nil: of none.
    func acmeAnswer(to token: String?, _ endpoint: ACMEEndpoint?, _ call: Call) throws(ServiceError) -> String? {
        guard let token, let row = try get(RequestToken.self, RowKey(.text(call.acmeToken(token, endpoint)))),
            row.until > call.time
        else { return nil }
        return row.arn
    }
}

extension Call {
    /// A token as it is remembered: the same one may be used for each operation, and for each endpoint.
    fileprivate func acmeToken(_ token: String, _ endpoint: ACMEEndpoint?) -> String {
        [operation, endpoint?.id, token].compactMap(\.self).joined(separator: "/")
    }
}

extension ServiceError {
    /// A token that came with another request.
    static var usedToken: ServiceError {
        .acm(.conflictException, "The idempotency token was used for a request with other parameters.")
    }
}

extension MutableRecords {
    /// Remembers for an hour what a request with a token was answered with.
    func rememberACME(
        _ arn: String, for token: String?, _ endpoint: ACMEEndpoint?, _ call: Call
    ) throws(ServiceError) {
        guard let token else { return }
        let (key, until) = (call.acmeToken(token, endpoint), call.time + RequestToken.lifetime)
        try put(RequestToken(token: key, arn: arn, until: until))
        try schedule(ForgetToken(token: key), id: call.requestID, at: until)
    }
}

extension [Tag] {
    /// As answers have them; nil for none.
    var acm: [CertificateManager.Tag]? {
        guard !isEmpty else { return nil }
        return map { tag in
            CertificateManager.Tag {
                $0.key = tag.key
                $0.value = tag.value
            }
        }
    }
}

/// Random bytes that are fit for keys.
/// - Throws: InternalFailure when the system has none.
func randomBytes(_ count: Int) throws(ServiceError) -> [UInt8] {
    do throws(KeyMaterialError) { return try RandomBytes.make(count) } catch { throw .internalFailure }
}
