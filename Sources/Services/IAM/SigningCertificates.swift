import Directory
import IAMAPI
import Platform
import Wire

// Signing certificates of users and of root.
// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html>

extension IAM.SigningCertificate {
    init(_ certificate: IAMService.SigningCertificate, userName: String?) {
        self.init()
        self.userName = userName ?? ""
        certificateId = certificate.id
        certificateBody = certificate.body
        status = certificate.isActive ? "Active" : "Inactive"
        uploadDate = Timestamp(secondsSinceEpoch: certificate.uploadDate)
    }
}

protocol OnSigningCertificate: OnOwner, RecordOperation
where InputFields: IAM.WithCertificateId, Target == SigningCertificate {}

extension OnSigningCertificate {
    static func target(
        _ input: Input, _ call: Call, _ records: some RecordReading
    ) throws(ServiceError) -> SigningCertificate {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let found = try records.get(SigningCertificate.self, input.certificateId)
        guard let found, found.ownerID == owner.id else {
            throw .noSuchEntity("The Certificate with id \(input.certificateId) cannot be found.")
        }
        return found
    }
}

extension IAM.UploadSigningCertificate: PreparedWriteOperation, OnOwner {
    /// The certificate's fingerprint.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        let parsed = try ParsedCertificate(pem: input.certificateBody, malformed: "Certificate BODY is malformed.")
        if let problem = parsed.dateProblem(at: call.time) {
            throw IAM.Failure.invalidCertificate(problem)
        }
        return parsed.fingerprint
    }

    public static func handle(
        _ input: Input, _ fingerprint: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        guard
            try records.referrers(SigningCertificate.self, Relation.fingerprint, to: fingerprint, limit: 1).isEmpty
        else {
            throw IAM.Failure.duplicateCertificate("The certificate is already associated with a user of this account.")
        }
        let quota = call.quotas[.signingCertificatesPerUser]
        guard try records.referrers(SigningCertificate.self, Relation.owner, to: owner.id).count < quota else {
            throw .quotaExceeded("CertificatesPerUser", quota)
        }
        let certificate = SigningCertificate(
            id: Identifiers.signingCertificateID(), ownerID: owner.id, body: input.certificateBody,
            fingerprint: fingerprint, uploadDate: call.time)
        try records.put(certificate)
        return Output(certificate: IAM.SigningCertificate(certificate, userName: owner.userName))
    }
}

extension IAM.ListSigningCertificates: ReadOperation, OnOwner {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let page = try records.page(
            SigningCertificate.self, Relation.owner, to: owner.id,
            Paging(input))
        return Output(page) { IAM.SigningCertificate($0, userName: owner.userName) }
    }
}

extension IAM.UpdateSigningCertificate: ChangeOperation, OnSigningCertificate {
    static func change(
        _ certificate: inout SigningCertificate, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        certificate.isActive = try isActive(input.status)
    }
}

extension IAM.DeleteSigningCertificate: DeleteOperation, OnSigningCertificate {}

/// What a request sets the status of a credential to.
/// - Throws: InvalidInput for `Expired`, which credentials become by themselves.
func isActive(_ status: String) throws(ServiceError) -> Bool {
    switch status {
    case "Active": return true
    case "Inactive": return false
    default: throw .invalidInput("The status can only be set to Active or Inactive.")
    }
}
