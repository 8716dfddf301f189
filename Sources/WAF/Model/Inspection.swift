/// A question to rules of another kind than AWS's statements, which something else than this module asks: a core rule set, say.
///
/// It stands in rules of managed groups only: no request of AWS's API can name it.
public struct Inspection: Sendable, Equatable {
    /// Who answers it.
    public let inspector: any RequestInspector
    /// Which of the inspector's questions it is.
    public let question: Int

    /// - Parameters: see the properties.
    public init(_ inspector: any RequestInspector, question: Int) {
        self.inspector = inspector
        self.question = question
    }

    public static func == (left: Inspection, right: Inspection) -> Bool {
        left.inspector === right.inspector && left.question == right.question
    }
}

/// Answers questions about requests.
public protocol RequestInspector: AnyObject, Sendable {
    /// Begins with a request. What several rules ask about it is asked of the same inspection, so that nothing has to be worked out
    /// twice.
    /// - Parameter time: when it came, in seconds since 1970.
    func inspection(of request: WebRequest, at time: Double) -> any RequestInspection
}

/// One request, as an inspector sees it. One evaluation uses it, and then it is gone.
public protocol RequestInspection: AnyObject {
    /// - Returns: nil: the rule does not match.
    func finding(_ question: Int) -> InspectionFinding?
}

/// What an inspection has found.
public struct InspectionFinding: Sendable, Equatable {
    /// Labels that the request gets, with all that stands before them.
    public var labels: [String]
    /// What logs say of it.
    public var details: [Verdict.Detail]
    /// Whether the rule matches; false: the request gets the labels alone.
    public var isMatch: Bool

    /// - Parameters: see the properties.
    public init(labels: [String] = [], details: [Verdict.Detail] = [], isMatch: Bool = true) {
        self.labels = labels
        self.details = details
        self.isMatch = isMatch
    }
}
