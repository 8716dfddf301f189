import CloudTrailAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

// Resource-based policies: who else may query an event data store, put events through a channel, refresh a dashboard.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_resource-based-policy-examples.html>

/// What has a resource-based policy, as a request names it. It need not exist.
enum PolicyTarget: Sendable {
    case store(EventDataStoreName)
    case channel(ChannelName)
    case dashboard(DashboardName)

    /// - Throws: ResourceARNNotValidException; ResourceTypeNotSupportedException for what has no policy.
    init(_ text: String, _ call: Call) throws(ServiceError) {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == "cloudtrail",
            arn.account.utf8.count == 12, !arn.region.isEmpty
        else {
            throw CloudTrail.Failure.resourceARNNotValidException(
                "The provided resource does not exist, or the ARN format of the resource is not valid.")
        }
        let resource = arn.resource
        if resource.hasPrefix(EventDataStoreName.prefix) {
            self = .store(try EventDataStoreName(text, call))
        } else if resource.hasPrefix(ChannelName.prefix) {
            self = .channel(try ChannelName(text, call))
        } else if resource.hasPrefix(DashboardName.prefix) {
            self = .dashboard(try DashboardName(text, call))
        } else {
            throw CloudTrail.Failure.resourceTypeNotSupportedException(
                "The resource type of \(text) is not supported: event data stores, channels and dashboards have policies."
            )
        }
    }

    var arn: String {
        switch self {
        case .store(let name): name.arn
        case .channel(let name): name.arn
        case .dashboard(let name): name.arn
        }
    }

    /// The actions that its policy can allow others.
    fileprivate var actions: Set<String> {
        switch self {
        case .store:
            [
                "cloudtrail:startquery", "cloudtrail:cancelquery", "cloudtrail:listqueries", "cloudtrail:describequery",
                "cloudtrail:getqueryresults", "cloudtrail:generatequery", "cloudtrail:generatequeryresultssummary",
                "cloudtrail:geteventdatastore",
            ]
        case .channel: ["cloudtrail-data:putauditevents"]
        case .dashboard: ["cloudtrail:startdashboardrefresh"]
        }
    }

    fileprivate func policy(_ call: Call) throws(ServiceError) -> String? {
        switch self {
        case .store(let name): try name.owned(call).policy
        case .channel(let name): try call.channel(name, orElse: .resourceNotFound(name.arn)).policy
        case .dashboard(let name): try call.dashboard(name).policy
        }
    }

    /// Gives it a policy, or takes it away.
    fileprivate func set(_ policy: String?, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        switch self {
        case .store(let name):
            let own = records.of(try name.owned(call).scope)
            guard var store = try own.get(EventDataStore.self, name.id) else { throw .resourceNotFound(arn) }
            guard store.status != .pendingDeletion else {
                throw CloudTrail.Failure.conflictException("The event data store \(arn) is pending deletion.")
            }
            store.policy = policy
            try own.put(store)
        case .channel(let name):
            var channel = try records.channel(name, call, orElse: .resourceNotFound(arn))
            channel.policy = policy
            try records.put(channel)
        case .dashboard(let name):
            var dashboard = try records.dashboard(name, call)
            dashboard.policy = policy
            try records.put(dashboard)
        }
    }
}

extension EventDataStoreName {
    /// The event data store, for whoever decides about it.
    /// - Throws: ResourceNotFoundException.
    fileprivate func owned(_ call: Call) throws(ServiceError) -> EventDataStore {
        guard let store = call.environment.lake.store(id), store.accountID == account, store.homeRegion == region,
            region == call.region, call.isSeen(store)
        else { throw .resourceNotFound(arn) }
        return store
    }
}

extension ServiceError {
    static func resourceNotFound(_ arn: String) -> ServiceError {
        CloudTrail.Failure.resourceNotFoundException("The resource \(arn) does not exist.")
    }

    fileprivate static func invalidPolicy(_ message: String) -> ServiceError {
        CloudTrail.Failure.resourcePolicyNotValidException(message)
    }
}

enum LakePolicies {
    /// A policy as it is kept. One that can't be read denies everything.
    static func compiled(_ text: String?) -> CompiledPolicy? {
        guard let text else { return nil }
        let source = PolicySource(type: .resource, name: "resource policy")
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }

    /// - Returns: the policy as it is to be kept.
    /// - Throws: ResourcePolicyNotValidException.
    fileprivate static func check(
        _ text: String, of target: PolicyTarget, _ call: Call
    ) throws(ServiceError) -> String {
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .invalidPolicy("The resource policy is not valid: \(error.message)")
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .invalidPolicy("The resource policy contains a principal that is not valid.")
        }
        for statement in document.statements {
            guard !statement.actions.isNegated, statement.resources?.isNegated != true else {
                throw .invalidPolicy("The resource policy has to name its actions and its resource.")
            }
            for action in statement.actions.values where !target.actions.contains(action.value.lowercased()) {
                throw .invalidPolicy(
                    "The action \(action.value) is not supported in the policy of \(target.arn). Supported are: "
                        + target.actions.sorted().joined(separator: ", "))
            }
            for resource in statement.resources?.values ?? [] where resource.value != target.arn {
                throw .invalidPolicy("The resource of each statement has to be \(target.arn), not \(resource.value).")
            }
        }
        return document.kept(call.directory)
    }
}

extension CloudTrail.PutResourcePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.needOfOwner(on: try PolicyTarget(input.resourceArn, call).arn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let target = try PolicyTarget(input.resourceArn, call)
        _ = try target.policy(call)
        let kept = try LakePolicies.check(input.resourcePolicy, of: target, call)
        try target.set(kept, call, records)
        return Output {
            $0.resourceArn = target.arn
            $0.resourcePolicy = input.resourcePolicy
        }
    }
}

extension CloudTrail.GetResourcePolicy: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.needOfOwner(on: try PolicyTarget(input.resourceArn, call).arn))
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let target = try PolicyTarget(input.resourceArn, call)
        guard let policy = try target.policy(call) else { throw .noPolicy(target.arn) }
        return Output {
            $0.resourceArn = target.arn
            $0.resourcePolicy = PolicyDocument.shown(policy, as: .resource, call.directory)
        }
    }
}

extension CloudTrail.DeleteResourcePolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.needOfOwner(on: try PolicyTarget(input.resourceArn, call).arn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let target = try PolicyTarget(input.resourceArn, call)
        guard try target.policy(call) != nil else { throw .noPolicy(target.arn) }
        try target.set(nil, call, records)
        return Output()
    }
}

extension ServiceError {
    fileprivate static func noPolicy(_ arn: String) -> ServiceError {
        CloudTrail.Failure.resourcePolicyNotFoundException("The resource policy of \(arn) was not found.")
    }
}

extension Call {
    /// What a request needs for its own action on something that only its own account may change: of others' nobody learns
    /// whether it is there.
    func needOfOwner(on arn: String, _ keys: [String: ContextValue] = [:]) -> Access {
        Access("cloudtrail:\(operation)", on: arn, resourceAccount: accountID, context: keys)
    }
}
