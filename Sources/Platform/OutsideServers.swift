import Directory
public import DomainRecords
public import Fetch

/// The servers outside of Gatehouse that services call by addresses which their users give: how they are trusted, and where
/// they are.
public struct OutsideServers: Sendable {
    /// Where a server is.
    public struct Place: Sendable {
        /// What is connected to.
        public let address: WebAddress
        /// Whether the operator has named it. If not, a user has.
        let isOperators: Bool
    }

    /// By which authorities a server's certificate has to be signed.
    public let trust: ServerTrust
    /// Where those may be that users name.
    private let reach: Reach
    /// Where the operator says that servers really are, by the hosts that users name them by.
    private let places: [String: WebAddress]
    /// Where the operator says that the servers of SNS's subscriptions are, by the hosts that users name them by. Only these may be
    /// without `https`.
    private let subscribers: [String: WebAddress]
    /// The servers that the operator has put in the place of queues, topics, streams and functions: by the ARNs that users give.
    /// Messages are sent to them by POST. Services ask by ``eventDestination(_:for:)``.
    private let eventDestinations: [String: WebAddress]
    /// The issuers that the operator has put in the place of the login providers that everybody knows, by those providers' names:
    /// `https://localhost:8443` for `graph.facebook.com`. Without a slash at the end.
    public let loginProviders: [String: String]
    /// Where hosts are that clients of ACME's want certificates for, by their names in lower case: such as port 80 of an address.
    public let acmeHosts: [String: WebAddress]
    /// Where messages to users are sent.
    public let messages: MessageServers
    /// What the domain name system says.
    public let domainRecords: DomainRecords

    /// - Parameters:
    ///   - trust: see the property.
    ///   - reach: where servers may be that the operator has not named.
    ///   - places: where servers are, by the hosts of their addresses. Only these may be without `https`.
    ///   - subscribers: see the property.
    ///   - eventDestinations: see the property.
    ///   - messages: see the property.
    ///   - loginProviders: see the property.
    ///   - acmeHosts: see the property.
    ///   - domainRecords: see the property.
    public init(
        trust: ServerTrust = ServerTrust(), reach: Reach = .publicInternet(), places: [String: WebAddress] = [:],
        subscribers: [String: WebAddress] = [:], eventDestinations: [String: WebAddress] = [:],
        messages: MessageServers = MessageServers(),
        loginProviders: [String: String] = [:], acmeHosts: [String: WebAddress] = [:],
        domainRecords: DomainRecords = DomainRecords()
    ) {
        self.acmeHosts = acmeHosts
        self.domainRecords = domainRecords
        self.loginProviders = loginProviders
        self.eventDestinations = eventDestinations
        self.messages = messages
        self.trust = trust
        self.reach = reach
        self.places = places
        self.subscribers = subscribers
    }

    /// The server that stands for a destination.
    ///
    /// Only an account's own destinations are found: whether another account's policy would let it send there, nobody can look up
    /// for what Gatehouse does not have, and an operator who names a server for one account has not named it for all.
    /// - Parameters:
    ///   - arn: as a user gave it.
    ///   - account: for whom something is to be sent: who owns the rule, the bucket or the log group.
    /// - Returns: nil: no server stands for it, or it is another account's.
    public func eventDestination(_ arn: String, for account: String) -> WebAddress? {
        guard let address = eventDestinations[arn], ARN(parsing: arn)?.account == account else { return nil }
        return address
    }

    /// Where a request to an address is to be sent.
    /// - Parameters:
    ///   - address: an `https` address, as a user gave it.
    ///   - mayHaveQuery: whether it may have a query, which is kept.
    /// - Returns: the place that the operator has named for its host, with the address's path behind the place's own; nil
    ///   for what is no such address.
    public func place(of address: String, mayHaveQuery: Bool = false) -> Place? {
        guard let named = WebAddress(address, mayHaveQuery: mayHaveQuery) else { return nil }
        guard let place = places[named.host.lowercased()] else { return Place(address: named, isOperators: false) }
        return Self.place(place, behind: named)
    }

    /// Where messages to an address of a subscription are to be sent.
    /// - Parameter address: as a user gave it, with or without `https`.
    /// - Returns: the place that the operator has named for its host, with the address's path behind the place's own. nil for what is
    ///   no address, and for one without `https` whose host has no place: else whoever may subscribe could have Gatehouse talk to
    ///   whatever is near it.
    public func subscriberPlace(of address: String) -> Place? {
        guard let named = WebAddress(address, mayHaveQuery: true, mayBePlain: true) else { return nil }
        guard let place = subscribers[named.host.lowercased()] else {
            return named.isSecure ? Place(address: named, isOperators: false) : nil
        }
        return Self.place(place, behind: named)
    }

    private static func place(_ place: WebAddress, behind named: WebAddress) -> Place? {
        WebAddress(
            "\(place.isSecure ? "https" : "http")://\(place.authority)\(place.path)\(named.path)",
            mayHaveQuery: true, mayBePlain: true
        ).map { Place(address: $0, isOperators: true) }
    }

    /// A client of a server. If a user has named it, only the public internet is reached and what the operator lets besides.
    /// - Parameters:
    ///   - place: where the server is.
    ///   - limits: what an exchange may take.
    public func fetch(_ place: Place, limits: Fetch.Limits = Fetch.Limits()) -> Fetch {
        Fetch(trust: trust, limits: limits, reach: place.isOperators ? .anywhere : reach)
    }
}
