/// Whether a resource is as a rule wants it.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_Compliance.html>
package enum Compliance: String, Sendable, Codable, CaseIterable {
    case compliant = "COMPLIANT"
    case nonCompliant = "NON_COMPLIANT"
    /// The rule has nothing to say of it; nothing is kept.
    case notApplicable = "NOT_APPLICABLE"
    case insufficientData = "INSUFFICIENT_DATA"
}

/// What a rule says of one resource.
package struct RuleVerdict: Sendable, Equatable {
    package var compliance: Compliance
    /// Why; at most 256 characters of it are kept.
    package var annotation: String?

    package init(compliance: Compliance, annotation: String? = nil) {
        self.compliance = compliance
        self.annotation = annotation
    }

    package static let compliant = RuleVerdict(compliance: .compliant)
    package static let notApplicable = RuleVerdict(compliance: .notApplicable)

    package static func nonCompliant(_ annotation: String? = nil) -> RuleVerdict {
        RuleVerdict(compliance: .nonCompliant, annotation: annotation)
    }

    /// COMPLIANT if something holds.
    package static func when(_ holds: Bool, otherwise annotation: String? = nil) -> RuleVerdict {
        holds ? .compliant : .nonCompliant(annotation)
    }
}

/// What a rule says of one of several resources.
package struct ResourceVerdict: Sendable, Equatable {
    package var type: String
    package var id: String
    package var verdict: RuleVerdict

    package init(_ type: String, _ id: String, _ verdict: RuleVerdict) {
        self.type = type
        self.id = id
        self.verdict = verdict
    }

    package static let accountType = "AWS::::Account"
}
