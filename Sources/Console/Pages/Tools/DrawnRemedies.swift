import Crypto
import FoundationEssentials
import Gate
import IAMAPI
import KMSAPI
import OrganizationsAPI
import Platform
import Policy
import Remedies
import S3API
import Wire

/// What would have a denied call allowed, as a page shows it.
///
/// Of what is another account's (its roles, the policies of its resources, an organization's control policies) only who can
/// change it is shown, and what statement would do. Commands hold the whole document of a policy that is there: they are shown
/// to whoever may read that policy, which is asked for as a call of its own.
struct DrawnRemedies {
    /// Whether the call would be allowed by now.
    let isAllowedNow: Bool
    /// The decision as things are now.
    let nowReason: String
    let remedies: [DrawnRemedy]
    let obstacles: [String]

    struct DrawnRemedy {
        let remedyNumber: Int
        let remedyTitle: String
        let isExact: Bool
        let changes: [DrawnChange]
        /// Names the remedy in the form that makes its changes; nil: no form can.
        let remedyKey: String?
    }

    struct DrawnChange {
        /// nil: the remedy's title says it.
        let changeTitle: String?
        let madeBy: String
        let changeStatement: String?
        let difference: String?
        let commands: String?
        /// Why they are not shown.
        let commandProblem: String?
        let alsoAllows: [String]
        let risks: [String]
    }

    /// - Parameter asked: the request, with all that binds it now.
    init(_ asked: DeniedRequest, _ visit: Visit) async {
        let report = RemedySearch(asked).report()
        let reader = PolicyReader(account: visit.account, environment: visit.environment)
        let isAmongOwn = await Self.areOwn(asked, reader)
        isAllowedNow = report.decision.isAllowed
        var reason = report.message
        if report.decision.isAllowed { reason = "It would be allowed now." }
        nowReason = reason
        obstacles =
            isAmongOwn || report.obstacles.isEmpty
            ? report.obstacles : ["What stands in the way is another account's, or the organization's."]
        var drawn: [DrawnRemedy] = []
        for remedy in report.remedies {
            var changes: [DrawnChange] = []
            var isOwn = true
            for change in remedy.changes {
                // How else the call could be made is read from the conditions of policies.
                let isOfRequest = change.policyType == nil && change.kind != .assumeRole && change.kind != .newGrant
                let isTold = isAmongOwn || !isOfRequest
                let owned = isTold ? await Self.isOwn(change, reader) : false
                isOwn = isOwn && owned
                guard owned else {
                    changes.append(DrawnChange(foreign: change))
                    continue
                }
                changes.append(
                    DrawnChange(
                        change, isOneOfMany: remedy.changes.count > 1,
                        mayRead: await Self.readProblem(change, visit)))
            }
            let isMade = isOwn && remedy.changes.allSatisfy { RemedyAction($0, in: visit.account) != nil }
            drawn.append(
                DrawnRemedy(
                    remedyNumber: drawn.count + 1,
                    remedyTitle: isOwn
                        ? remedy.title : "A change by \(changes.map(\.madeBy).joined(separator: ", then "))",
                    isExact: remedy.isExact, changes: changes, remedyKey: isMade ? Self.key(remedy) : nil))
        }
        remedies = drawn
    }

    /// The same remedy has the same key, as long as the documents stay what they are.
    static func key(_ remedy: Remedy) -> String {
        var hash = SHA256()
        for change in remedy.changes {
            for text in [change.title, change.before ?? "", change.after ?? ""] {
                hash.update(data: Array(text.utf8) + [0])
            }
        }
        return Data(hash.finalize()).base64EncodedString()
    }

    /// Whether all policies that bind the request are the account's, or AWS's.
    private static func areOwn(_ asked: DeniedRequest, _ reader: PolicyReader) async -> Bool {
        for policy in asked.trace.policies {
            var arns = [policy.source.arn, policy.source.attachedTo].compactMap { $0 }
            if arns.isEmpty, [.resource, .roleTrust].contains(policy.source.type) { arns = [asked.request.resource] }
            for arn in arns where await !reader.isOwn(arn) { return false }
        }
        return true
    }

