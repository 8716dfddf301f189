import KMSAPI
import Platform
import Wire

/// Takes back the grants for volumes of which nothing came: between the grant, which is KMS's, and the change that it was for, the
/// program was killed.
struct RetireLeftGrants: Job {
    static let kind = "EC2::RetireLeftGrants"
    /// The only one of an account and Region.
    static let id = "all"

    /// Grants that were made since may be for changes that are still to come. In seconds since 1970.
    let before: Double

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope) = (context.environment, context.scope)
        let services = environment.services(in: scope.region)
        let own = ServiceIdentity.own(EBSKeys.principal, for: nil, in: scope.account)
        var left: [KMS.GrantListEntry] = []
        var marker: String?
        repeat {
            let page = try await services.call(
                KMS.ListRetirableGrants.self,
                KMS.ListRetirableGrants.Input {
                    $0.retiringServicePrincipal = EBSKeys.principal
                    $0.marker = marker
                }, as: own)
            left += (page.grants ?? []).filter { isLeft($0, environment) }
            marker = page.nextMarker
        } while marker != nil
        for grant in left {
            do throws(ServiceError) {
                _ = try await services.call(
                    KMS.RetireGrant.self,
                    KMS.RetireGrant.Input {
                        $0.keyId = grant.keyId
                        $0.grantId = grant.grantId
                    }, as: own)
            } catch {
                // Of a key that is gone it is gone as well.
                if error.status >= 500 { throw error }
            }
        }
        try await context.finish { _ in }
    }

    /// Whether a grant is for a volume, and no attachment names it.
    private func isLeft(_ grant: KMS.GrantListEntry, _ environment: Environment) -> Bool {
        guard let id = grant.grantId, let made = grant.creationDate, made.secondsSinceEpoch < before,
            let volume = grant.constraints?.encryptionContextSubset?[EBSKeys.contextKey]
        else { return false }
        let found = environment.projection(EC2Index.self).find(StoredVolume.self, volume)
        return !(found?.attachments.contains { $0.grantID == id } ?? false)
    }
}
