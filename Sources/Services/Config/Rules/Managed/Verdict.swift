/// Whether a resource is as a rule wants it.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_Compliance.html>
enum Compliance: String, Sendable, Codable, CaseIterable {
    case compliant = "COMPLIANT"
    case nonCompliant = "NON_COMPLIANT"
    /// The rule has nothing to say of it; nothing is kept.
    case notApplicable = "NOT_APPLICABLE"
    case insufficientData = "INSUFFICIENT_DATA"
}

/// What a rule says of one resource.
struct Verdict: Sendable, Equatable {
    var compliance: Compliance
    /// Why; at most 256 characters of it are kept.
    var annotation: String?

    static let compliant = Verdict(compliance: .compliant)
    static let notApplicable = Verdict(compliance: .notApplicable)

    static func nonCompliant(_ annotation: String? = nil) -> Verdict {
        Verdict(compliance: .nonCompliant, annotation: annotation)
    }

    /// COMPLIANT if something holds.
    static func when(_ holds: Bool, otherwise annotation: String? = nil) -> Verdict {
        holds ? .compliant : .nonCompliant(annotation)
    }
}

/// What a rule says of one of several resources.
struct ResourceVerdict: Sendable, Equatable {
    var type: String
    var id: String
    var verdict: Verdict

    init(_ type: String, _ id: String, _ verdict: Verdict) {
        self.type = type
        self.id = id
        self.verdict = verdict
    }

    static let accountType = "AWS::::Account"
}
