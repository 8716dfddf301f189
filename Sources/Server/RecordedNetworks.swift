import Ledger
import Platform
public import VPC

/// The networks of all accounts, read beside the servers that use them.
public struct RecordedNetworks: Sendable {
    private let estates: [Scope: EC2Estate]

    /// An interface, and the network that it is in.
    public struct Found: Sendable {
        public let accountID: String
        public let region: String
        public let network: Network
        public let interfaceID: String
    }

    /// Reads them as they are now.
    ///
    /// - Throws: `StartError` when there is no ledger, or it can't be read.
    public init(_ place: DataPlace) throws(StartError) {
        let opened = try place.openReadOnly()
        let index = EC2Index()
        do {
            try opened.ledger.replay(EC2Index.kinds) { (change) throws(LedgerError) in
                try index.apply([change])
            }
        } catch {
            throw StartError("\(error)")
        }
        estates = index.estates
    }

    /// The interfaces of an instance, the first one first, or the one of that id.
    public func interfaces(of id: String) -> [Found] {
        for (scope, estate) in estates {
            let interfaces = estate.all(StoredNetworkInterface.self)
                .filter { $0.id == id || $0.attachment?.instanceID == id }
                .sorted { ($0.attachment?.deviceIndex ?? 0) < ($1.attachment?.deviceIndex ?? 0) }
            if interfaces.isEmpty { continue }
            return interfaces.map {
                Found(
                    accountID: scope.account, region: scope.region, network: estate.network,
                    interfaceID: $0.id)
            }
        }
        return []
    }
}
