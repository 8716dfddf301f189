import Ledger
import Platform
import WAFV2API
import Wire

// Keys by which pages of an application use the CAPTCHA API. They are no secrets: everybody who looks at a page has one.
// <https://docs.aws.amazon.com/waf/latest/developerguide/waf-js-captcha-api-key.html>

extension WAFV2.CreateAPIKey: WriteOperation, OnAllOfWAF {
    /// <https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateAPIKey.html>
    private static let mostDomains = 5

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let scope = try WAFScope(input.scope, region: call.region)
        guard input.tokenDomains.count <= mostDomains else { throw .invalid(.tokenDomain, "TokenDomains", .limit) }
        for domain in input.tokenDomains where !TokenDomains.isValid(domain) {
            throw .invalid(.tokenDomain, domain, .format)
        }
        let key = StoredAPIKey(
            id: Identifiers.mixed(128), wafScope: scope, domains: input.tokenDomains, created: call.time)
        try records.put(key)
        return Output(apiKey: key.id)
    }
}

extension WAFV2.GetDecryptedAPIKey: ReadOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let key = try records.apiKey(input.apiKey, input.scope)
        return Output(
            tokenDomains: key.domains, creationTimestamp: Timestamp(secondsSinceEpoch: key.created.rounded(.down)))
    }
}

extension WAFV2.ListAPIKeys: ReadOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scope = try WAFScope(input.scope, region: call.region)
        let page = try records.page(StoredAPIKey.self, try WAFPage.paging(input.nextMarker, input.limit)) {
            $0.wafScope == scope
        }
        return Output {
            $0.apiKeySummaries = page.items.map { key in
                WAFV2.APIKeySummary {
                    $0.apiKey = key.id
                    $0.tokenDomains = key.domains
                    $0.creationTimestamp = Timestamp(secondsSinceEpoch: key.created.rounded(.down))
                    $0.version = 1
                }
            }
            $0.nextMarker = page.marker
        }
    }
}

extension WAFV2.DeleteAPIKey: WriteOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try records.apiKey(input.apiKey, input.scope))
        return Output()
    }
}

extension RecordReading {
    /// - Throws: WAFNonexistentItemException.
    fileprivate func apiKey(_ key: String, _ scope: String) throws(ServiceError) -> StoredAPIKey {
        let scope = try WAFScope(scope, region: self.scope.region)
        guard let found = try get(StoredAPIKey.self, key), found.wafScope == scope else { throw .nonexistentItem }
        return found
    }
}
