import Catalogue
public import Reasoning

extension Checks {
    /// The checks with the names of AWS's actions and the kinds of its condition keys.
    public static let withCatalogue = Checks(
        Domain(
            kind: { key in
                if let kind = KeyKind.global(key) { return kind }
                guard let known = ServiceCatalogue.aws.conditionKey(key) else { return .any }
                return KeyKind(known.type.values, known.isMultivalued ? .many : .one)
            },
            actionNames: { service in ServiceCatalogue.aws.service(service)?.actions.map(\.name) ?? [] }))
}

extension CatalogueService.ValueType {
    fileprivate var values: KeyKind.Values {
        switch self {
        case .bool: .boolean
        case .numeric: .number
        case .date: .date
        case .ipAddress: .address
        case .string, .arn: .text
        }
    }
}
