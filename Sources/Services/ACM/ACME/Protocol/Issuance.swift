import ACME
import ACMPCAAPI
import CertificateIssuing
import CertificateManagerAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import STSAPI
import Wire
import X509

/// Issues what an order was finalized for, with the role of the account's binding: a client of ACME's has no other rights.
/// <https://docs.aws.amazon.com/acm/latest/userguide/security-iam-acme.html>
struct IssueACMECertificate: Job {
    static let kind = "ACM::IssueAcmeCertificate"
    static let concurrency = DomainLooks.concurrency

    let endpointID: String
    let orderID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, endpointID, orderID) = (context.environment, endpointID, orderID)
        let found = try await environment.read(context.scope) {
            (records) throws(ServiceError) -> (ACMEEndpoint, ACMEOrder, ACMEAccount)? in
            guard let order = try records.get(ACMEOrder.self, ACMEOrder.key(orderID), of: endpointID),
                let endpoint = try records.get(ACMEEndpoint.self, endpointID),
                let account = try records.get(ACMEAccount.self, ACMEAccount.key(order.accountID), of: endpointID)
            else { return nil }
            return (endpoint, order, account)
        }
        guard let (endpoint, order, account) = found, order.state == .processing else { return }
        // Of a private authority ACM asks no CAA record either.
        let isAllowed: Bool?
        if endpoint.authority == .public {
            let looked = try await context.look(of: endpoint.accountID, again: self) { () async -> Bool? in
                await environment.isIssuingAllowed(for: order.names.map(\.text))
            }
            guard let looked else { return }
            isAllowed = looked
        } else {
            isAllowed = true
        }
        var failure: Problem?
        do throws(ServiceError) {
            guard account.status == .valid else { throw .accessDenied("The account is deactivated or revoked.") }
            switch isAllowed {
            case true?: break
            case false?: throw ServiceError(Problem.caaCode, "CAA records don't allow it.", status: 400)
            case nil: throw .serviceUnavailable
            }
            let caller = try await environment.acmeCaller(for: account, of: endpoint)
            let input = RequestByACME.Input {
                $0.structure["DomainName"] = .string(order.names.first?.text ?? "")
                $0.structure["SubjectAlternativeNames"] = .list(order.names.map { .string($0.text) })
                $0.structure["KeyAlgorithm"] = order.request.flatMap { try? HostRequest(Array($0)) }
                    .map { .string($0.keyAlgorithm) }
                $0.structure["AcmeEndpointArn"] = .string(endpoint.arn)
                $0.structure["AcmeOrderId"] = .string(orderID)
            }
            _ = try await environment.perform(
                RequestByACME.self, input, environment.acmeCall(by: caller, "RequestCertificate", in: endpoint.region))
        } catch {
            // What is wrong with Gatehouse itself is tried again.
            guard error.status < 500 else { throw error }
            failure = Problem(error)
        }
        let problem = failure
        try await context.finish { (records) throws(ServiceError) in
            guard let problem, var order = try records.get(ACMEOrder.self, ACMEOrder.key(orderID), of: endpointID),
                order.state == .processing
            else { return }
            order.state = .invalid
            order.problem = problem
            try records.put(order)
        }
    }
}

extension Environment {
    /// A session of the role that an account has, as ACM gets one: the trust policy decides.
    /// - Throws: AccessDenied.
    func acmeCaller(for account: ACMEAccount, of endpoint: ACMEEndpoint) async throws(ServiceError) -> Caller {
        let session = "acm-acme-\(account.id)"
        let assumed = try await services(in: endpoint.region).call(
            STS.AssumeRole.self,
            STS.AssumeRole.Input {
                $0.roleArn = account.roleARN
                $0.roleSessionName = session
                $0.sourceIdentity = session
            }, as: .own(ACMEService.principal, for: endpoint.arn, in: endpoint.accountID))
        guard let token = assumed.credentials?.sessionToken, let opened = sessionTokens.open(token),
            let caller = Caller(opened, directory)
        else { throw .internalFailure }
        return caller
    }

    /// What ACM does on behalf of a client of ACME's.
    func acmeCall(by caller: Caller, _ operation: String, in region: String) -> Call {
        let time = now()
        return Call(
            environment: self, requestID: RequestIDs.make(time: time), time: time, caller: caller,
            module: .certificateManager, operation: operation, region: region,
            source: Call.Source(service: ACMEService.principal, calledVia: []))
    }
}

