import CertificateIssuing
import CertificateManagerAPI
import Ledger
import Platform
import Wire
import X509

// Searching certificates.
// <https://docs.aws.amazon.com/acm/latest/APIReference/API_SearchCertificates.html>

extension CertificateManager.SearchCertificates: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(Access("acm:SearchCertificates", on: "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let wanted = try input.filterStatement.map { (statement) throws(ServiceError) in
            try Search(statement, depth: 0)
        }
        let paging: Paging
        do throws(ServiceError) { paging = try Paging(input) } catch {
            throw .invalidCertificate("The NextToken is not valid.")
        }
        func isWanted(_ certificate: ManagedCertificate) -> Bool {
            wanted.map { $0.matches(SearchedCertificate(certificate, call)) } ?? true
        }
        let page: Page<ManagedCertificate>
        if let attribute = input.sortBy {
            let found = try records.list(ManagedCertificate.self).filter(isWanted).map { certificate in
                (key: SearchedCertificate(certificate, call).sortKey(attribute), certificate: certificate)
            }
            let sorted = found.sorted { ($0.key, $0.certificate.id) < ($1.key, $1.certificate.id) }.map(\.certificate)
            page = Platform.page(input.sortOrder == "DESCENDING" ? sorted.reversed() : sorted, paging)
        } else {
            page = try records.page(ManagedCertificate.self, paging, where: isWanted)
        }
        return Output(page.map { CertificateManager.CertificateSearchResult(SearchedCertificate($0, call)) })
    }
}

/// What certificates are sorted by. Those that have no value come first.
private enum SortKey: Comparable {
    case missing
    case number(Double)
    case text(String)
}

extension SearchedCertificate {
    fileprivate func sortKey(_ attribute: String) -> SortKey {
        func time(_ time: Double?) -> SortKey { time.map { .number($0) } ?? .missing }
        func text(_ text: String?) -> SortKey { text.map { .text($0) } ?? .missing }
        switch attribute {
        case "NOT_AFTER": return time(certificate.content?.notAfter)
        case "NOT_BEFORE": return time(certificate.content?.notBefore)
        case "STATUS": return .text(status)
        case "RENEWAL_STATUS": return text(certificate.renewal?.status.rawValue)
        case "EXPORTED": return .number(certificate.isExported ? 1 : 0)
        case "IN_USE": return .number(isInUse ? 1 : 0)
        case "KEY_ALGORITHM": return .text(certificate.keyAlgorithm)
        case "TYPE": return .text(certificate.type.rawValue)
        case "CERTIFICATE_ARN": return .text(certificate.arn)
        case "COMMON_NAME": return .text(commonName)
        case "REVOKED_AT": return time(certificate.revocation?.time)
        case "RENEWAL_ELIGIBILITY": return .text(isEligible ? "ELIGIBLE" : "INELIGIBLE")
        case "ISSUED_AT": return time(certificate.issued)
        case "IMPORTED_AT": return time(certificate.type == .imported ? certificate.updated : nil)
        case "EXPORT_OPTION": return .text(certificate.exportOption)
        case "VALIDATION_METHOD": return text(certificate.validationMethod?.rawValue)
        case "ACME_ENDPOINT_ARN": return text(certificate.acme?.endpointARN)
        case "ACME_ACCOUNT_ID": return text(certificate.acme?.accountID)
        case "CERTIFICATE_KEY_PAIR_ORIGIN": return .text(certificate.keyPairOrigin)
        case "MANAGED_BY": return .missing
        default: return .number(certificate.created)
        }
    }
}

/// A certificate as searches see it. What is seldom asked for is found out when it is.
private final class SearchedCertificate {
    let certificate: ManagedCertificate
    private let call: Call
    /// nil: it was not issued.
    private(set) lazy var parsed = certificate.content.flatMap { try? Certificate(issuing: $0.body) }
    private(set) lazy var facts = ManagedCertificate.Facts(parsed)
    private(set) lazy var isInUse = !certificate.users(call.environment).isEmpty

    init(_ certificate: ManagedCertificate, _ call: Call) { (self.certificate, self.call) = (certificate, call) }

    var status: String { certificate.status(at: call.time) }
    var isEligible: Bool { certificate.isEligibleForRenewal(call.environment, at: call.time) }

