import Platform

/// What can be asked for at an endpoint: RFC 8555, section 7.1, and RFC 9773.
enum ACMEResource: Sendable, Hashable {
    case directory, newNonce, newAccount, newOrder, revokeCertificate, keyChange
    /// Without a certificate: what such addresses begin with.
    case renewalInfo(String)
    case account(String)
    /// The orders of an account, after one; nil: from the first on.
    case orders(account: String, after: ACMEOrder.Place?)
    case order(String)
    case finalize(order: String)
    case authorization(order: String, Int)
    case challenge(order: String, Int, Int)
    case certificate(String, isAlternate: Bool)

    /// What all paths begin with. No bucket's name begins with an underscore.
    static let prefix = "/_gatehouse/acme/"

    /// The path below that of the endpoint.
    var path: String {
        switch self {
        case .directory: "directory"
        case .newNonce: "new-nonce"
        case .newAccount: "new-account"
        case .newOrder: "new-order"
        case .revokeCertificate: "revoke-certificate"
        case .keyChange: "key-change"
        case .renewalInfo(let certificate): certificate.isEmpty ? "renewal-info" : "renewal-info/\(certificate)"
        case .account(let id): "account/\(id)"
        case .orders(let account, nil): "account/\(account)/orders"
        case .orders(let account, let after?): "account/\(account)/orders/\(after.created)-\(after.id)"
        case .order(let id): "order/\(id)"
        case .finalize(let order): "order/\(order)/finalize"
        case .authorization(let order, let index): "authorization/\(order)/\(index)"
        case .challenge(let order, let authorization, let index): "challenge/\(order)/\(authorization)/\(index)"
        case .certificate(let id, let isAlternate): isAlternate ? "certificate/\(id)/1" : "certificate/\(id)"
        }
    }

    /// nil for a path that nothing has.
    init?(path: some StringProtocol) {
        let parts = String(path).split(separator: Character("/"), omittingEmptySubsequences: false).map(String.init)
        let numbers = parts.map { part in part.allSatisfy(\.isNumber) ? Int(part) : nil }
        let found: ACMEResource?
        switch (parts.first, parts.count) {
        case ("directory", 1): found = .directory
        case ("new-nonce", 1): found = .newNonce
        case ("new-account", 1): found = .newAccount
        case ("new-order", 1): found = .newOrder
        case ("revoke-certificate", 1): found = .revokeCertificate
        case ("key-change", 1): found = .keyChange
        case ("renewal-info", 2): found = .renewalInfo(parts[1])
        case ("account", 2): found = .account(parts[1])
        case ("account", 3): found = .orders(account: parts[1], after: nil)
        case ("account", 4):
            let place = parts[3].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard place.count == 2, let created = Int64(place[0]), created >= 0 else { return nil }
            found = .orders(account: parts[1], after: ACMEOrder.Place(created: created, id: String(place[1])))
        case ("order", 2): found = .order(parts[1])
        case ("order", 3): found = .finalize(order: parts[1])
        case ("authorization", 3): found = numbers[2].map { .authorization(order: parts[1], $0) }
        case ("challenge", 4):
            guard let authorization = numbers[2], let index = numbers[3] else { return nil }
            found = .challenge(order: parts[1], authorization, index)
        case ("certificate", 2): found = .certificate(parts[1], isAlternate: false)
        case ("certificate", 3): found = .certificate(parts[1], isAlternate: true)
        default: found = nil
        }
        // Each has one address alone.
        guard let found, found.path == String(path) else { return nil }
        self = found
    }
}

extension ACMEEndpoint {
    /// The address of something of the endpoint's.
    func url(_ resource: ACMEResource, _ environment: Environment) -> String {
        "\(environment.publicAddress.url)\(ACMEResource.prefix)\(id)/\(resource.path)"
    }

    /// Where clients begin.
    func directoryURL(_ environment: Environment) -> String { url(.directory, environment) }
}
