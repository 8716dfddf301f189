import SwiftASN1
public import X509

/// An attribute of a name, by AWS's word for it.
/// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_ASN1Subject.html>
public enum NameAttribute: String, Sendable, CaseIterable {
    case country = "Country"
    case organization = "Organization"
    case organizationalUnit = "OrganizationalUnit"
    case distinguishedNameQualifier = "DistinguishedNameQualifier"
    case state = "State"
    case commonName = "CommonName"
    case serialNumber = "SerialNumber"
    case locality = "Locality"
    case title = "Title"
    case surname = "Surname"
    case givenName = "GivenName"
    case initials = "Initials"
    case pseudonym = "Pseudonym"
    case generationQualifier = "GenerationQualifier"

    /// The last number of its identifier, which begins with 2.5.4.
    private var number: String {
        switch self {
        case .country: "6"
        case .organization: "10"
        case .organizationalUnit: "11"
        case .distinguishedNameQualifier: "46"
        case .state: "8"
        case .commonName: "3"
        case .serialNumber: "5"
        case .locality: "7"
        case .title: "12"
        case .surname: "4"
        case .givenName: "42"
        case .initials: "43"
        case .pseudonym: "65"
        case .generationQualifier: "44"
        }
    }

    /// Dotted.
    public var identifier: String { "2.5.4.\(number)" }
}

extension DistinguishedName {
    /// A name of attributes in their order, each by its dotted identifier.
    /// - Throws: ``IssuingError/malformedExtension`` for a value that its attribute can't have.
    public init(attributes: [(identifier: String, value: String)]) throws(IssuingError) {
        var names: [RelativeDistinguishedName] = []
        for (identifier, value) in attributes {
            let type = try ASN1ObjectIdentifier(issuing: identifier)
            do {
                let attribute: RelativeDistinguishedName.Attribute =
                    Self.printable.contains(identifier)
                    ? try .init(type: type, printableString: value) : .init(type: type, utf8String: value)
                names.append(RelativeDistinguishedName(attribute))
            } catch {
                throw .malformedExtension
            }
        }
        self.init(names)
    }

    /// Those that RFC 5280, appendix A, lets have no other letters.
    private static let printable: Set<String> = Set(
        [NameAttribute.country, .distinguishedNameQualifier, .serialNumber].map(\.identifier))
}

extension DistinguishedName {
    /// Its attributes in their order, each by its dotted identifier.
    public var attributes: [(identifier: String, value: String)] {
        flatMap { relative in relative.map { (identifier: "\($0.type)", value: String($0.value) ?? "") } }
    }
}