    var commonName: String {
        parsed?.subject.attributes.first { $0.identifier == NameAttribute.commonName.identifier }?.value
            ?? certificate.domainName
    }
}

/// What a search looks for.
private indirect enum Search {
    case all([Search])
    case any([Search])
    case none(Search)
    case one((SearchedCertificate) -> Bool)

    /// The most statements within each other: AWS does not document its own limit.
    private static let deepest = 10

    /// - Throws: ValidationException for a statement that says nothing, or more than one thing.
    init(_ statement: CertificateManager.CertificateFilterStatement, depth: Int) throws(ServiceError) {
        guard depth < Self.deepest else { throw .invalidCertificate("The filter statement is nested too deeply.") }
        let made = { (statement: CertificateManager.CertificateFilterStatement) throws(ServiceError) in
            try Search(statement, depth: depth + 1)
        }
        switch (statement.and, statement.or, statement.not, statement.filter) {
        case (let all?, nil, nil, nil): self = .all(try all.map(made))
        case (nil, let any?, nil, nil): self = .any(try any.map(made))
        case (nil, nil, let not?, nil): self = .none(try made(not))
        case (nil, nil, nil, let filter?): self = .one(try Self.test(filter))
        default: throw .invalidCertificate("A filter statement has exactly one of And, Or, Not and Filter.")
        }
    }

    func matches(_ certificate: SearchedCertificate) -> Bool {
        switch self {
        case .all(let all): all.allSatisfy { $0.matches(certificate) }
        case .any(let any): any.contains { $0.matches(certificate) }
        case .none(let search): !search.matches(certificate)
        case .one(let test): test(certificate)
        }
    }

    private static func test(
        _ filter: CertificateManager.CertificateFilter
    ) throws(ServiceError) -> (SearchedCertificate) -> Bool {
        if let arn = filter.certificateArn { return { $0.certificate.arn == arn } }
        if let attribute = filter.x509AttributeFilter { return try test(attribute) }
        if let metadata = filter.acmCertificateMetadataFilter { return try test(metadata) }
        throw .invalidCertificate("The filter is empty.")
    }

    private static func test(
        _ filter: CertificateManager.X509AttributeFilter
    ) throws(ServiceError) -> (SearchedCertificate) -> Bool {
        if let name = filter.subject?.commonName {
            return { compare($0.commonName, name.value, name.comparisonOperator) }
        }
        if let name = filter.subjectAlternativeName?.dnsName {
            return { $0.certificate.names.contains { compare($0, name.value, name.comparisonOperator) } }
        }
        if let purpose = filter.extendedKeyUsage { return { $0.facts.purposes.contains { $0.name == purpose } } }
        if let usage = filter.keyUsage { return { $0.facts.usages.contains(usage) } }
        if let algorithm = filter.keyAlgorithm { return { $0.certificate.keyAlgorithm == algorithm } }
        if let serial = filter.serialNumber { return { $0.certificate.content?.serial == serial } }
        if let range = filter.notAfter { return { contains(range, $0.certificate.content?.notAfter) } }
        if let range = filter.notBefore { return { contains(range, $0.certificate.content?.notBefore) } }
        throw .invalidCertificate("The X.509 attribute filter is empty.")
    }

    private static func test(
        _ filter: CertificateManager.AcmCertificateMetadataFilter
    ) throws(ServiceError) -> (SearchedCertificate) -> Bool {
        if let status = filter.status { return { $0.status == status } }
        if let status = filter.renewalStatus { return { $0.certificate.renewal?.status.rawValue == status } }
        if let type = filter.type { return { $0.certificate.type.rawValue == type } }
        if let isInUse = filter.inUse { return { $0.isInUse == isInUse } }
        if let isExported = filter.exported { return { $0.certificate.isExported == isExported } }
        if let option = filter.exportOption { return { $0.certificate.exportOption == option } }
        if let origin = filter.certificateKeyPairOrigin { return { $0.certificate.keyPairOrigin == origin } }
        if let endpoint = filter.acmeEndpointArn { return { $0.certificate.acme?.endpointARN == endpoint } }
        if let account = filter.acmeAccountId { return { $0.certificate.acme?.accountID == account } }
        if filter.managedBy != nil { return { _ in false } }
        if let method = filter.validationMethod {
            return { $0.certificate.validationMethod?.rawValue == method }
        }
        throw .invalidCertificate("The certificate metadata filter is empty.")
    }

    private static func compare(_ text: String, _ value: String, _ comparison: String) -> Bool {
        let (text, value) = (text.lowercased(), value.lowercased())
        return comparison == "EQUALS" ? text == value : text.contains(value)
    }

    /// Both ends are in the range.
    private static func contains(_ range: CertificateManager.TimestampRange, _ time: Double?) -> Bool {
        guard let time else { return false }
        if let start = range.start, time < start.secondsSinceEpoch { return false }
        if let end = range.end, time > end.secondsSinceEpoch { return false }
        return true
    }
}