/// RequestCertificate as a client of ACME's asks for it, with a key of its own. It goes through the gate like the API's.
private enum RequestByACME: OperationModel {
    enum InputFields: Fields { static let shape = service.structure("RequestCertificateRequest") }
    typealias OutputFields = EmptyFields
    static let shape = service.operation("RequestCertificate")

    private static let service = ServiceShape(
        schema: #"""
            service id=acm signing=acm endpoint=acm version=2015-12-08 serviceID=ACM protocol=json json=1.1 target=CertificateManager
            structure RequestCertificateRequest
              DomainName! text
              SubjectAlternativeNames! names
              KeyAlgorithm! text
              AcmeEndpointArn! text
              AcmeOrderId! text
            list names member=text
            string text
            operation RequestCertificate input=RequestCertificateRequest
            """#)
}

extension View<RequestByACME.InputFields> {
    fileprivate func text(_ member: String) throws(ServiceError) -> String {
        guard case .string(let text)? = structure[member] else { throw .internalFailure }
        return text
    }

    fileprivate var names: [String] {
        guard case .list(let names)? = structure["SubjectAlternativeNames"] else { return [] }
        return names.compactMap { if case .string(let name) = $0 { name } else { nil } }
    }
}

extension RequestByACME: PreparedWriteOperation {
    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-conditions-acme.html>
    static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let new = ARN.text("acm", call.region, call.accountID, CertificateName.prefix, "*")
        var access = Access(
            "acm:RequestCertificate", on: new,
            context: [
                "acm:certificatekeypairorigin": .one(CertificateOrigin.acme), "acm:domainnames": .many(input.names),
                "acm:keyalgorithm": .one(try input.text("KeyAlgorithm")), "acm:validationmethod": .one("DNS"),
                "acm:certificatetransparencylogging": .one("ENABLED"), "acm:export": .one("ENABLED"),
            ])
        access.isOfNewResource = true
        return .required(access)
    }

    /// The certificate, signed and not yet known to anybody.
    struct Preparation: Sendable {
        let content: ManagedCertificate.Content
        let keyAlgorithm: String
        /// Of a public certificate: what its issuer remembers.
        let row: PublicCertificate?
    }

    static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let (arn, id) = (try input.text("AcmeEndpointArn"), try input.text("AcmeOrderId"))
        let (endpoint, order, account, isCovered) = try await call.read {
            (records) throws(ServiceError) -> (ACMEEndpoint, ACMEOrder?, ACMEAccount?, Bool) in
            let endpoint = try records.acmeEndpoint(arn, call)
            // Before an authority issues what nobody could have; it counts again when the certificate is kept.
            try records.checkCertificateQuota(call)
            guard let order = try records.get(ACMEOrder.self, ACMEOrder.key(id), of: endpoint.id) else {
                return (endpoint, nil, nil, false)
            }
            let account = try records.get(ACMEAccount.self, ACMEAccount.key(order.accountID), of: endpoint.id)
            let validations = try records.referrers(
                ACMEDomainValidation.self, ACMEBinding.ofEndpoint, to: endpoint.id)
            let isCovered = order.authorizations.allSatisfy { one in
                !one.isPreapproved || validations.contains { $0.covers(one.name) }
            }
            return (endpoint, order, account, isCovered)
        }
        guard let order, order.state == .processing, let der = order.request else {
            throw .invalidCertificate("The order is not there any more.")
        }
        // The account may have ended, and validations may have been deleted, since it was finalized.
        guard account?.status == .valid else { throw .accessDenied("The account is deactivated or revoked.") }
        guard isCovered else { throw .accessDenied("No domain validation of the endpoint covers the names.") }
        let asked: HostRequest
        do throws(Problem) { asked = try HostRequest(Array(der)) } catch { throw .internalFailure }
        let names = order.names.map(\.text)
        switch endpoint.authority {
        case .private(let authority):
            let issuing = PrivateIssuing(
                services: call.services, identity: .forwarding(ACMEService.principal), authority: authority)
            let content = try await issuing.issue(names, for: asked.request, token: id)
            return Preparation(content: content, keyAlgorithm: asked.keyAlgorithm, row: nil)
        case .public:
            let made = try await call.environment.issuePublic(names, for: asked.request, accountID: call.accountID)
            return Preparation(content: made.content, keyAlgorithm: asked.keyAlgorithm, row: made.row)
        }
    }

    static func handle(
        _ input: Input, _ made: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(try input.text("AcmeEndpointArn"), call)
        let key = ACMEOrder.key(try input.text("AcmeOrderId"))
        guard var order = try records.get(ACMEOrder.self, key, of: endpoint.id), order.state == .processing else {
            return Output()
        }
        try records.checkCertificateQuota(call)
        var certificate = ManagedCertificate(
            id: UUID().uuidString.lowercased(), accountID: call.accountID, region: call.region,
            type: endpoint.certificateType, domainName: input.names.first ?? "", names: input.names, created: call.time,
            updated: call.time, status: .issued, content: made.content, keyAlgorithm: made.keyAlgorithm,
            authority: endpoint.privateAuthority)
        certificate.tags = endpoint.certificateTags
        // Its key is with the client.
        certificate.isExported = true
        if let row = made.row {
            certificate.publicIssuerID = row.authorityID
            certificate.options = ManagedCertificate.Options(isTransparent: true, isExportable: true)
            certificate.validations = input.names.map { name in
                DomainValidation(domainName: name, method: .dns, validationDomain: name, status: .success)
            }
            try records.of(PublicAuthority.scope).put(row)
        }
        certificate.acme = ManagedCertificate.ACMEOrigin(endpointARN: endpoint.arn, accountID: order.accountID)
        try records.put(certificate)
        try records.watch(certificate, at: call.time)
        try records.put(
            ACMECertificate(
                endpointID: endpoint.id, serial: ACMECertificate.serial(made.content.serial),
                certificateID: certificate.id, accountID: order.accountID))
        if let serial = order.replaces,
            var old = try records.get(ACMECertificate.self, ACMECertificate.key(serial), of: endpoint.id)
        {
            old.replacedBy = order.id
            try records.put(old)
        }
        order.state = .valid
        order.certificateID = certificate.id
        try records.put(order)
        return Output()
    }
}

/// Where a certificate's key comes from, in AWS's words.
enum CertificateOrigin {
    static let acme = "ACME"
    static let ours = "AWS_MANAGED"
    static let customer = "CUSTOMER_PROVIDED"
}

extension ACMEEndpoint {
    fileprivate var privateAuthority: String? {
        if case .private(let arn) = authority { arn } else { nil }
    }

    fileprivate var certificateType: ManagedCertificate.CertificateType {
        authority == .public ? .amazonIssued : .private
    }
}

extension PrivateIssuing {
    /// Days for which certificates are valid that clients of ACME's renew: as long as public ones are.
    private static let days = 198
    private static let template = "arn:aws:acm-pca:::template/EndEntityCertificate_APIPassthrough/V1"
    /// A common name has at most so many characters (RFC 5280, appendix A.1).
    private static let longestCommonName = 64

    /// Has a certificate issued for somebody else's key. What the request says of names and other things is not taken over.
    /// - Parameters:
    ///   - names: the common name first.
    ///   - token: the same for each try.
    /// - Throws: what the authority says.
    func issue(
        _ names: [String], for request: CertificateSigningRequest, token: String
    ) async throws(ServiceError) -> ManagedCertificate.Content {
        let pem: String
        do { pem = try request.pem() } catch { throw .internalFailure }
        let algorithm = try await signingAlgorithm()
        let issued = try await services.call(
            ACMPCA.IssueCertificate.self,
            ACMPCA.IssueCertificate.Input {
                $0.certificateAuthorityArn = authority
                $0.csr = Blob(Array(pem.utf8))
                $0.signingAlgorithm = algorithm
                $0.templateArn = Self.template
                $0.idempotencyToken = token
                $0.validity = ACMPCA.Validity {
                    $0.value = Self.days
                    $0.type = "DAYS"
                }
                $0.apiPassthrough = ACMPCA.ApiPassthrough {
                    $0.subject = ACMPCA.ASN1Subject {
                        $0.commonName = names.first { $0.utf8.count <= Self.longestCommonName }
                    }
                    $0.extensions = ACMPCA.Extensions {
                        $0.subjectAlternativeNames = names.map { name in
                            ACMPCA.GeneralName { $0.dnsName = name }
                        }
                    }
                }
            }, as: identity)
        return try await content(of: issued.certificateArn ?? "")
    }
}
