import Escalation

struct JSONEscalations: Encodable {
    struct Step: Encodable {
        let method: String
        let effect: String
        let actor: String
        let assumptions: [String]
        let requests: [JSONWitness]
    }

    struct Path: Encodable {
        let principal: String
        let method: String
        let steps: [Step]
        let gain: JSONWitness
        let reachesAll: Bool
        let alsoReaches: [String]
        let hasMore: Bool
    }

    struct Undecided: Encodable {
        let principal: String
        let reasons: [String]
    }

    let check = "escalate"
    let result: String
    let message: String
    let principals: Int
    let paths: [Path]
    let undecided: [Undecided]

    init(_ found: EscalationFindings) {
        result = found.result.rawValue
        message = found.message
        principals = found.reports.count
        paths = found.reports.flatMap(\.paths).map { path in
            Path(
                principal: path.principal, method: path.method,
                steps: path.steps.map { step in
                    Step(
                        method: step.method, effect: step.effect, actor: step.actor, assumptions: step.assumptions,
                        requests: step.requests.map { JSONWitness($0.witness) })
                }, gain: JSONWitness(path.gain.witness), reachesAll: path.reachesAll, alsoReaches: path.others,
                hasMore: path.hasMore)
        }
        undecided = found.reports.filter { !$0.undecided.isEmpty }
            .map { Undecided(principal: $0.principal, reasons: $0.undecided) }
    }
}

extension SARIFLog {
    /// - Parameter places: where each user and role stands in a file.
    init(_ found: EscalationFindings, places: [String: Location]) {
        let methods = Set(found.reports.flatMap(\.paths).compactMap { $0.steps.last?.method }).sorted()
        var rules = methods.map { method in
            Self.rule(method.ruleID, "A user or role can reach more than it has, by \(method).")
        }
        let undecided = "undecided"
        let hasUndecided = found.reports.contains { !$0.undecided.isEmpty }
        if hasUndecided {
            rules.append(Self.rule(undecided, "It is not decided whether a user or role can reach more than it has."))
        }
        var results: [Result] = []
        for report in found.reports {
            let location = places[report.principal] ?? Location(named: report.principal)
            for path in report.paths {
                let method = path.steps.last?.method ?? ""
                results.append(
                    Result(
                        ruleId: method.ruleID, ruleIndex: methods.firstIndex(of: method) ?? 0,
                        level: path.assumptions.isEmpty ? "error" : "warning",
                        message: Message(text: path.sentence.onOneLine), locations: [location]))
            }
            for doubt in report.undecided {
                results.append(
                    Result(
                        ruleId: undecided, ruleIndex: methods.count, level: "warning",
                        message: Message(text: "\(report.principal): not decided: \(doubt)".onOneLine),
                        locations: [location]))
            }
        }
        self.init(driver: "gatehouse escalate", rules: rules, results: results)
    }

    private static func rule(_ id: String, _ text: String) -> Rule {
        Rule(
            id: id, shortDescription: Message(text: text),
            helpUri: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
            defaultConfiguration: ["level": "error"])
    }
}

extension String {
    /// "iam:PassRole, lambda:CreateFunction" as the name of a rule.
    fileprivate var ruleID: String { replacing(", ", with: "+") }
}

extension EscalationPath {
    fileprivate var sentence: String {
        let gained = gain.witness
        let how = steps.map { step in
            let requests = step.requests.map { request in
                let context = request.witness.contextLines()
                let more = context.isEmpty ? "" : " (\(context.joined(separator: "; ")))"
                return "\(request.witness.request.action) on \(request.witness.request.resource)\(more)"
            }
            return "\(step.effect): \(requests.joined(separator: ", "))"
        }
        let assumed = assumptions.isEmpty ? "" : " If \(assumptions.joined(separator: ", and "))."
        return "\(principal) can reach \(gained.request.action) on \(gained.request.resource), which it may not: "
            + how.joined(separator: "; then ") + ".\(assumed)"
    }
}
