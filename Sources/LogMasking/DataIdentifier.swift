import WAF

/// A kind of sensitive data that is looked for: one of AWS's, or a regular expression of the policy's own.
public struct DataIdentifier: Sendable {
    /// `EmailAddress`, `DriversLicense-US`, or the name that the policy gives it.
    public let name: String
    /// One of these has to fit.
    let forms: [Form]

    /// What such data look like.
    struct Form: Sendable {
        let pattern: String
        let check: DataCheck?
        /// One of these has to be near; empty: none has to be.
        let keywords: [String]
        /// Whether it may stand within a word or a longer number.
        let isFree: Bool
    }

    /// The beginning of the ARNs of AWS's identifiers.
    public static let prefix = "arn:aws:dataprotection::aws:data-identifier/"

    /// The names of those that are there, in order.
    public static var managedNames: [String] { managed.keys.sorted() }
    /// The names of those that AWS has, and that are not there: AWS finds them by learning.
    public static var missingNames: [String] { IdentifierTable.notBuilt.sorted() }

    /// One of AWS's identifiers by its name.
    /// - Returns: nil: there is none.
    public static func managed(_ name: String) -> DataIdentifier? { managed[name] }

    private static let managed: [String: DataIdentifier] = {
        var found: [String: DataIdentifier] = [:]
        for line in IdentifierTable.all.flatMap({ $0.split(separator: "\n") }) {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map { String($0) }
            guard parts.count == 4 else { continue }
            let (name, form) = (parts[0], form(pattern: parts[2], check: parts[1], keywords: parts[3]))
            found[name] = DataIdentifier(name: name, forms: (found[name]?.forms ?? []) + [form])
        }
        return found
    }()

    private static func form(pattern: String, check: String, keywords: String) -> Form {
        let isBlock = pattern.hasPrefix("-----") || pattern.hasPrefix("PuTTY")
        let words = keywords.split(separator: "|").flatMap { word -> [String] in
            guard word.hasPrefix("&") else { return [String(word)] }
            return (IdentifierTable.keywords[String(word.dropFirst())] ?? "").split(separator: "|").map { String($0) }
        }
        return Form(
            pattern: pattern, check: DataCheck(rawValue: check), keywords: keywords == "-" ? [] : words, isFree: isBlock
        )
    }

    private init(name: String, forms: [Form]) { (self.name, self.forms) = (name, forms) }

    /// Characters that a regular expression may have at most.
    static let longestRegex = 200

    /// A policy's own identifier.
    /// - Throws: what is wrong with it.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-custom-data-identifiers.html>
    init(custom name: String, regex pattern: String) throws(InvalidDataProtectionPolicy) {
        guard (1...128).contains(name.utf8.count),
            name.utf8.allSatisfy({ Self.isAlphanumeric($0) || "_-".utf8.contains($0) })
        else { throw InvalidDataProtectionPolicy("The name of custom data identifier '\(name)' is not valid.") }
        guard Self.managed[name] == nil, !IdentifierTable.notBuilt.contains(name) else {
            throw InvalidDataProtectionPolicy(
                "Custom data identifier '\(name)' has the name of a managed data identifier.")
        }
        guard (1...Self.longestRegex).contains(pattern.utf8.count),
            pattern.utf8.allSatisfy({ Self.isAlphanumeric($0) || #"_#=@/;,- ^$?[]{}|\*+.:"#.utf8.contains($0) })
        else {
            throw InvalidDataProtectionPolicy(
                "The regular expression of custom data identifier '\(name)' is not valid.")
        }
        // One that fits nothing would fit everywhere.
        guard let regex = try? LinearRegex(pattern, capturing: true), !regex.matches([]) else {
            throw InvalidDataProtectionPolicy(
                "The regular expression of custom data identifier '\(name)' is not valid.")
        }
        forms = [Form(pattern: pattern, check: nil, keywords: [], isFree: true)]
        self.name = name
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }
}
