import Catalogue
import Directory
import Gate
import IAMAPI
import Platform
import Policy
import Remedies
import Wire

/// What came of a question: what AWS's simulator answers to whoever is signed in, and the same decision to be drawn.
///
/// Who may see it is decided by `iam:SimulatePrincipalPolicy` on the principal, asked for as any call is: without it, nothing is
/// shown. The policies of the principal that took part are shown with it, as they are part of what the simulation tells.
/// Besides:
/// - A principal of another account is refused by that very call.
/// - The policy of a resource takes part where the person may read it (s3:GetBucketPolicy, kms:GetKeyPolicy, iam:GetRole), as in
///   AWS's own simulator; else the resource's side is left out, as is all that is another account's.
/// - The principal's tags are condition keys where the person may list them. The resource's are not filled in; they can be given.
/// - What organization policies say is for the management account to see, but for the type, and the ARN of one that denies,
///   which AWS's error messages tell, too.
struct SimulationRun {
    let question: SimulatedQuestion
    let results: [Result]
    /// What had to be left out, and why.
    let omissions: [Omission]
    /// What AWS's simulator was given.
    let entries: [Entry]
    let resourcePolicy: String?
    let owner: String?
    let mayListRoles: Bool

    /// One action.
    struct Result {
        let action: String
        /// `allowed`, `explicitDeny`, `implicitDeny`, as AWS's simulator has it; nil: it does not take this principal.
        let answered: String?
        /// What it is without the policy that is tried instead; nil: no policy is.
        let today: String?
        let missing: [String]
        let asked: DeniedRequest
        /// The part of it that AWS's simulator knows of.
        let comparable: DeniedRequest

        var decided: String { asked.decision.outcome.simulated }
        /// Whether both ways to the same decision come to the same.
        var agrees: Bool { answered == nil || answered == comparable.decision.outcome.simulated }
    }

    struct Omission {
        let omission: String
        let omissionProblem: Problem?
    }

    /// A condition key that the request has.
    struct Entry {
        let key: String
        let values: [String]
        let type: String
    }

    /// - Throws: AccessDenied for who may not simulate the principal, NoSuchEntity, InvalidInput.
    init(_ question: SimulatedQuestion, _ visit: Visit, mayListRoles: Bool) async throws(ServiceError) {
        guard question.actions.count <= SimulatedQuestion.mostActions else {
            throw .validation("Ask about \(SimulatedQuestion.mostActions) actions at most at once.")
        }
        self.question = question
        self.mayListRoles = mayListRoles
        let subject = SimulatedSubject(question.principal, account: visit.account)
        var omissions: [Omission] = []
        let extra = try question.compiledExtra
        // What the engine would fill in is made before, and shown only after the call below was allowed.
        var drafts: [DeniedRequest] = []
        var cause: ServiceError?
        do throws(ServiceError) {
            for action in question.actions { drafts.append(try await subject.ask(action, question, visit)) }
        } catch { cause = error }
        let side = await ResourceSide(question, visit)
        let knowsTags = await subject.knowsTags(visit)
        let context = drafts.first.map { Self.known($0.context, question, tags: knowsTags, side) } ?? question.given
        entries = Self.entries(context, question)
        let tried = question.extra.flatMap { text in
            question.extraUse == .resource ? text : nil
        }
        resourcePolicy = tried ?? (subject.kind == .user ? side.text : nil)
        let resource = question.askedResource
        let isOwnWithout = drafts.first?.request.resourceAccount == visit.account && side.isOwn
        owner =
            resource != "*" && ARN(parsing: resource)?.account.isEmpty == true && isOwnWithout
            ? "arn:aws:iam::\(visit.account):root" : nil
        let answers = try await Self.answers(question, entries, resourcePolicy, owner, subject, visit)
        if let cause { throw cause }
        if let omission = side.omission { omissions.append(omission) }
        if !knowsTags {
            omissions.append(
                Omission(
                    omission: "The principal's tags are left out, since you may not list them. Give those that matter "
                        + "as condition keys (aws:PrincipalTag/…).", omissionProblem: nil))
        }
        self.omissions = omissions
        var results: [Result] = []
        for (action, draft) in zip(question.actions, drafts) {
            var asked = draft
            asked.context = context
            if !mayListRoles { asked.otherRoles = [] }
            side.limit(&asked)
            var comparable = asked.asKnownToSimulator(withResourcePolicy: resourcePolicy != nil)
            if let extra {
                Self.add(extra, question.extraUse, to: &asked)
                Self.add(extra, question.extraUse, to: &comparable)
            }
            let answer = answers.now.first { $0.evalActionName == action }
            results.append(
                Result(
                    action: action, answered: answer?.evalDecision,
                    today: answers.before?.first { $0.evalActionName == action }?.evalDecision,
                    missing: answer?.missingContextValues ?? [], asked: asked, comparable: comparable))
        }
        self.results = results
    }

    // MARK: AWS's simulator

