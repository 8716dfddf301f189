import CertificateManagerAPI
import Ledger
import Platform
import Wire

// ACME accounts, as the endpoint's administrator sees them.

extension RecordReading {
    /// The account of a URL.
    /// - Throws: ResourceNotFoundException.
    fileprivate func acmeAccount(
        _ url: String, of endpoint: ACMEEndpoint, _ call: Call
    ) throws(ServiceError) -> ACMEAccount {
        let prefix = endpoint.url(.account(""), call.environment)
        guard url.hasPrefix(prefix),
            let account = try get(
                ACMEAccount.self, ACMEAccount.key(String(url.dropFirst(prefix.count))), of: endpoint.id)
        else { throw .acm(.resourceNotFoundException, "Could not find the ACME account \(url).") }
        return account
    }
}

extension CertificateManager.DescribeAcmeAccount: ReadOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        let account = try records.acmeAccount(input.accountUrl, of: endpoint, call)
        return Output(
            acmeAccount: CertificateManager.AcmeAccount {
                $0.accountUrl = input.accountUrl
                $0.publicKeyThumbprint = account.thumbprint
                $0.status = account.status.rawValue
                $0.createdAt = Timestamp(secondsSinceEpoch: account.created)
                $0.acmeExternalAccountBindingArn = account.bindingARN
                $0.contacts = account.contacts
            })
    }
}

extension CertificateManager.ListAcmeAccounts: ReadOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        let paging = try Paging(acme: input)
        let after = paging.after.map { RowRange.Place.key(ACMEAccount.key($0)) }
        let rows = try records.list(
            ACMEAccount.self, of: endpoint.id, RowRange(after: after), limit: paging.limit + 1)
        var page = Page(items: Array(rows.prefix(paging.limit)))
        if rows.count > paging.limit { page.marker = page.items.last.map { Paging.marker(after: $0.id) } }
        let environment = call.environment
        return Output(page) { account in
            CertificateManager.AcmeAccountSummary {
                $0.accountUrl = endpoint.url(.account(account.id), environment)
                $0.publicKeyThumbprint = account.thumbprint
                $0.status = account.status.rawValue
                $0.createdAt = Timestamp(secondsSinceEpoch: account.created)
                $0.acmeExternalAccountBindingArn = account.bindingARN
                $0.contacts = account.contacts
            }
        }
    }
}

extension CertificateManager.RevokeAcmeAccount: WriteOperation, OnACMEEndpoint {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let endpoint = try records.acmeEndpoint(input.acmeEndpointArn, call)
        var account = try records.acmeAccount(input.accountUrl, of: endpoint, call)
        account.status = .revoked
        try records.put(account)
        return Output()
    }
}
