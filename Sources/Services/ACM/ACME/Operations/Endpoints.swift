import CertificateManagerAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// ACME endpoints.
// <https://docs.aws.amazon.com/acm/latest/userguide/acm-acme-endpoints.html>

/// What an endpoint can be told by tags when it is made, since AWS's API has no words for it: there, all endpoints issue from
/// Amazon's authority, for names with a domain validation alone. Tags that come later say nothing.
private enum EndpointOption {
    /// The ARN of a private authority that is to issue.
    static let authority = "gatehouse:certificate-authority"
    /// How clients may prove names for which there is no domain validation: `http-01 dns-01`.
    static let challenges = "gatehouse:challenges"
}

extension CertificateManager.CreateAcmeEndpoint: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let new = ARN.text("acm", call.region, call.accountID, ACMEName.endpointPrefix, "*")
        var access = Access(
            "acm:CreateAcmeEndpoint", on: new, context: ConditionKeys.requestTags([Tag](input.tags)))
        access.isOfNewResource = true
        return .required([access] + Access.tagging("acm:TagResource", new, [Tag](input.tags)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        if let earlier = try records.acmeAnswer(to: input.idempotencyToken, nil, call) {
            return Output(acmeEndpointArn: earlier)
        }
        let tags = try TagRules.ofACME.merge([Tag](input.tags), into: [])
        guard let chosen = input.certificateAuthority.publicCertificateAuthority else {
            throw .invalidCertificate("CertificateAuthority must name a type of certificate authority.")
        }
        let quota = call.quotas[.acmeEndpoints]
        guard try records.count(ACMEEndpoint.self) < quota else {
            throw .acm(
                .serviceQuotaExceededException, "The account can have at most \(quota) ACME endpoints in a Region.")
        }
        let endpoint = ACMEEndpoint(
            id: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region,
            authority: try authority(tags, call), isContactRequired: input.contact == "REQUIRED",
            keyAlgorithms: try ACMEEndpoint.keyAlgorithms(chosen), challenges: try challenges(tags),
            certificateTags: try TagRules.ofCertificates.merge([Tag](input.certificateTags), into: []), tags: tags,
            created: call.time, updated: call.time)
        try records.put(endpoint)
        try records.rememberACME(endpoint.arn, for: input.idempotencyToken, nil, call)
        return Output(acmeEndpointArn: endpoint.arn)
    }

    private static func authority(_ tags: [Tag], _ call: Call) throws(ServiceError) -> ACMEEndpoint.Authority {
        guard let arn = tags.first(where: { $0.key == EndpointOption.authority })?.value else { return .public }
        guard let parsed = ARN(parsing: arn), parsed.service == "acm-pca", parsed.region == call.region else {
            throw .invalidCertificate("\(EndpointOption.authority) is not the ARN of a private CA of the Region.")
        }
        return .private(arn)
    }

    private static func challenges(_ tags: [Tag]) throws(ServiceError) -> [ACMEChallenge.Method] {
        guard let text = tags.first(where: { $0.key == EndpointOption.challenges })?.value else { return [] }
        var methods: [ACMEChallenge.Method] = []
        for word in text.split(separator: " ") {
            guard let method = ACMEChallenge.Method(rawValue: String(word)) else {
                throw .invalidCertificate(
                    "\(EndpointOption.challenges) may have "
                        + ACMEChallenge.Method.allCases.map(\.rawValue).joined(separator: " and ") + ".")
            }
            if !methods.contains(method) { methods.append(method) }
        }
        return methods
    }
}

extension ACMEEndpoint {
    /// Those that a certificate of Amazon's may have.
    private static let allKeyAlgorithms = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"]

    /// - Throws: ValidationException.
    static func keyAlgorithms(
        _ authority: CertificateManager.PublicCertificateAuthority
    ) throws(ServiceError) -> [String] {
        guard let allowed = authority.allowedKeyAlgorithms else { return allKeyAlgorithms }
        guard !allowed.isEmpty else {
            throw .invalidCertificate("AllowedKeyAlgorithms must have at least one key algorithm.")
        }
        return allKeyAlgorithms.filter(allowed.contains)
    }
}