    private static func answers(
        _ question: SimulatedQuestion, _ entries: [Entry], _ resourcePolicy: String?, _ owner: String?,
        _ subject: SimulatedSubject, _ visit: Visit
    ) async throws(ServiceError) -> (now: [IAM.EvaluationResult], before: [IAM.EvaluationResult]?) {
        let context = entries.map { entry in
            var made = IAM.ContextEntry()
            made.contextKeyName = entry.key
            made.contextKeyType = entry.type
            made.contextKeyValues = entry.values
            return made
        }
        var input = IAM.SimulatePrincipalPolicyRequest()
        input.policySourceArn = question.principal
        input.actionNames = question.actions
        input.resourceArns = [question.askedResource]
        input.contextEntries = context
        input.resourceOwner = owner
        input.resourcePolicy = resourcePolicy
        if let extra = question.extra {
            switch question.extraUse {
            case .addition: input.policyInputList = [extra]
            case .boundary: input.permissionsBoundaryPolicyInputList = [extra]
            case .instead, .resource: break
            }
        }
        let answer: IAM.SimulatePolicyResponse
        do throws(ServiceError) {
            answer = try await visit.call(IAM.SimulatePrincipalPolicy.self, input)
        } catch {
            // It takes users, groups and roles. Who gets this error may simulate the root user all the same.
            guard subject.kind == .root, error.code == "InvalidInput", question.extra == nil else { throw error }
            return ([], nil)
        }
        guard question.extraUse == .instead, let extra = question.extra else {
            return (answer.evaluationResults ?? [], nil)
        }
        var custom = IAM.SimulateCustomPolicyRequest()
        custom.policyInputList = [extra]
        custom.actionNames = question.actions
        custom.resourceArns = [question.askedResource]
        custom.contextEntries = context
        custom.resourceOwner = owner
        let instead = try await visit.call(IAM.SimulateCustomPolicy.self, custom)
        return (instead.evaluationResults ?? [], answer.evaluationResults)
    }

    // MARK: The request

    /// The condition keys that are filled in: those of the principal, and of the time and place of the request.
    private static func known(
        _ context: [String: ContextValue], _ question: SimulatedQuestion, tags: Bool, _ side: ResourceSide
    ) -> [String: ContextValue] {
        let given = question.given
        let plain: Set<String> = [
            "aws:userid", "aws:username", "aws:currenttime", "aws:epochtime", "aws:requestedregion",
            "aws:viaawsservice", "aws:multifactorauthpresent",
        ]
        return context.filter { key, _ in
            if given[key] != nil || plain.contains(key) { return true }
            if key.hasPrefix("aws:principaltag/") { return tags }
            if key == "aws:resourceaccount" { return side.isOwn }
            return key.hasPrefix("aws:principal") && !key.hasPrefix("aws:principalorg")
        }.merging(given) { _, given in given }
    }

    private static func entries(_ context: [String: ContextValue], _ question: SimulatedQuestion) -> [Entry] {
        let names = Dictionary(
            question.context.map { (ConditionKeys.folded($0.key), $0.key) }, uniquingKeysWith: { first, _ in first })
        return context.sorted { $0.key < $1.key }.map { key, value in
            let known = SimulatedKey(key)
            let name = names[key] ?? ConditionKeyNames.written(key)
            switch value {
            case .one(let text): return Entry(key: name, values: [text], type: known.type)
            case .many(let texts): return Entry(key: name, values: texts, type: known.type + "List")
            }
        }.filter { !$0.values.isEmpty }
    }

    private static func add(
        _ policy: CompiledPolicy, _ use: SimulatedQuestion.ExtraUse, to asked: inout DeniedRequest
    ) {
        switch use {
        case .addition: asked.inputs.identitySets.append(PolicySet([policy]))
        case .boundary: asked.inputs.boundaries = [policy]
        case .instead:
            asked.inputs = PolicyInputs(identity: [policy])
            asked.forgetResource()
        case .resource:
            asked.inputs.grants = []
            asked.inputs.accessControlList = nil
            asked.inputs.restrictsPublicBuckets = false
            asked.inputs.ignoresResourceSide = false
            let isTrust = asked.isAboutTrust
            asked.inputs.resource = isTrust ? nil : policy
            asked.inputs.roleTrust = isTrust ? policy : nil
        }
    }
}

extension DeniedRequest {
    /// Whether the resource is a role that is to be assumed.
    fileprivate var isAboutTrust: Bool {
        request.action.lowercased().hasPrefix("sts:")
            && ARN(parsing: request.resource)?.resource.hasPrefix("role/") == true
    }
}

extension SimulatedQuestion {
    /// The policy to try; nil: none. `SimulatedStatements` and the engine name it alike.
    /// - Throws: InvalidInput with AWS's text.
    fileprivate var compiledExtra: CompiledPolicy? {
        get throws(ServiceError) {
            guard let extra else { return nil }
            let type: PolicyType
            let name: String
            switch extraUse {
            case .addition, .instead: (type, name) = (.identity, "PolicyInputList.1")
            case .boundary: (type, name) = (.permissionsBoundary, "PermissionsBoundaryPolicyInputList.1")
            case .resource:
                let isTrust =
                    actions.first?.lowercased().hasPrefix("sts:") == true && resource.contains(":role/")
                (type, name) = (isTrust ? .roleTrust : .resource, "ResourcePolicy")
            }
            do throws(PolicyError) {
                return CompiledPolicy(
                    try PolicyDocument(parsing: extra, as: type), source: PolicySource(type: type, name: name))
            } catch {
                throw ServiceError("InvalidInput", error.message, status: 400)
            }
        }
    }
}

extension Decision.Outcome {
    /// As AWS's simulator writes it.
    var simulated: String {
        switch self {
        case .allowed: "allowed"
        case .explicitlyDenied: "explicitDeny"
        case .implicitlyDenied: "implicitDeny"
        }
    }
}

/// Condition keys in AWS's spelling.
enum ConditionKeyNames {
    /// - Parameter folded: in lower case.
    static func written(_ folded: String) -> String {
        let tag = "aws:principaltag/"
        if folded.hasPrefix(tag) { return "aws:PrincipalTag/" + folded.dropFirst(tag.count) }
        return ServiceCatalogue.aws.conditionKey(folded)?.name ?? folded
    }
}
