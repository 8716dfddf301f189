import Lint
import Policy
import Wire

/// A policy to be changed: its text, and after an attempt that failed what is wrong with it.
struct PolicyForm {
    /// Where it is sent.
    let policyAction: String
    let policyText: String
    /// Whether there is none yet.
    let isNewPolicy: Bool
    let policyProblem: Problem?
    private(set) var policyFindings: [PolicyFinding]
    /// Whether it can be taken away.
    let isRemovable: Bool
    /// What the field is called.
    let policyLabel: String
    /// Name, description and type, where they are sent along with the text.
    private(set) var formName: String?
    private(set) var formAbout: String?
    private(set) var formType: String?

    struct PolicyFinding {
        let findingSeverity: String
        let findingColor: String
        let findingLine: Int
        let findingCode: String
        let findingText: String
        let findingLink: String
    }

    /// - Parameters:
    ///   - path: below ``Console/root``.
    ///   - text: the policy as it is; nil: there is none.
    ///   - typed: what was sent and refused, with the reason.
    ///   - resourceType: `AWS::S3::Bucket`; nil: it is not of a resource.
    init(
        _ path: String, _ label: String, text: String?, typed: (text: String, problem: Problem)? = nil,
        type: PolicyType, resourceType: String? = nil, isRemovable: Bool = false
    ) {
        policyAction = Console.root + path
        policyLabel = label
        policyText = typed?.text ?? text.map { FormattedJSON.of($0) } ?? ""
        isNewPolicy = text == nil
        policyProblem = typed?.problem
        self.isRemovable = isRemovable && text != nil
        policyFindings =
            typed.map { Linter().lint($0.text, as: type, resourceType: resourceType).findings.map(PolicyFinding.init) }
            ?? []
    }
}

extension PolicyForm.PolicyFinding {
    fileprivate init(_ finding: Finding) {
        findingSeverity = finding.severity.name
        findingColor =
            switch finding.severity.name {
            case "error": "bad"
            case "suggestion": "quiet"
            default: "warn"
            }
        findingLine = finding.position.line
        findingCode = finding.code.rawValue
        findingText = finding.message
        findingLink = finding.code.learnMoreLink
    }
}

extension PolicyForm {
    /// With the fields that an organization's policies have besides.
    func with(name: String, about: String, type: String? = nil) -> PolicyForm {
        var form = self
        (form.formName, form.formAbout, form.formType) = (name, about, type)
        return form
    }

    /// For a policy that is in no language that lint reads.
    var withoutFindings: PolicyForm {
        var form = self
        form.policyFindings = []
        return form
    }
}

/// Tags, as all pages show and change them.
struct TagForm {
    /// Where changes are sent.
    let tagAction: String
    let tags: [TagRow]
    let tagProblem: Problem?
    let mayTag: Bool

    struct TagRow {
        let tagKey: String
        let tagValue: String
    }

    /// - Parameter path: below ``Console/root``.
    init(_ path: String, _ tags: Attempted<[(key: String, value: String)]>) {
        tagAction = Console.root + path
        self.tags = (tags.value ?? []).map { TagRow(tagKey: $0.key, tagValue: $0.value) }
        tagProblem = tags.problem
        mayTag = tags.problem == nil
    }
}
