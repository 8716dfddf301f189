import Directory
import GuardDutyAPI
import Ledger
import Platform
import Policy
import Wire

// What operations are about, and so what policies are asked.
// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonguardduty.html>

extension Call {
    func guardDutyAccess(_ resource: String = "*", _ context: [String: ContextValue] = [:]) -> Access {
        Access("guardduty:\(operation)", on: resource, context: context)
    }

    /// The ARN of a detector of the caller's, or of something below it.
    func guardDutyARN(_ detector: String, _ kind: OwnedKind? = nil, _ id: String = "") -> String {
        let arn = GuardDutyName.detector(detector, guardDutyScope)
        return kind.map { "\(arn)/\($0.rawValue)/\(id)" } ?? arn
    }

    /// What an operation asks for that makes something with tags.
    /// - Parameters:
    ///   - arn: of what is made.
    ///   - resource: what the action is on, by the reference: most are on nothing.
    func accessToNew(_ arn: String, _ tags: [String: String]?, on resource: String = "*") -> Authorization {
        let context = ConditionKeys.requestTags((tags ?? [:]).map { Tag(key: $0.key, value: $0.value) })
        var accesses = [guardDutyAccess(resource, context)]
        if tags?.isEmpty == false { accesses.append(Access("guardduty:TagResource", on: arn, context: context)) }
        for index in accesses.indices { accesses[index].isOfNewResource = true }
        return .required(accesses)
    }

    /// Where GuardDuty's records of the caller are.
    var guardDutyScope: Scope { Scope(account: accountID, region: region) }
}

/// An operation whose action has no resources.
protocol OnAllOfGuardDuty: Platform.Operation {}

extension OnAllOfGuardDuty {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.guardDutyAccess())
    }
}

extension Paging {
    /// What a list request says about pages.
    init<F: PageRequestFields>(guardDuty input: View<F>, limit: Int = 50) throws(ServiceError) {
        try self.init(guardDuty: input.pageToken, input.pageLimit, limit: limit)
    }

    init(guardDuty token: String?, _ most: Int?, limit: Int = 50) throws(ServiceError) {
        // An empty token stands for the first page.
        do throws(ServiceError) { try self.init(marker: token == "" ? nil : token, maxItems: most ?? limit) } catch {
            throw .invalidParameter("nextToken")
        }
    }
}

/// Times as GuardDuty writes them in texts.
func guardDutyTime(_ time: Double) -> String { Timestamp(secondsSinceEpoch: time).iso8601WithMilliseconds }
