/// What the domain name system says of a name.
public struct DomainRecord: Sendable, Equatable {
    /// A kind of record, of those that certificates depend on. The numbers are those of RFC 1035 and others.
    public enum Kind: UInt16, Sendable, CaseIterable {
        case address = 1
        case alias = 5
        case text = 16
        case longAddress = 28
        case authorization = 257
    }

    /// What a record says, by its kind.
    public enum Value: Sendable, Equatable {
        /// A and AAAA: an IP address.
        case address(String)
        /// CNAME: the name that it stands for, in lower case, without a full stop at the end.
        case alias(String)
        /// TXT: the bytes of all its strings.
        case text([UInt8])
        /// CAA (RFC 8659): a property of the authorities that may issue certificates.
        /// - Parameter isCritical: whether those that don't know the property may issue none.
        case authorization(property: String, value: String, isCritical: Bool)
    }

    /// In lower case, without a full stop at the end.
    public let name: String
    public let kind: Kind
    public let value: Value

    /// - Parameters: see the properties.
    public init(name: String, kind: Kind, value: Value) {
        self.name = name
        self.kind = kind
        self.value = value
    }
}

/// Why it is not known what the domain name system says.
public struct DomainProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// In words for the operator.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A name as it is compared: in lower case, and without a full stop at the end.
func plainName(_ name: some StringProtocol) -> String {
    let name = name.lowercased()
    return name.hasSuffix(".") ? String(name.dropLast()) : name
}
