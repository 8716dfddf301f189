public import WAF

/// Which rules of the Core Rule Set stand behind which of AWS's.
///
/// AWS tells nobody what its rules look for; it describes them, and these find what the descriptions say.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html>
enum CoreQuestions {
    /// Whether one of some rules finds something in a part of the request.
    struct Question: Sendable {
        let signatures: [Signature]
        let part: RequestPart
        /// What logs call it; nil: they have no word for it.
        let condition: String?
    }

    /// For the names of AWS's rules, without the part that they look at, ranges of numbers.
    private static let table = """
        GenericLFI 930100-930119
        GenericRFI 931100-931109
        CrossSiteScripting 941100-941999
        SQLi 942100-942100
        SQLiExtendedPatterns 942101-942999
        LFI 930100-930199
        UNIXShellCommandsVariables 932100-932106 932130-932130 932150-932160 932170-932171 932190-932299
        WindowsShellCommands 932110-932119 932140-932149
        PowerShellCommands 932120-932129
        PHPHighRiskMethodsVariables 933100-933999
        JavaDeserializationRCE 944100-944999
        ExploitablePaths 930130-930139
        UserAgent_BadBots 913100-913100
        """

    /// AWS's rules that something of the Core Rule Set stands behind, without the parts that they look at.
    static let names = Set(ranges(table).map(\.name))

    /// In headers there is much that is no argument: there, only these are looked for.
    private static let headerTable = """
        UNIXShellCommandsVariables 932130-932130 932160-932171
        LFI 930100-930129
        """

    /// Every rule of AWS's that something of the Core Rule Set stands behind, with its question.
    static func all(_ signatures: SignatureTable) -> [(rule: String, question: Question)] {
        let usual = ranges(table)
        let inHeaders = ranges(headerTable)
        var questions: [(rule: String, question: Question)] = []
        for (name, ranges) in usual {
            for part in RequestPart.allCases {
                let wanted = part == .header ? inHeaders.first { $0.name == name }?.ranges ?? ranges : ranges
                let found = signatures.signatures(in: wanted)
                guard !found.isEmpty else { continue }
                let isBots = name == "UserAgent_BadBots"
                guard (part == .userAgent) == isBots else { continue }
                questions.append(
                    ("\(name)_\(part.suffix)", Question(signatures: found, part: part, condition: condition(of: name))))
            }
        }
        return questions
    }

    /// What logs call it; nil: they have no word for it.
    private static func condition(of name: String) -> String? {
        switch name {
        case "CrossSiteScripting": "XSS"
        case "SQLi", "SQLiExtendedPatterns": "SQL_INJECTION"
        default: nil
        }
    }

    private static func ranges(_ table: String) -> [(name: String, ranges: [ClosedRange<Int>])] {
        table.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let name = words.first else { return nil }
            return (
                String(name),
                words.dropFirst().compactMap { word in
                    let ends = word.split(separator: "-").compactMap { Int($0) }
                    return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
                }
            )
        }
    }
}

extension CoreRules: RequestInspector {
    public func inspection(of request: WebRequest) -> any RequestInspection { CoreInspection(self, request) }

    /// The question that stands behind a rule of AWS's: `CrossSiteScripting_BODY`.
    /// - Returns: nil: none does.
    public func question(_ rule: String) -> Inspection? {
        questions.firstIndex { $0.rule == rule }.map { Inspection(self, question: $0) }
    }

    /// AWS's rules that something of the Core Rule Set stands behind.
    public var managedRules: [String] { questions.map(\.rule) }

    /// Whether all rules together refuse a request. Each rule that matches gives a label: ``labelNamespace`` with its number.
    public var score: Inspection { Inspection(self, question: -1) }

    /// What the labels of rules begin with.
    public static let labelNamespace = "awswaf:managed:owasp:core-rule-set:"
}

extension CoreInspection: RequestInspection {
    func finding(_ question: Int) -> InspectionFinding? {
        guard question >= 0 else {
            let result = run()
            guard result.isDenied else { return nil }
            return InspectionFinding(labels: result.rules.map { CoreRules.labelNamespace + "rule:\($0)" })
        }
        guard rules.questions.indices.contains(question) else { return nil }
        let asked = rules.questions[question].question
        guard firstMatch(asked.signatures, in: asked.part) != nil else { return nil }
        return InspectionFinding(
            details: asked.condition.map {
                [
                    Verdict.Detail(
                        condition: $0, sensitivity: $0 == "SQL_INJECTION" ? "LOW" : nil, location: asked.part.location)
                ]
            } ?? [])
    }
}
