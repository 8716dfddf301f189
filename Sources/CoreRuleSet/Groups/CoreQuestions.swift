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

    /// For the names of AWS's rules, the parts of a request that they end with, and ranges of numbers.
    private static let table = """
        GenericLFI BODY,QUERYARGUMENTS,URIPATH 930100-930119
        GenericRFI BODY,QUERYARGUMENTS 931100-931109
        CrossSiteScripting BODY,COOKIE,QUERYARGUMENTS,URIPATH 941100-941999
        SQLi BODY,COOKIE,QUERYARGUMENTS 942100-942100
        SQLiExtendedPatterns BODY,QUERYARGUMENTS 942101-942999
        LFI QUERYSTRING,URIPATH 930100-930199
        LFI HEADER 930100-930129
        UNIXShellCommandsVariables BODY,QUERYSTRING 932100-932106 932130-932130 932150-932171 932190-932299
        UNIXShellCommandsVariables HEADER 932130-932130 932160-932171
        WindowsShellCommands BODY,COOKIE,QUERYARGUMENTS 932110-932119 932140-932149
        PowerShellCommands BODY,COOKIE,QUERYARGUMENTS 932120-932129
        PHPHighRiskMethodsVariables BODY,HEADER,QUERYSTRING 933100-933999
        JavaDeserializationRCE BODY,HEADER,QUERYSTRING,URIPATH 944100-944999
        ExploitablePaths URIPATH 930130-930139
        UserAgent_BadBots HEADER 913100-913100
        """

    /// AWS's rules that something of the Core Rule Set stands behind, each with its part and the numbers.
    private static let lines: [(rule: String, name: String, part: RequestPart, ranges: [ClosedRange<Int>])] =
        table.split(separator: "\n").flatMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2 else { return [(String, String, RequestPart, [ClosedRange<Int>])]() }
            let ranges = words.dropFirst(2).compactMap { word -> ClosedRange<Int>? in
                let ends = word.split(separator: "-").compactMap { Int($0) }
                return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
            }
            return words[1].split(separator: ",").compactMap { suffix in
                let isBots = words[0] == "UserAgent_BadBots"
                let part = RequestPart.allCases.first { $0.suffix == suffix && (!isBots || $0 == .userAgent) }
                return part.map { ("\(words[0])_\(suffix)", words[0], $0, ranges) }
            }
        }

    /// The names of those rules.
    static let names = Set(lines.map(\.rule))

    /// Every one of them that some rule can be asked for, with its question.
    static func all(_ signatures: SignatureTable) -> [(rule: String, question: Question)] {
        lines.compactMap { line in
            let found = signatures.signatures(in: line.ranges)
            guard !found.isEmpty else { return nil }
            return (line.rule, Question(signatures: found, part: line.part, condition: condition(of: line.name)))
        }
    }

    /// What logs call it; nil: they have no word for it.
    private static func condition(of name: String) -> String? {
        switch name {
        case "CrossSiteScripting": "XSS"
        case "SQLi", "SQLiExtendedPatterns": "SQL_INJECTION"
        default: nil
        }
    }
}

extension CoreRules: RequestInspector {
    public func inspection(of request: WebRequest, at time: Double) -> any RequestInspection {
        CoreInspection(self, request)
    }

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
        guard let match = firstMatch(asked.signatures, in: asked.part) else { return nil }
        guard let condition = asked.condition else { return InspectionFinding() }
        return InspectionFinding(
            details: [
                Verdict.Detail(
                    condition: condition, sensitivity: condition == "SQL_INJECTION" ? "LOW" : nil,
                    location: asked.part.location,
                    matched: match.value.map { Self.matched(text(of: $0), condition) } ?? [])
            ])
    }

    /// What logs say was found in a value.
    private static func matched(_ text: [UInt8], _ condition: String) -> [String] {
        guard condition == "SQL_INJECTION" else { return InjectionDetection.matchedScript(text) }
        let tokens = InjectionDetection.matchedSQL(text)
        return tokens.isEmpty ? [String(decoding: text.prefix(64), as: UTF8.self)] : tokens
    }
}