extension CertificateManager.DescribeAcmeEndpoint: ReadOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        let url = endpoint.directoryURL(call.environment)
        return Output(
            acmeEndpoint: CertificateManager.AcmeEndpoint {
                $0.acmeEndpointArn = endpoint.arn
                $0.endpointUrl = url
                $0.status = "ACTIVE"
                $0.authorizationBehavior = "PRE_APPROVED"
                $0.contact = endpoint.contact
                $0.certificateAuthority = endpoint.certificateAuthority
                $0.certificateTags = endpoint.certificateTags.acm
                $0.createdAt = Timestamp(secondsSinceEpoch: endpoint.created)
                $0.updatedAt = Timestamp(secondsSinceEpoch: endpoint.updated)
            })
    }
}

extension CertificateManager.ListAcmeEndpoints: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("acm:ListAcmeEndpoints", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.page(ACMEEndpoint.self, try Paging(acme: input))
        let environment = call.environment
        return Output(page) { endpoint in
            CertificateManager.AcmeEndpointSummary {
                $0.acmeEndpointArn = endpoint.arn
                $0.endpointUrl = endpoint.directoryURL(environment)
                $0.status = "ACTIVE"
                $0.authorizationBehavior = "PRE_APPROVED"
                $0.contact = endpoint.contact
                $0.certificateAuthority = endpoint.certificateAuthority
                $0.certificateTags = endpoint.certificateTags.acm
                $0.createdAt = Timestamp(secondsSinceEpoch: endpoint.created)
                $0.updatedAt = Timestamp(secondsSinceEpoch: endpoint.updated)
            }
        }
    }
}

extension ACMEEndpoint {
    fileprivate var contact: String { isContactRequired ? "REQUIRED" : "NOT_REQUIRED" }

    fileprivate var certificateAuthority: CertificateManager.CertificateAuthority {
        let allowed = keyAlgorithms
        return CertificateManager.CertificateAuthority {
            $0.publicCertificateAuthority = CertificateManager.PublicCertificateAuthority {
                $0.allowedKeyAlgorithms = allowed
            }
        }
    }
}

extension CertificateManager.UpdateAcmeEndpoint: WriteOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        if let contact = input.contact { endpoint.isContactRequired = contact == "REQUIRED" }
        if let chosen = input.certificateAuthority?.publicCertificateAuthority {
            endpoint.keyAlgorithms = try ACMEEndpoint.keyAlgorithms(chosen)
        }
        endpoint.updated = call.time
        try records.put(endpoint)
        return Output()
    }
}

/// The certificates that it has issued stay.
extension CertificateManager.DeleteAcmeEndpoint: WriteOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try ACMEName(input.acmeEndpointArn)
        // AWS's model has no error for one that is not there.
        guard name.part == nil, name.isWithinReach(of: call),
            let endpoint = try records.get(ACMEEndpoint.self, name.endpointID)
        else { return Output() }
        for binding in try records.referrers(ACMEBinding.self, ACMEBinding.ofEndpoint, to: endpoint.id) {
            try records.deleteACME(binding)
        }
        for validation in try records.referrers(ACMEDomainValidation.self, ACMEBinding.ofEndpoint, to: endpoint.id) {
            try records.delete(validation)
        }
        try records.delete(endpoint)
        try records.schedule(ForgetACMEEndpoint(endpointID: endpoint.id), id: endpoint.id, at: call.time)
        return Output()
    }
}

extension MutableRecords {
    /// Deletes a binding with its secret key.
    func deleteACME(_ binding: ACMEBinding) throws(ServiceError) {
        if let key = try get(ACMEBindingKey.self, binding.id) { try delete(key) }
        try delete(binding)
    }
}

/// Forgets what an endpoint had that is gone: accounts, orders, and which certificates are its.
struct ForgetACMEEndpoint: Job {
    static let kind = "ACM::ForgetAcmeEndpoint"
    let endpointID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (id, job, now) = (endpointID, self, context.environment.now())
        try await context.finish { (records) throws(ServiceError) in
            let most = 256
            let gone = [
                try records.deleteAll(ACMEAccount.self, of: id, limit: most),
                try records.deleteAll(ACMEOrder.self, of: id, limit: most),
                try records.deleteAll(ACMECertificate.self, of: id, limit: most),
            ]
            if gone.contains(where: { $0 >= most }) { try records.schedule(job, id: id, at: now) }
        }
    }
}

extension Paging {
    /// - Throws: ValidationException for a token that is not one of ours.
    init<F: PageRequestFields>(acme input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(input) } catch {
            throw .invalidCertificate("The NextToken is not valid.")
        }
    }
}
