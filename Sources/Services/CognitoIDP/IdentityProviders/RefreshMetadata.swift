import Ledger
import Platform
import Wire

/// Fetches the metadata of SAML providers again, six hours after the last time or when they expire, so that keys that a provider
/// has exchanged are known. What can't be fetched stays as it was.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-managing-saml-idp.html>
struct RefreshMetadata: RecurringJob {
    static let kind = "CognitoIDP::RefreshMetadata"
    static let interval = 900.0

    /// In seconds.
    private static let freshness = 6.0 * 3600

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        let now = environment.clock.now
        for provider in environment.fetchedProviders() {
            guard let fetched = provider.fetched, let pool = environment.userPool(provider.poolID) else { continue }
            let validUntil = environment.metadata(of: provider)?.validUntil
            guard now >= min(fetched + Self.freshness, validUntil ?? .infinity),
                let documents = try? await ProviderDocuments(
                    of: .saml, provider.details, replacing: provider, environment)
            else { continue }
            let (id, old) = (provider.id, provider.details)
            // One that can't be kept keeps none of the others from being tried.
            try? await environment.write(pool.scope, requestID: "") { (records) throws(ServiceError) in
                // It may have been changed meanwhile, and then is as fresh as can be.
                guard var current = try records.get(UserPoolProvider.self, id), current.fetched == fetched,
                    current.details == old
                else { return }
                current.details.merge(documents.details) { $1 }
                current.metadata = documents.metadata
                current.fetched = now
                try records.put(current)
            }
        }
        try await context.finish { _ in }
    }
}
