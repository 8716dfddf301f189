import Directory
import Gate
import IAMAPI
import KMSAPI
import Platform
import Policy
import Remedies
import S3API
import Wire

/// The principal of a simulation.
struct SimulatedSubject {
    enum Kind {
        case user, role, group, root
        /// Another account's, or no principal.
        case other
    }

    let kind: Kind
    let name: String
    let account: String

    init(_ text: String, account: String) {
        self.account = account
        guard let arn = ARN(parsing: text), arn.service == "iam", arn.account == account else {
            (kind, name) = (.other, text)
            return
        }
        name = arn.resource.split(separator: "/").last.map(String.init) ?? ""
        switch arn.resource.prefix(while: { $0 != "/" }) {
        case "user": kind = .user
        case "role": kind = .role
        case "group": kind = .group
        case "root": kind = .root
        default: kind = .other
        }
    }

    /// What binds the request. Nobody sees it before AWS's simulator has answered.
    /// - Throws: NoSuchEntity.
    func ask(
        _ action: String, _ question: SimulatedQuestion, _ visit: Visit
    ) async throws(ServiceError) -> DeniedRequest {
        switch kind {
        case .user, .role, .root:
            return try await visit.console.gate.asked(
                action, on: question.askedResource, by: question.principal, context: question.given)
        case .group: return try askAsMember(action, question, visit)
        case .other:
            throw ServiceError(
                "NoSuchEntity", "\(question.principal) is no user, group or role of this account.", status: 404)
        }
    }

    /// A user who has the group's policies alone, as AWS's simulator has it.
    private func askAsMember(
        _ action: String, _ question: SimulatedQuestion, _ visit: Visit
    ) throws(ServiceError) -> DeniedRequest {
        let directory = visit.environment.directory
        guard let group = directory.group(named: name, in: account), group.arn == question.principal else {
            throw ServiceError("NoSuchEntity", "The group with name \(name) cannot be found.", status: 404)
        }
        var policies = group.inlinePolicies.compactMap { policy -> CompiledPolicy? in
            guard let document = try? PolicyDocument(parsing: policy.document, as: .identity, strictness: .evaluable)
            else { return nil }
            return CompiledPolicy(
                document, source: PolicySource(type: .identity, name: policy.name, attachedTo: group.arn))
        }
        policies += group.attachedPolicies.compactMap { directory.compiledPolicy(arn: $0) }
        let membership = directory.membership(ofAccount: account)
        var inputs = PolicyInputs(
            identitySets: policies.isEmpty ? [] : [PolicySet(policies)],
            serviceControlLevels: membership?.serviceControl)
        inputs.serviceControlPath = membership?.path
        let owner = ARN(parsing: question.askedResource).map(\.account).flatMap { $0.isEmpty ? nil : $0 }
        var asked = DeniedRequest(
            AuthorizationRequest(
                principal: Principal(kind: .user, accountID: account), action: action,
                resource: question.askedResource, resourceAccount: owner),
            inputs, context: question.given)
        asked.forgetResource()
        asked.shown = { PolicyDocument.shown($0, as: $1, directory) }
        return asked
    }

    /// Whether the person may know the principal's tags, or there can be none.
    func knowsTags(_ visit: Visit) async -> Bool {
        let name = name
        switch kind {
        case .user:
            return await visit.attempt { () throws(ServiceError) in
                try await visit.call(IAM.ListUserTags.self, .init { $0.userName = name })
            }.value != nil
        case .role:
            return await visit.attempt { () throws(ServiceError) in
                try await visit.call(IAM.ListRoleTags.self, .init { $0.roleName = name })
            }.value != nil
        case .group, .root, .other: return true
        }
    }

    /// The ARN by which somebody who acts is simulated: of a session its role's. nil: nobody who can be.
    static func arn(_ caller: Caller) -> String? {
        switch caller.identity {
        case .root: "arn:aws:iam::\(caller.accountID):root"
        case .user(let user): user.arn
        case .roleSession(let role, _): role.arn
        case .federatedUser(let user, _): user?.arn
        case .webIdentity, .saml, .service, .anonymous: nil
        }
    }
}

/// What is known of the resource's side: as much as the person may read.
struct ResourceSide {
    /// Whether the resource is the person's account's, or nobody's.
    let isOwn: Bool
    /// The policy of the resource; nil: it has none, or it may not be read.
    let text: String?
    let omission: SimulationRun.Omission?

    init(_ question: SimulatedQuestion, _ visit: Visit) async {
        let resource = question.askedResource
        guard question.extra == nil || question.extraUse != .resource, resource != "*",
            let arn = ARN(parsing: resource)
        else {
            (isOwn, text, omission) = (true, nil, nil)
            return
        }
        guard await PolicyReader(account: visit.account, environment: visit.environment).isOwn(resource) else {
            // A bucket that does not exist is nobody's, which is told to nobody.
            (isOwn, text) = (false, nil)
            omission = SimulationRun.Omission(
                omission: "The resource is not known to be this account's: what binds it is left out.",
                omissionProblem: nil)
            return
        }
        isOwn = true
        let isAssumed = question.actions.contains { $0.lowercased().hasPrefix("sts:") }
        let read = await visit.attempt { () throws(ServiceError) -> String? in
            switch arn.service {
            case "s3":
                guard let bucket = arn.resource.split(separator: "/").first else { return nil }
                do throws(ServiceError) {
                    return try await visit.s3(S3.GetBucketPolicy.self, .init { $0.bucket = String(bucket) }).policy
                } catch {
                    guard error.code == "NoSuchBucketPolicy" else { throw error }
                    return nil
                }
            case "kms":
                return try await visit.call(
                    KMS.GetKeyPolicy.self,
                    .init {
                        $0.keyId = resource
                        $0.policyName = "default"
                    }
                ).policy
            case "iam" where isAssumed && arn.resource.hasPrefix("role/"):
                guard let name = arn.resource.split(separator: "/").last else { return nil }
                let document = try await visit.call(IAM.GetRole.self, .init { $0.roleName = String(name) })
                    .role.assumeRolePolicyDocument
                return PolicyText.decoded(document)
            default: return nil
            }
        }
        text = read.value ?? nil
        omission = read.problem.map { problem in
            SimulationRun.Omission(
                omission: "The resource's policy is left out, since you may not read it:", omissionProblem: problem)
        }
    }

    /// Leaves out what is not to be seen.
    func limit(_ asked: inout DeniedRequest) {
        if omission != nil { asked.forgetResource() }
        guard !isOwn else { return }
        asked.inputs.resourceControlLevels = nil
        asked.request.resourceAccount = ARN(parsing: asked.request.resource).map(\.account)
            .flatMap { $0.isEmpty ? nil : $0 }
    }
}
