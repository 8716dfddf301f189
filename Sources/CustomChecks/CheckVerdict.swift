import Policy
public import Reasoning

/// What a check has found, in the form of Access Analyzer's answers, and more: the requests that prove it.
public struct CheckVerdict: Sendable {
    /// Whether the check passes.
    public enum Result: String, Sendable, Hashable {
        /// The policy certainly does not allow what it must not.
        case pass = "PASS"
        /// It does.
        case fail = "FAIL"
        /// It is one of the few corners that the reasoning does not decide. Access Analyzer has no word for it.
        case unknown = "UNKNOWN"
    }

    /// A statement that makes the check fail.
    ///
    /// AWS: `API_ReasonSummary.html`.
    public struct Reason: Sendable {
        /// In AWS's words.
        public let description: String
        /// The statement's place, from 0; nil where no single one does it.
        public let statementIndex: Int?
        /// The statement's Sid.
        public let statementID: String?
        /// A request that proves it.
        public let witness: Witness
    }

    /// Whether the check passes.
    public let result: Result
    /// AWS's sentence.
    public let message: String
    /// Why it fails, in the order of the statements; empty unless it does.
    public let reasons: [Reason]
    /// Why it is not decided; nil where it is.
    public let doubt: Doubt?

    init(result: Result, message: String, reasons: [Reason] = [], doubt: Doubt? = nil) {
        self.result = result
        self.message = message
        self.reasons = reasons
        self.doubt = doubt
    }

    /// The verdict that follows from whether something is allowed that must not be.
    public init(_ answer: Answer, _ wording: CheckWording) {
        switch answer {
        case .no: self.init(result: .pass, message: wording.pass)
        case .yes(let witness):
            self.init(result: .fail, message: wording.fail, reasons: [wording.reason(witness)])
        case .unknown(let doubt):
            self.init(result: .unknown, message: "This check is not decided: \(doubt).", doubt: doubt)
        }
    }
}

/// What a check says.
public struct CheckWording: Sendable {
    /// The message of a check that passes.
    public let pass: String
    /// The message of a check that fails.
    public let fail: String
    /// What comes before "with sid: X." or "with index: 0." in the description of a reason.
    public let reason: String

    /// - Parameters: see the properties.
    public init(pass: String, fail: String, reason: String) {
        self.pass = pass
        self.fail = fail
        self.reason = reason
    }

    /// AWS: `API_CheckNoNewAccess.html`, and `accessanalyzer/check-no-new-access.html` in the CLI reference.
    public static let noNewAccess = CheckWording(
        pass: "The modified permissions do not grant new access compared to your existing policy.",
        fail: "The modified permissions grant new access compared to your existing policy.",
        reason: "New access in the statement")

    /// AWS: the examples of `API_CheckAccessNotGranted.html`.
    public static let accessNotGranted = CheckWording(
        pass: "The policy document does not grant access to perform the listed actions or resources.",
        fail: "The policy document grants access to perform one or more of the listed actions or resources.",
        reason: "One or more of the listed actions or resources in the statement")

    /// AWS: the examples of `API_CheckNoPublicAccess.html`.
    public static let noPublicAccess = CheckWording(
        pass: "The resource policy does not grant public access for the given resource type.",
        fail: "The resource policy grants public access for the given resource type.",
        reason: "Public access granted in the following statement")

    func reason(_ statement: Statement, _ witness: Witness) -> CheckVerdict.Reason {
        reason(index: statement.index, sid: statement.sid?.value, witness)
    }

    func reason(_ witness: Witness) -> CheckVerdict.Reason {
        reason(index: witness.decision.statement?.index, sid: witness.decision.statement?.sid, witness)
    }

    private func reason(index: Int?, sid: String?, _ witness: Witness) -> CheckVerdict.Reason {
        let name = sid.map { " with sid: \($0)" } ?? index.map { " with index: \($0)" } ?? ""
        return CheckVerdict.Reason(
            description: "\(reason)\(name).", statementIndex: index, statementID: sid, witness: witness)
    }
}
