public import WAF

/// Lists of addresses, each with a name.
public struct AddressLists: Sendable {
    /// One of them.
    public struct List: Sendable {
        /// As it is told in findings.
        public let name: String
        /// Whether an account has brought it, and not the operator.
        public let isCustom: Bool
        let networks: NetworkSet

        public init(name: String, isCustom: Bool, _ networks: some Sequence<Network>) {
            self.name = name
            self.isCustom = isCustom
            self.networks = NetworkSet(networks)
        }
    }

    private let all: [List]

    /// - Parameter lists: in the order in which they are told of.
    public init(_ lists: [List] = []) { all = lists }

    public var isEmpty: Bool { all.isEmpty }

    /// These and others.
    public func adding(_ other: AddressLists) -> AddressLists { AddressLists(all + other.all) }

    /// Those that have an address.
    /// - Complexity: a few steps for each list.
    public func lists(with address: IPAddress) -> [List] {
        all.isEmpty ? [] : all.filter { $0.networks.contains(address) }
    }
}
