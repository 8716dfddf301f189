import CPublicSuffix
import CertificateIssuing
import CertificateManagerAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Requests for certificates: of a private authority, which issues at once, or public ones, for which it has to be shown first that
// the names are the requester's.
// <https://docs.aws.amazon.com/acm/latest/userguide/gs.html>

extension CertificateManager.RequestCertificate: PreparedWriteOperation {
    /// What has come of the request so far.
    public struct Preparation: Sendable {
        let outcome: Outcome
    }

    enum Outcome: Sendable {
        /// A request with the same token was answered with this ARN.
        case answered(String)
        /// The certificate, with its key unless it failed.
        case made(ManagedCertificate, CertificateKey?)
    }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var context = ConditionKeys.requestTags([Tag](input.tags))
        context["acm:domainnames"] = .many(Self.names(input))
        context["acm:keyalgorithm"] = .one(input.keyAlgorithm ?? "RSA_2048")
        if let method = input.validationMethod { context["acm:validationmethod"] = .one(method) }
        if let arn = input.certificateAuthorityArn { context["acm:certificateauthority"] = .one(arn) }
        if let options = input.options {
            if let value = options.certificateTransparencyLoggingPreference {
                context["acm:certificatetransparencylogging"] = .one(value)
            }
            if let value = options.export { context["acm:export"] = .one(value) }
        }
        let new = ARN.text("acm", call.region, call.accountID, CertificateName.prefix, "*")
        return .required(
            [Access("acm:RequestCertificate", on: "*", context: context)]
                + Access.tagging("acm:AddTagsToCertificate", new, [Tag](input.tags)))
    }

    /// The domain name first, each once. They are in lower case: no policy is to be got around by other letters.
    private static func names(_ input: Input) -> [String] {
        var names: [String] = []
        for name in [input.domainName] + (input.subjectAlternativeNames ?? []) where !names.contains(name.lowercased())
        {
            names.append(name.lowercased())
        }
        return names
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        guard let algorithm = PrivateKeyAlgorithm(rawValue: input.keyAlgorithm ?? "RSA_2048") else {
            throw .acm(.invalidParameterException, "The key algorithm \(input.keyAlgorithm ?? "") is not supported.")
        }
        if let token = input.idempotencyToken {
            let earlier = try await call.read { (records) throws(ServiceError) in try records.answer(to: token, call) }
            if let earlier { return Preparation(outcome: .answered(earlier)) }
        }
        // Before an authority issues what nobody could have; it counts again when the certificate is kept.
        try await call.read { (records) throws(ServiceError) in try records.checkCertificateQuota(call) }
        let names = names(input)
        guard names.count <= call.quotas[.namesPerCertificate] else {
            throw .acm(.limitExceededException, "Certificate has too many domains.")
        }
        guard let first = names.first, first.utf8.count <= 64 else {
            throw .invalidCertificate("The domain name can be no longer than 64 characters.")
        }
        var certificate = ManagedCertificate(
            id: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region,
            type: input.certificateAuthorityArn == nil ? .amazonIssued : .private, domainName: first, names: names,
            created: call.time, updated: call.time, status: .failed, keyAlgorithm: algorithm.rawValue,
            authority: input.certificateAuthorityArn)
        certificate.tags = try TagRules.ofCertificates.merge([Tag](input.tags), into: [])
        let secret: [UInt8]?
        if let authority = input.certificateAuthorityArn {
            secret = try await issue(&certificate, by: authority, algorithm, call)
        } else {
            try fill(&certificate, input)
            secret = certificate.status == .pendingValidation ? try await algorithm.makeKey() : nil
        }
        return Preparation(
            outcome: .made(certificate, secret.map { CertificateKey(id: certificate.id, secret: Data($0)) }))
    }

    /// Has a private authority issue a certificate.
    /// - Returns: its key; nil: it failed.
    private static func issue(
        _ certificate: inout ManagedCertificate, by authority: String, _ algorithm: PrivateKeyAlgorithm, _ call: Call
    ) async throws(ServiceError) -> [UInt8]? {
        let secret = try await algorithm.makeKey()
        do throws(ServiceError) {
            let issuing = PrivateIssuing(
                services: call.services, identity: .forwarding(PrivateIssuing.service), authority: authority)
            certificate.content = try await issuing.issue(
                certificate.names, secret, try await issuing.signingAlgorithm())
            certificate.status = .issued
            return secret
        } catch {
            guard error.code != "InternalFailure" else { throw error }
            certificate.failureReason = PrivateIssuing.reason(error)
            return nil
        }
    }

    /// Notes what has to be shown for a public certificate, and what is chosen.
    private static func fill(_ certificate: inout ManagedCertificate, _ input: Input) throws(ServiceError) {
        // AWS has validation by HTTP for certificates that CloudFront asks for.
        let method = DomainValidation.Method(rawValue: input.validationMethod ?? "EMAIL")
        guard let method, input.managedBy == nil else {
            throw .acm(
                .invalidParameterException, "HTTP validation and ManagedBy are for certificates of CloudFront only.")
        }
        let domains = try validationDomains(input, certificate.names)
        certificate.validations = certificate.names.map { name in
            let usual = method == .email ? DomainValidation.usualDomain(name) : name
            return DomainValidation(domainName: name, method: method, validationDomain: domains[name] ?? usual)
        }
        var options = ManagedCertificate.Options()
        options.isTransparent = input.options?.certificateTransparencyLoggingPreference != "DISABLED"
        options.isExportable = input.options?.export == "ENABLED"
        certificate.options = options
        certificate.failureReason = PublicNames.fault(certificate.names)
        if certificate.failureReason == nil { certificate.status = .pendingValidation }
    }

    /// Which domains mail is to be sent to, by the certificate's names.
    private static func validationDomains(_ input: Input, _ names: [String]) throws(ServiceError) -> [String: String] {
        var domains: [String: String] = [:]
        for option in input.domainValidationOptions ?? [] {
            let (name, domain) = (option.domainName.lowercased(), option.validationDomain.lowercased())
            guard names.contains(name), DomainValidation.isDomain(domain, of: name) else {
                throw .acm(
                    .invalidDomainValidationOptionsException,
                    "The validation domain \(domain) is not \(name) or a superdomain of it.")
            }
            domains[name] = domain
        }
        return domains
    }

    public static func handle(
        _ input: Input, _ preparation: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var certificate: ManagedCertificate
        let key: CertificateKey?
        switch preparation.outcome {
        case .answered(let arn): return Output(certificateArn: arn)
        case .made(let made, let secret): (certificate, key) = (made, secret)
        }
        if let token = input.idempotencyToken, let earlier = try records.answer(to: token, call) {
            return Output(certificateArn: earlier)
        }
        try records.checkCertificateQuota(call)
        if let key { try records.put(key) }
        if certificate.status == .pendingValidation { try begin(&certificate, call, records) }
        try records.put(certificate)
        try records.watch(certificate, at: call.time)
        if let token = input.idempotencyToken {
            let until = call.time + RequestToken.lifetime
            try records.put(RequestToken(token: token, arn: certificate.arn, until: until))
            try records.schedule(ForgetToken(token: token), id: call.requestID, at: until)
        }
        return Output(certificateArn: certificate.arn)
    }

    /// Says which records have to be there, sends the mail, and has somebody look.
    private static func begin(
        _ certificate: inout ManagedCertificate, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        var validations = certificate.validations ?? []
        for (index, one) in validations.enumerated() {
            switch one.method {
            case .dns:
                let secret = try records.validationSecret()
                validations[index].record = secret.record(for: one.domainName, accountID: certificate.accountID)
            case .email:
                try records.sendApprovalMail(
                    one, of: certificate, isRenewal: false, call.requestID, call.environment.publicAddress.url,
                    at: call.time)
            }
        }
        certificate.validations = validations
        try records.schedule(ValidateDomains(certificateID: certificate.id), id: certificate.id, at: call.time)
    }
}

extension DomainValidation {
    /// Whether a domain is a name's own, or one above it.
    static func isDomain(_ domain: String, of name: String) -> Bool {
        let name = base(name)
        // One of a single label has no owner that could have mail; and whoever has a public suffix does not have what is below.
        guard domain.contains(".") else { return false }
        return name == domain || name.hasSuffix("." + domain) && !is_public_suffix(domain)
    }
}

extension Quota {
    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html>
    static let namesPerCertificate = Quota("ACMDomainNamesPerCertificate", 10)
}