    private static func isOwn(_ change: Change, _ reader: PolicyReader) async -> Bool {
        for arn in [change.holder, change.policy?.arn, change.policy?.attachedTo] {
            if let arn, await !reader.isOwn(arn) { return false }
        }
        // Levels of an organization have no ARN here: they are the management account's.
        guard change.policyType == .serviceControl || change.policyType == .resourceControl else { return true }
        let account = reader.account
        return reader.environment.directory.organization(ofAccount: account)?.managementAccountID == account
    }

    /// Why the policy that is changed may not be read; nil: it may, or there is none yet.
    private static func readProblem(_ change: Change, _ visit: Visit) async -> String? {
        guard change.before != nil, let action = RemedyAction(change, in: visit.account) else { return nil }
        let read = await visit.attempt { () throws(ServiceError) in try await action.read(visit) }
        return read.problem?.text
    }
}

extension DrawnRemedies.DrawnChange {
    /// - Parameter mayRead: why not; nil: it may be read.
    fileprivate init(_ change: Change, isOneOfMany: Bool, mayRead problem: String?) {
        changeTitle = isOneOfMany ? change.title : nil
        madeBy = change.madeBy
        changeStatement = change.statement.map { FormattedJSON.of($0) }
        difference = change.diff.isEmpty || problem != nil ? nil : change.diff.joined(separator: "\n")
        commands = change.commands.isEmpty || problem != nil ? nil : change.commands.joined(separator: "\n")
        commandProblem = change.commands.isEmpty ? nil : problem
        alsoAllows = problem == nil ? change.alsoAllows : []
        risks = change.risks
    }

    fileprivate init(foreign change: Change) {
        let what = change.policyType.map { "Change a \($0.displayName)" }
        changeTitle = what ?? "Meet a condition of another account's policy, or of the organization's"
        madeBy = change.madeBy
        changeStatement = change.kind == .narrowDeny ? nil : change.statement.map { FormattedJSON.of($0) }
        (difference, commands, commandProblem) = (nil, nil, nil)
        (alsoAllows, risks) = ([], [])
    }
}

extension RemedyAction {
    /// Reads the policy that would be changed.
    /// - Throws: the error of the call that reads it.
    func read(_ visit: Visit) async throws(ServiceError) {
        switch self {
        case .inline(let holder, let name, _):
            switch holder.kind {
            case .user:
                _ = try await visit.call(
                    IAM.GetUserPolicy.self,
                    .init {
                        $0.userName = holder.name
                        $0.policyName = name
                    })
            case .group:
                _ = try await visit.call(
                    IAM.GetGroupPolicy.self,
                    .init {
                        $0.groupName = holder.name
                        $0.policyName = name
                    })
            case .role:
                _ = try await visit.call(
                    IAM.GetRolePolicy.self,
                    .init {
                        $0.roleName = holder.name
                        $0.policyName = name
                    })
            }
        case .version(let arn, _), .detach(let arn, _):
            let policy = try await visit.call(IAM.GetPolicy.self, .init { $0.policyArn = arn }).policy
            _ = try await visit.call(
                IAM.GetPolicyVersion.self,
                .init {
                    $0.policyArn = arn
                    $0.versionId = policy?.defaultVersionId ?? "v1"
                })
        case .trust(let role, _): _ = try await visit.call(IAM.GetRole.self, .init { $0.roleName = role })
        case .bucket(let name, _): _ = try await visit.s3(S3.GetBucketPolicy.self, .init { $0.bucket = name })
        case .key(let arn, _):
            _ = try await visit.call(
                KMS.GetKeyPolicy.self,
                .init {
                    $0.keyId = arn
                    $0.policyName = "default"
                })
        case .control(let id, _):
            _ = try await visit.call(Organizations.DescribePolicy.self, .init { $0.policyId = id })
        case .newManaged, .newServiceControl: break
        }
    }
}
