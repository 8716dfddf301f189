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

extension RecordReading {
    fileprivate func signingCertificate(
        _ id: String, of ownerID: String
    ) throws(ServiceError) -> IAMService.SigningCertificate {
        guard let certificate = try get(SigningCertificate.self, id), certificate.ownerID == ownerID else {
            throw .noSuchEntity("The Certificate with id \(id) cannot be found.")
        }
        return certificate
    }
}

extension IAM.UploadSigningCertificate: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    /// The certificate's fingerprint.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        let parsed = try ParsedCertificate(pem: input.certificateBody)
        if let problem = parsed.dateProblem(at: call.time) {
            throw ServiceError("InvalidCertificate", problem, status: 400)
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
            throw ServiceError(
                "DuplicateCertificate", "The certificate is already associated with a user of this account.",
                status: 409)
        }
        let quota = call.quotas[.signingCertificatesPerUser]
        guard try records.referrers(SigningCertificate.self, Relation.owner, to: owner.id).count < quota else {
            throw .quotaExceeded("SigningCertificatesPerUser", quota)
        }
        let certificate = SigningCertificate(
            id: Identifiers.signingCertificateID(), ownerID: owner.id, body: input.certificateBody,
            fingerprint: fingerprint, uploadDate: call.time)
        try records.put(certificate)
        return Output(certificate: IAM.SigningCertificate(certificate, userName: owner.userName))
    }
}

extension IAM.ListSigningCertificates: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        let page = try records.page(
            SigningCertificate.self, Relation.owner, to: owner.id,
            Paging(input))
        return Output(page.items.map { IAM.SigningCertificate($0, userName: owner.userName) }, next: page.marker)
    }
}

extension IAM.UpdateSigningCertificate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        var certificate = try records.signingCertificate(input.certificateId, of: owner.id)
        certificate.isActive = try isActive(input.status)
        try records.put(certificate)
        return Output()
    }
}

extension IAM.DeleteSigningCertificate: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try Owner(input.userName, call).access(call)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let owner = try Owner(input.userName, call).resolve(records, call)
        try records.delete(try records.signingCertificate(input.certificateId, of: owner.id))
        return Output()
    }
}

/// What a request sets the status of a credential to.
/// - Throws: InvalidInput for `Expired`, which credentials become by themselves.
func isActive(_ status: String) throws(ServiceError) -> Bool {
    switch status {
    case "Active": return true
    case "Inactive": return false
    default: throw .invalidInput("The status can only be set to Active or Inactive.")
    }
}
