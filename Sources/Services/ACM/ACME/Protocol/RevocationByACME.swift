import ACMPCAAPI
import CertificateIssuing
import CertificateManagerAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// RevokeCertificate as a client of ACME's asks for it. It goes through the gate like the API's.
enum RevocationByACME: OperationModel {
    enum InputFields: Fields { static let shape = service.structure("RevokeCertificateRequest") }
    typealias OutputFields = EmptyFields
    static let shape = service.operation("RevokeCertificate")

    private static let service = ServiceShape(
        schema: #"""
            service id=acm signing=acm endpoint=acm version=2015-12-08 serviceID=ACM protocol=json json=1.1 target=CertificateManager
            structure RevokeCertificateRequest
              CertificateArn! text
              RevocationReason! text
            string text
            operation RevokeCertificate input=RevokeCertificateRequest
            """#)

    /// Has a certificate revoked, with the role of the account that it was issued to.
    /// - Throws: AccessDenied; what the authority says.
    static func perform(
        _ certificate: ManagedCertificate, _ reason: String, _ account: ACMEAccount,
        _ endpoint: ACMEEndpoint, _ environment: Environment
    ) async throws(ServiceError) {
        let caller = try await environment.acmeCaller(for: account, of: endpoint)
        let input = Input {
            $0.structure["CertificateArn"] = .string(certificate.arn)
            $0.structure["RevocationReason"] = .string(reason)
        }
        _ = try await environment.perform(
            Self.self, input, environment.acmeCall(by: caller, "RevokeCertificate", in: endpoint.region))
    }
}

extension RevocationByACME: PreparedWriteOperation {
    /// <https://docs.aws.amazon.com/acm/latest/userguide/acm-conditions-acme.html>
    static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "acm:RevokeCertificate", on: try CertificateName(try input.text("CertificateArn")).arn,
                context: ["acm:certificatekeypairorigin": .one(CertificateOrigin.acme)]))
    }

    static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let arn = try input.text("CertificateArn")
        let certificate = try await call.read { (records) throws(ServiceError) in try records.certificate(arn, call) }
        guard let authority = certificate.authority, let serial = certificate.content?.serial else { return }
        _ = try await call.services.call(
            ACMPCA.RevokeCertificate.self,
            ACMPCA.RevokeCertificate.Input {
                $0.certificateAuthorityArn = authority
                $0.certificateSerial = serial
                $0.revocationReason = (try? input.text("RevocationReason")) ?? "UNSPECIFIED"
            }, as: .forwarding(ACMEService.principal))
    }

    static func handle(
        _ input: Input, _ made: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var certificate = try records.certificate(try input.text("CertificateArn"), call)
        guard certificate.status == .issued, let content = certificate.content else { return Output() }
        let reason = try input.text("RevocationReason")
        certificate.status = .revoked
        certificate.revocation = ManagedCertificate.Revocation(reason: reason, time: call.time)
        if let issuerID = certificate.publicIssuerID {
            try records.revokePublic(
                SerialNumber.kept(content.serial), of: issuerID, for: RevocationReason(acm: reason) ?? .unspecified,
                at: call.time)
        }
        try records.put(certificate)
        return Output()
    }
}

extension View<RevocationByACME.InputFields> {
    fileprivate func text(_ member: String) throws(ServiceError) -> String {
        guard case .string(let text)? = structure[member] else { throw .internalFailure }
        return text
    }
}
