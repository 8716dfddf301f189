import Directory
import Fetch
import Ledger
import Platform
import Posture
import Wire

/// The server that stands for the function of a custom rule: the HTTP endpoint that the operator has declared for its ARN
/// (`gatehouse serve --event-destination ARN=URL`). It answers by PutEvaluations.
/// <https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_example-events.html>
struct RuleEndpoint {
    /// The code of the error for a server that can't be reached, or that does not answer in time: later it may.
    static let unavailable = "FunctionUnavailable"
    /// The code of the error for a server that fails: later it may not.
    static let failing = "FunctionFailed"

    /// Whether an error is one of the server's, and passes.
    static func isOutside(_ error: ServiceError) -> Bool { [unavailable, failing].contains(error.code) }

    private let rule: StoredRule
    private let environment: Environment

    init(_ rule: StoredRule, _ environment: Environment) {
        self.rule = rule
        self.environment = environment
    }

    /// - Parameter item: what has changed; nil: the rule is due.
    /// - Throws: what becomes the status of the rule.
    func invoke(on item: ConfigurationItem?, _ time: Double) async throws(ServiceError) {
        let servers = environment.outsideServers
        guard let arn = rule.identifier,
            let address = servers.eventDestination(arn, for: rule.functionAccount ?? rule.accountID)
        else {
            throw ServiceError(
                "InternalError",
                "The custom AWS Config rule function \(rule.identifier ?? "") can't be invoked: no server stands for it;"
                    + " declare it with --event-destination.", status: 400)
        }
        let token = try await ResultToken.make(for: rule, at: time, environment)
        let request = Fetch.Request(
            "POST", address,
            headers: [
                (name: "Content-Type", value: "application/json"), (name: "X-Gatehouse-Destination", value: arn),
                (name: "X-Amz-Invocation-Type", value: "Event"),
            ], body: Array(event(item, token, time).jsonText.utf8))
        var limits = Fetch.Limits()
        limits.time = .seconds(10)
        let answer: Fetch.Answer
        do throws(FetchError) { answer = try await Fetch(trust: servers.trust, limits: limits).send(request) } catch {
            throw ServiceError(
                Self.unavailable, "The function of the rule could not be invoked: \(error).", status: 503)
        }
        guard (200...299).contains(answer.status) else {
            let message = "The function of the rule answered \(answer.status)."
            guard answer.status >= 500 else { throw ServiceError("InternalError", message, status: 400) }
            throw ServiceError(Self.failing, message, status: 503)
        }
    }

    private func event(_ item: ConfigurationItem?, _ token: String, _ time: Double) -> JSONValue {
        let parameters = (try? RuleParameters(parsing: rule.inputParameters)) ?? RuleParameters()
        var invoking: [JSONMember] = []
        if let item {
            var shown = item.guarded(with: RuleParameters()).members.filter {
                $0.key != "InputParameters" && $0.key != "CONFIG_RULE_PARAMETERS"
            }
            shown.append(JSONMember(key: "awsAccountId", value: .string(item.accountID)))
            shown.append(JSONMember(key: "ARN", value: .perhaps(item.arn) ?? .null))
            shown.append(JSONMember(key: "configurationItemStatus", value: .string("OK")))
            shown.append(JSONMember(key: "configurationItemCaptureTime", value: .time(time)))
            invoking.append(JSONMember(key: "configurationItemDiff", value: .null))
            invoking.append(JSONMember(key: "configurationItem", value: .object(shown)))
            invoking.append(JSONMember(key: "messageType", value: .string("ConfigurationItemChangeNotification")))
        } else {
            invoking.append(JSONMember(key: "awsAccountId", value: .string(rule.accountID)))
            invoking.append(JSONMember(key: "messageType", value: .string("ScheduledNotification")))
        }
        invoking.append(JSONMember(key: "notificationCreationTime", value: .time(time)))
        invoking.append(JSONMember(key: "recordVersion", value: .string(item == nil ? "1.0" : "1.3")))
        return .members([
            "version": .string("1.0"), "invokingEvent": .string(JSONValue.object(invoking).jsonText),
            "ruleParameters": .string(parameters.json.jsonText), "resultToken": .string(token),
            "eventLeftScope": .boolean(false), "configRuleArn": .string(rule.arn),
            "configRuleName": .string(rule.name), "configRuleId": .string(rule.ruleID),
            "accountId": .string(rule.accountID),
        ])
    }
}
