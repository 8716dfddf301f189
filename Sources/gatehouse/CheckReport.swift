import ArgumentParser
import Catalogue
import CustomChecks
import Policy
import Reasoning

/// What a check has found, in the words and the form of Access Analyzer's answers, and more: the request that proves it.
struct CheckReport {
    /// One thing that makes the check fail.
    struct Finding {
        /// In AWS's words.
        let description: String
        /// What a person reads after the place: "grants what old.json does not".
        let words: String
        let policy: CheckedPolicy
        /// Counted from 0; nil: the policy as a whole.
        let statement: Int?
        let witness: Witness?
    }

    /// "no-new-access"
    let check: String
    let result: CheckVerdict.Result
    /// AWS's sentence.
    let message: String
    var findings: [Finding] = []

    /// Prints the report.
    /// - Throws: the exit status, unless the check passed.
    func end(_ format: CheckOptions.Format) throws {
        switch format {
        case .text: print(text(colored: Terminal.isColored))
        case .json: print(try PrintedJSON.of(JSONReport(self)))
        case .sarif: print(try PrintedJSON.of(SARIFLog(self)))
        }
        if result != .pass { throw result.exitCode }
    }

    private func text(colored: Bool) -> String {
        func bold(_ text: String, _ code: String) -> String { colored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        var lines: [String] = []
        for finding in findings {
            if let witness = finding.witness { lines += witness.lines(finding.policy) }
            lines.append("\(finding.place): \(finding.words)".onOneLine)
        }
        let code = result == .pass ? "32" : result == .fail ? "31" : "33"
        return (lines + ["\(bold(result.rawValue, code)) \(message.onOneLine)"]).joined(separator: "\n")
    }
}

extension CheckVerdict.Result {
    var exitCode: ExitCode {
        switch self {
        case .pass: ExitCode(0)
        case .fail: ExitCode(1)
        case .unknown: ExitCode(3)
        }
    }
}

extension CheckReport.Finding {
    /// "policy.json:7:9", and the statement's name.
    fileprivate var place: String {
        guard let statement, let found = source else { return policy.file }
        let name = found.sid.map { "statement \(statement + 1) \"\($0.value)\"" } ?? "statement \(statement + 1)"
        return "\(policy.file):\(found.position): \(name)"
    }

    fileprivate var source: Statement? {
        statement.flatMap { policy.document.statements.indices.contains($0) ? policy.document.statements[$0] : nil }
    }

    fileprivate var sid: String? { source?.sid?.value }
}

extension Witness {
    /// The request in a line, and its condition keys in one each.
    fileprivate func lines(_ policy: CheckedPolicy) -> [String] {
        ["\(caller) may \(request.action) on \(request.resource)".onOneLine]
            + contextLines(policy.document.keySpellings).map { "    \($0)" }
    }

    /// A line for each condition key that the request has to have, and for each that it must not have.
    /// - Parameter spellings: how to write keys, by their names in lower case; others are written as AWS's pages do.
    func contextLines(_ spellings: [String: String] = [:]) -> [String] {
        context.sorted { $0.key < $1.key }
            .map { "\(spellings[$0.key] ?? $0.key.spelledByAWS) = \($0.value.text)".onOneLine }
            + absentKeys.map { "without \(spellings[$0] ?? $0.spelledByAWS)".onOneLine }
    }

    /// The caller in a word.
    var caller: String {
        switch request.principal.kind {
        case .anonymous: "anybody, without credentials,"
        case .service: request.principal.service ?? ""
        default: request.principal.arn
        }
    }
}

extension String {
    /// A condition key in lower case, as AWS's pages write it.
    var spelledByAWS: String {
        guard let name = ServiceCatalogue.aws.conditionKey(self)?.name, !name.contains("${") else { return self }
        return name
    }
}

extension ContextValue {
    fileprivate var text: String {
        switch self {
        case .one(let value): value
        case .many(let values): "[\(values.joined(separator: ", "))]"
        }
    }
}

extension PolicyDocument {
    /// Each condition key as the document writes it, by its name in lower case.
    fileprivate var keySpellings: [String: String] {
        var spellings: [String: String] = [:]
        for condition in statements.flatMap(\.conditions) {
            spellings[condition.key.value.lowercased()] =
                spellings[condition.key.value.lowercased()] ?? condition.key.value
        }
        return spellings
    }
}

// MARK: JSON

private struct JSONReport: Encodable {
    struct Reason: Encodable {
        let description: String
        let file: String
        let line: Int?
        let column: Int?
        let statementIndex: Int?
        let statementId: String?
        let witness: JSONWitness?
    }

    let check: String
    let result: String
    let message: String
    let reasons: [Reason]

    init(_ report: CheckReport) {
        check = report.check
        result = report.result.rawValue
        message = report.message
        reasons = report.findings.map { finding in
            Reason(
                description: finding.description, file: finding.policy.file, line: finding.source?.position.line,
                column: finding.source?.position.column, statementIndex: finding.statement, statementId: finding.sid,
                witness: finding.witness.map(JSONWitness.init))
        }
    }
}

/// A request as `gatehouse simulate --json-lines` takes it.
struct JSONWitness: Encodable {
    enum Value: Encodable {
        case one(String)
        case many([String])

        var text: String {
            switch self {
            case .one(let value): value
            case .many(let values): "[\(values.joined(separator: ", "))]"
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .one(let value): try container.encode(value)
            case .many(let values): try container.encode(values)
            }
        }
    }

    let principal: String
    let action: String
    let resource: String
    let context: [String: Value]
    let absentKeys: [String]

    init(_ witness: Witness) {
        let caller = witness.request.principal
        principal = caller.kind == .anonymous ? "*" : caller.kind == .service ? caller.service ?? "" : caller.arn
        action = witness.request.action
        resource = witness.request.resource
        context = witness.context.mapValues { value in
            switch value {
            case .one(let text): .one(text)
            case .many(let texts): .many(texts)
            }
        }
        absentKeys = witness.absentKeys
    }
}

// MARK: SARIF

extension SARIFLog {
    fileprivate init(_ report: CheckReport) {
        let rule = Rule(
            id: report.check, shortDescription: Message(text: report.check.replacing("-", with: " ")),
            helpUri: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html",
            defaultConfiguration: ["level": "error"])
        let results = report.findings.map { finding in
            let proof =
                finding.witness.map { " For example: \($0.lines(finding.policy).joined(separator: "; "))" } ?? ""
            return Result(
                ruleId: report.check, ruleIndex: 0, level: report.result == .unknown ? "warning" : "error",
                message: Message(text: "\(finding.place): \(finding.words).\(proof)"),
                locations: [
                    Location(
                        finding.policy.file, line: finding.source?.position.line ?? 1,
                        column: finding.source?.position.column ?? 1,
                        name: finding.statement.map { "Statement[\($0)]" })
                ])
        }
        self.init(driver: "gatehouse check", rules: [rule], results: results)
    }
}

extension CheckReport {
    /// The report of a check that asks whether something is allowed that must not be.
    ///
    /// - Parameter words: what a person reads.
    init(_ check: String, _ verdict: CheckVerdict, of policy: CheckedPolicy, words: String) {
        let findings = verdict.reasons.map { reason in
            Finding(
                description: reason.description, words: words, policy: policy, statement: reason.statementIndex,
                witness: reason.witness)
        }
        let doubts = [verdict.doubt].compactMap { $0 }.map { doubt in
            Finding(description: "\(doubt)", words: "\(doubt)", policy: policy, statement: nil, witness: nil)
        }
        self.init(check: check, result: verdict.result, message: verdict.message, findings: findings + doubts)
    }
}