extension CertificateManager.CertificateSearchResult {
    fileprivate init(_ found: SearchedCertificate) {
        self.init()
        let (certificate, facts) = (found.certificate, found.facts)
        certificateArn = certificate.arn
        x509Attributes = CertificateManager.X509Attributes {
            $0.issuer = found.parsed.map { CertificateManager.DistinguishedName($0.issuer) }
            $0.subject = found.parsed.map { CertificateManager.DistinguishedName($0.subject) }
            $0.subjectAlternativeNames = certificate.names.map { name in
                CertificateManager.GeneralName { $0.dnsName = name }
            }
            $0.extendedKeyUsages = facts.purposes.map(\.name)
            $0.keyAlgorithm = certificate.keyAlgorithm
            $0.keyUsages = facts.usages
            guard let content = certificate.content else { return }
            $0.serialNumber = content.serial
            $0.notAfter = Timestamp(secondsSinceEpoch: content.notAfter)
            $0.notBefore = Timestamp(secondsSinceEpoch: content.notBefore)
        }
        let metadata = CertificateManager.AcmCertificateMetadata {
            $0.createdAt = Timestamp(secondsSinceEpoch: certificate.created)
            $0.exported = certificate.isExported
            if certificate.type == .imported { $0.importedAt = Timestamp(secondsSinceEpoch: certificate.updated) }
            $0.issuedAt = certificate.issued.map { Timestamp(secondsSinceEpoch: $0) }
            $0.inUse = found.isInUse
            $0.renewalEligibility = found.isEligible ? "ELIGIBLE" : "INELIGIBLE"
            $0.revokedAt = certificate.revocation.map { Timestamp(secondsSinceEpoch: $0.time) }
            $0.status = found.status
            $0.renewalStatus = certificate.renewal?.status.rawValue
            $0.type = certificate.type.rawValue
            $0.exportOption = certificate.exportOption
            $0.certificateKeyPairOrigin = certificate.keyPairOrigin
            $0.acmeEndpointArn = certificate.acme?.endpointARN
            $0.acmeAccountId = certificate.acme?.accountID
            $0.validationMethod = certificate.validationMethod?.rawValue
        }
        certificateMetadata = CertificateManager.CertificateMetadata { $0.acmCertificateMetadata = metadata }
    }
}

extension CertificateManager.DistinguishedName {
    fileprivate init(_ name: X509.DistinguishedName) {
        self.init()
        for (identifier, value) in name.attributes {
            switch NameAttribute.allCases.first(where: { $0.identifier == identifier }) {
            case .commonName: commonName = value
            case .country: country = value
            case .organization: organization = value
            case .organizationalUnit: organizationalUnit = value
            case .distinguishedNameQualifier: distinguishedNameQualifier = value
            case .state: state = value
            case .serialNumber: serialNumber = value
            case .locality: locality = value
            case .title: title = value
            case .surname: surname = value
            case .givenName: givenName = value
            case .initials: initials = value
            case .pseudonym: pseudonym = value
            case .generationQualifier: generationQualifier = value
            case nil:
                if identifier == "0.9.2342.19200300.100.1.25" {
                    domainComponents = (domainComponents ?? []) + [value]
                } else {
                    let custom = CertificateManager.CustomAttribute {
                        $0.objectIdentifier = identifier
                        $0.value = value
                    }
                    customAttributes = (customAttributes ?? []) + [custom]
                }
            }
        }
    }
}
