import DomainRecords
import Platform

// What the domain name system says of a name, as far as certificates depend on it.

extension Environment {
    /// The most aliases between a validation record's name and its value.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
    private static let mostAliases = 5

    /// Whether a validation record is there.
    ///
    /// Where the operator has not said where records are seen, Gatehouse knows those of the names that can be nobody's, and no
    /// others.
    /// - Parameter mayPut: whether a record that is missing may be put there, if the operator lets Gatehouse do so. One that was
    ///   there before may not: whoever has taken it away wants no more certificates.
    /// - Throws: `DomainProblem` where that can't be known.
    func sees(_ record: ValidationRecord, mayPut: Bool) async throws(DomainProblem) -> Bool {
        let records = outsideServers.domainRecords
        guard records.isThere else { return TestNames.contains(record.name) }
        if try await isAlias(record) { return true }
        // Nor does it take the place of another.
        guard mayPut, records.canPut(record.name), try await records.records(of: record.name, .alias).isEmpty else {
            return false
        }
        try await records.put(record.name, alias: record.value)
        return try await isAlias(record)
    }

    private func isAlias(_ record: ValidationRecord) async throws(DomainProblem) -> Bool {
        var name = record.name
        let wanted = record.value.dropLast()
        for _ in 0..<Self.mostAliases {
            guard
                case .alias(let target)? = try await outsideServers.domainRecords.records(of: name, .alias).first?.value
            else { return false }
            if target == wanted { return true }
            name = target
        }
        return false
    }

    /// The authorities that CAA records have to name, one of them, if there are any.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html>
    private static let authorities: Set<String> = [
        "amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com",
    ]

    /// Whether CAA records allow certificates for a name (RFC 8659): those of the nearest name above it that has any.
    /// - Parameter name: may be a wildcard.
    /// - Throws: `DomainProblem` where that can't be known.
    func isIssuingAllowed(for name: String) async throws(DomainProblem) -> Bool {
        let records = outsideServers.domainRecords
        guard records.isThere else { return true }
        var domain = DomainValidation.base(name)[...]
        while !domain.isEmpty {
            let found = try await records.records(of: String(domain), .authorization)
            if !found.isEmpty { return Self.allow(found.map(\.value), isWildcard: name.hasPrefix("*.")) }
            domain = domain.firstIndex(of: ".").map { domain[domain.index(after: $0)...] } ?? ""
        }
        return true
    }

    private static func allow(_ values: [DomainRecord.Value], isWildcard: Bool) -> Bool {
        var (plain, wild): ([String], [String]) = ([], [])
        for case .authorization(let property, let value, let isCritical) in values {
            // Parameters may follow the authority's name.
            let named = value.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
            switch property {
            case "issue": plain.append(named)
            case "issuewild": wild.append(named)
            case "iodef", "issuemail", "contactemail", "contactphone": continue
            default: if isCritical { return false }
            }
        }
        let wanted = isWildcard && !wild.isEmpty ? wild : plain
        return wanted.isEmpty || wanted.contains { authorities.contains($0) }
    }
}

/// Names that RFC 2606 and RFC 6761 keep for tests and examples: they can be nobody's.
enum TestNames {
    private static let all = ["test", "example", "localhost", "example.com", "example.net", "example.org"]

    static func contains(_ name: String) -> Bool {
        let name = name.hasSuffix(".") ? String(name.dropLast()) : name
        return all.contains { name == $0 || name.hasSuffix("." + $0) }
    }
}

/// Names that no public certificate can be for.
enum PublicNames {
    /// <https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html>
    private static let amazons = ["amazonaws.com", "cloudfront.net", "elasticbeanstalk.com"]

    /// AWS's reason to refuse names; nil: there is none.
    static func fault(_ names: [String]) -> String? {
        for name in names {
            let name = DomainValidation.base(name)
            if amazons.contains(where: { name == $0 || name.hasSuffix("." + $0) }) { return "DOMAIN_NOT_ALLOWED" }
            let labels = name.split(separator: ".")
            guard let last = labels.last, last != "invalid", last.contains(where: { !$0.isNumber }),
                labels.allSatisfy(isLabel)
            else { return "INVALID_PUBLIC_DOMAIN" }
        }
        return nil
    }

    /// Hyphens in the third and fourth place stand for a coding, of which there is one (RFC 5891, section 4.2.3.1).
    private static func isLabel(_ label: Substring) -> Bool {
        let start = Array(label.utf8.prefix(4))
        guard start.count == 4, start[2] == UInt8(ascii: "-"), start[3] == UInt8(ascii: "-") else { return true }
        return label.hasPrefix("xn--")
    }
}
