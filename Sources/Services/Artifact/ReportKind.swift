import Posture

/// A report that there is: about what, and in which form.
///
/// All are about this installation. What AWS's own reports say of AWS is nothing that Gatehouse could claim.
struct ReportKind: Sendable, Hashable {
    enum Subject: Sendable, Hashable {
        /// What the program is made of.
        case build
        /// What checks of the account have to say to a standard's controls.
        case controls(PostureControl.Standard)
    }

    enum Form: String, Sendable {
        /// JSON: OSCAL assessment results, or CycloneDX.
        case json
        case pdf

        var contentType: String { self == .json ? "application/json" : "application/pdf" }
    }

    let subject: Subject
    let form: Form

    /// All, in the order in which they are listed.
    static let all: [ReportKind] =
        [ReportKind(subject: .build, form: .json), ReportKind(subject: .build, form: .pdf)]
        + PostureControl.Standard.allCases.flatMap { standard in
            [
                ReportKind(subject: .controls(standard), form: .json),
                ReportKind(subject: .controls(standard), form: .pdf),
            ]
        }

    /// `report-` and sixteen letters and digits, the same everywhere and always.
    var id: String {
        let name =
            switch subject {
            case .build: "build"
            case .controls(let standard): "controls" + standard.name
            }
        let text = name + form.rawValue
        return "report-" + text + String(repeating: "0", count: max(0, 16 - text.utf8.count))
    }

    static func named(_ id: String) -> ReportKind? { all.first { $0.id == id } }

    /// Letters, digits, spaces and hyphens, as the model wants it.
    var name: String {
        switch (subject, form) {
        case (.build, .json): "Gatehouse bill of materials - CycloneDX"
        case (.build, .pdf): "Gatehouse bill of materials - PDF"
        case (.controls(let standard), .json): "Controls by \(Self.plain(standard)) - OSCAL assessment results"
        case (.controls(let standard), .pdf): "Controls by \(Self.plain(standard)) - PDF"
        }
    }

    /// The standard's name without the characters that the model forbids.
    private static func plain(_ standard: PostureControl.Standard) -> String {
        switch standard {
        case .cis: "CIS AWS Foundations 3-0-0"
        case .nist: "NIST SP 800-53 Rev 5"
        case .iso: "ISO-IEC 27001-2022 Annex A"
        case .pci: "PCI DSS 4-0"
        }
    }

    var description: String {
        switch subject {
        case .build:
            "The packages and libraries that this Gatehouse is made of, with versions and checksums, as it runs."
        case .controls(let standard):
            "What Gatehouse has read of this account, set against the controls of \(standard.rawValue) by a mapping of its "
                + "own. It is no certification, and says nothing of AWS."
        }
    }

    /// `artifact:ReportSeries` in policies.
    var series: String { subject == .build ? "Build" : "Controls" }
    /// `artifact:ReportCategory` in policies.
    var category: String { "Gatehouse" }
    /// What the document is called where it is saved.
    var fileName: String { "\(id).\(form.rawValue)" }
}
