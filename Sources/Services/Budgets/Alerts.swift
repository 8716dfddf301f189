import BudgetsAPI
import Costs
import Directory
import Platform
import SNSAPI
import Wire

/// What is to be told of a budget.
struct BudgetAlerts: Sendable {
    let spending: Spending
    let budget: StoredBudget
    let notifications: [StoredNotification]

    static let principal = "budgets.amazonaws.com"

    private var subject: String { String("AWS Budgets: \(budget.id) has exceeded your alert threshold".prefix(100)) }

    /// The messages to topics, to be completed in the transaction that remembers them. What a topic's policy denies is told to the
    /// operator, and not tried again.
    func messages(_ environment: Environment, _ context: JobContext) async -> [PreparedCall<SNS.Publish>] {
        var messages: [PreparedCall<SNS.Publish>] = []
        for notification in notifications {
            for subscriber in notification.subscribers where subscriber.type == "SNS" {
                do throws(ServiceError) {
                    guard let arn = ARN(parsing: subscriber.address) else { continue }
                    messages.append(
                        try await environment.services(in: arn.region).prepare(
                            SNS.Publish.self,
                            SNS.Publish.Input {
                                $0.topicArn = subscriber.address
                                $0.subject = subject
                                $0.message = text(notification, environment.now())
                            }, as: .own(Self.principal, for: budget.arn, in: budget.accountID)))
                } catch {
                    context.report(
                        "a budget's topic could not be told",
                        ["budget": budget.arn, "topic": subscriber.address, "error": error.code])
                }
            }
        }
        return messages
    }

    /// The messages to addresses.
    func mail(at time: Double) -> [Mail] {
        notifications.flatMap { notification in
            notification.subscribers.filter { $0.type == "EMAIL" }.map { subscriber in
                Mail(
                    requestID: RequestIDs.make(time: time), at: time, about: budget.accountID, to: subscriber.address,
                    subject: subject, text: text(notification, time))
            }
        }
    }

    /// As AWS writes it.
    private func text(_ notification: StoredNotification, _ time: Double) -> String {
        let view = spending.view
        let isCost = view.budgetType == "COST"
        func shown(_ amount: ExactAmount) -> String {
            isCost && view.unit == "USD"
                ? "$" + amount.text(leastDigits: 2) : "\(amount.text(leastDigits: 2)) \(view.unit)"
        }
        let kind = isCost ? "Cost" : "Usage"
        let limit = spending.limit ?? .zero
        let (words, sign) =
            switch notification.comparison {
            case "LESS_THAN": ("less than", "<")
            case "EQUAL_TO": ("equal to", "=")
            default: ("greater than", ">")
            }
        let threshold = shown(notification.amount(of: limit))
        let amount = shown((notification.type == "FORECASTED" ? spending.forecast : spending.actual) ?? .zero)
        let period =
            switch view.timeUnit {
            case "DAILY": "day"
            case "QUARTERLY": "quarter"
            case "ANNUALLY": "year"
            case "CUSTOM": "period"
            default: "month"
            }
        return """
            AWS Budget Notification \(CivilDate(seconds: time).text)
            AWS Account \(budget.accountID)

            Dear AWS Customer,

            You requested that we alert you when the \(notification.type) \(kind) associated with your \(budget.id) budget is \
            \(words) \(threshold) for the current \(period). The \(period) to date \(notification.type) \(kind) associated \
            with this budget is \(amount). You can find additional details below and by accessing the AWS Budgets dashboard.

            Budget Name: \(budget.id)
            Budget Type: \(kind)
            Budgeted Amount: \(shown(limit))
            Alert Type: \(notification.type)
            Alert Threshold: \(sign) \(threshold)
            \(notification.type) Amount: \(amount)
            """
    }
}
