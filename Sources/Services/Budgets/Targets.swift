import BudgetsAPI
import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html>

/// The ARNs of budgets and their actions.
enum BudgetARN {
    static func budget(_ name: String, _ account: String) -> String { "arn:aws:budgets::\(account):budget/\(name)" }
    static func action(_ id: String, of name: String, _ account: String) -> String {
        "\(budget(name, account))/action/\(id)"
    }
}

/// An operation on a budget, or on all of them, for which one of two actions is needed: to see, or to change.
protocol OnBudget: Platform.Operation where InputFields: Budgets.WithAccountId {
    /// `budgets:ViewBudget`
    static var action: String { get }
    /// The budget's name; nil: all.
    static func budget(_ input: Input) -> String?
}

extension OnBudget {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(Access(action, on: BudgetARN.budget(budget(input) ?? "*", input.accountId)))
    }
}

extension OnBudget where InputFields: Budgets.WithBudgetName {
    static func budget(_ input: Input) -> String? { input.budgetName }
}

protocol ViewingBudget: OnBudget {}
extension ViewingBudget { static var action: String { "budgets:ViewBudget" } }

protocol ModifyingBudget: OnBudget {}
extension ModifyingBudget { static var action: String { "budgets:ModifyBudget" } }

/// An operation on one action of a budget.
protocol OnBudgetAction: Platform.Operation
where InputFields: Budgets.WithAccountId & Budgets.WithBudgetName & Budgets.WithActionId {}

extension OnBudgetAction {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            Access(
                "budgets:\(call.operation)",
                on: BudgetARN.action(input.actionId, of: input.budgetName, input.accountId)))
    }
}

extension ServiceError {
    static func invalidBudget(_ message: String) -> ServiceError {
        Budgets.Failure.invalidParameterException(message)
    }

    static func noSuchBudget(_ name: String) -> ServiceError {
        Budgets.Failure.notFoundException("Unable to get budget: \(name) - the budget doesn't exist.")
    }

    static let noSuchNotification = Budgets.Failure.notFoundException(
        "Unable to get notification - notification doesn't exist.")

    static func noSuchAction(_ id: String) -> ServiceError {
        Budgets.Failure.notFoundException("The action \(id) doesn't exist.")
    }
}

extension RecordReading {
    /// - Throws: NotFoundException.
    func budget(_ name: String) throws(ServiceError) -> StoredBudget {
        guard let budget = try get(StoredBudget.self, name) else { throw .noSuchBudget(name) }
        return budget
    }

    /// - Throws: NotFoundException.
    func action(_ id: String, of name: String) throws(ServiceError) -> BudgetAction {
        guard let action = try get(BudgetAction.self, id), action.budgetName == name else { throw .noSuchAction(id) }
        return action
    }
}

extension Paging {
    /// - Throws: InvalidNextTokenException.
    init<F: PageRequestFields>(budgets input: View<F>) throws(ServiceError) {
        do throws(ServiceError) { try self.init(input) } catch {
            throw Budgets.Failure.invalidNextTokenException("The next token is invalid.")
        }
    }
}

/// The tags of budgets and actions, by their ARNs, for `aws:ResourceTag`.
final class BudgetTags: Projection {
    static let kinds: Set<String> = [StoredBudget.kind, BudgetAction.kind]

    private let tags = Mutex<[String: [Tag]]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if change.kind == StoredBudget.kind {
                let budget = try change.decodeAfter(StoredBudget.self)
                set(budget?.tags, of: BudgetARN.budget(change.id, change.scope.account))
            } else if let action = try change.decodeAfter(BudgetAction.self) {
                set(action.tags, of: action.arn)
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        tags.withLock { $0 = [:] }
        try apply(changes)
    }

    private func set(_ new: [Tag]?, of arn: String) {
        tags.withLock { $0[arn] = new?.isEmpty == false ? new : nil }
    }

    func tags(of arn: String) -> [Tag] { tags.withLock { $0[arn] ?? [] } }
}

extension ResourceType {
    /// Budgets and their actions, with their tags.
    static let ofBudgets = ResourceType("budgets", "budget/", hasOwnTagKey: false, hasFreeNames: true) {
        access, _, call in
        let tags = call.environment.projection(BudgetTags.self).tags(of: access.resource)
        return tags.isEmpty ? nil : Resource(tags: tags)
    }
}
