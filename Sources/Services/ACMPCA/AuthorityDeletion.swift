import ACMPCAAPI
import Ledger
import Platform
import Wire

// Deleting authorities, and how long that can be taken back.
// <https://docs.aws.amazon.com/privateca/latest/userguide/PCADeleteCA.html>

extension ACMPCA.DeleteCertificateAuthority: AuthorityChange {
    /// In days.
    private static let usualWindow = 30

    static func change(
        _ authority: inout CertificateAuthority, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard authority.state != .deleted, !authority.isActive(at: call.time) else {
            throw .wrongState(authority.arn, to: "be deleted")
        }
        let days = Double(input.permanentDeletionTimeInDays ?? usualWindow)
        authority.stateBefore = authority.state
        authority.state = .deleted
        authority.stateChanged = call.time
        let end = call.time + days * 86_400
        authority.restorableUntil = end
        try records.cancel(PublishList.self, id: authority.id)
        try records.schedule(DeleteAuthority(authorityID: authority.id), id: authority.id, at: end)
    }
}

extension ACMPCA.RestoreCertificateAuthority: AuthorityChange {
    static func change(
        _ authority: inout CertificateAuthority, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard authority.state == .deleted, let before = authority.stateBefore else {
            throw .wrongState(authority.arn, to: "be restored")
        }
        // One that had expired is not to issue anything if its certificate is renewed meanwhile.
        authority.state = before == .active ? .disabled : before
        authority.stateBefore = nil
        authority.restorableUntil = nil
        authority.stateChanged = call.time
        try records.cancel(DeleteAuthority.self, id: authority.id)
        try records.publishList(of: authority, at: call.time)
    }
}

/// Deletes an authority with its key and all that is known of its certificates, once it can no longer be restored.
struct DeleteAuthority: Job {
    static let kind = "ACMPCA::DeleteAuthority"
    let authorityID: String

    func run(_ context: JobContext) async throws(ServiceError) {
        let (id, job) = (authorityID, self)
        try await context.finish { (records) throws(ServiceError) in
            if let authority = try records.get(CertificateAuthority.self, id) {
                guard authority.state == .deleted else { return }
                try records.delete(authority)
                if let key = try records.get(AuthorityKey.self, id) { try records.delete(key) }
                if let list = try records.get(PublishedList.self, id) { try records.delete(list) }
            }
            // A part at a time, so that nobody waits for a million rows.
            let certificates = try records.deleteAll(IssuedCertificate.self, of: id)
            let reports = try records.deleteAll(AuditReport.self, of: id)
            if certificates + reports > 0 { try records.schedule(job, id: id, at: 0) }
        }
    }
}
