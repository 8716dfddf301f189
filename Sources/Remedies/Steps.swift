import Catalogue
import Policy

/// The changes that may do something about what stops a request just now.
struct Steps {
    let asked: DeniedRequest
    let decision: Decision
    let trace: Trace
    /// Whether nothing has been changed yet: only then it makes sense to act as somebody else.
    private let isFirst: Bool
    var found: [Step] = []
    var obstacles: [String] = []

    init(_ asked: DeniedRequest, _ decision: Decision, isFirst: Bool) {
        self.asked = asked
        self.decision = decision
        self.isFirst = isFirst
        trace = asked.trace
    }

    var request: AuthorizationRequest { asked.request }
    var principal: Principal { asked.request.principal }

    mutating func find() {
        guard let type = decision.policyType else { return }
        if isFirst { actAsRole() }
        if let statement = decision.statement {
            spare(statement, of: type)
        } else {
            meetConditions(of: type)
            allow(in: type)
        }
        guard isAboutAllResources else { return }
        for index in found.indices where found[index].change.policyType != nil {
            found[index].change.alsoAllows.append("\(request.action) on every resource, since the request names none")
        }
    }

    /// Whether the request is for "*", though its action can be about one resource.
    private var isAboutAllResources: Bool {
        let parts = request.action.split(separator: ":", maxSplits: 1)
        guard request.resource == "*", parts.count == 2 else { return false }
        let known = ServiceCatalogue.aws.service(parts[0])?.action(parts[1])
        return known?.resourceTypes.isEmpty == false
    }

    /// What has to be allowed in a type of policy that is silent.
    private mutating func allow(in type: PolicyType) {
        switch type {
        case .identity:
            allowInIdentityPolicy()
            if principal.isOfAccount, !isCrossAccount, limitsAllow {
                allowInResourcePolicy(cost: Cost.resourceInstead)
            }
        case .permissionsBoundary: allowInBoundary()
        case .session: allowInSession()
        case .serviceControl: allowInServiceControl()
        case .resource, .roleTrust:
            allowInResourcePolicy(cost: Cost.resource)
            allowByGrant()
        case .resourceControl:
            obstacles.append(
                "A resource control policy can only deny, and RCPFullAWSAccess, which allows, is not attached to every level."
            )
        case .endpoint:
            obstacles.append(
                "The policy of the VPC endpoint or access point that the request came through does not allow it; another way "
                    + "to the resource may.")
        }
    }

    /// Whether boundary and session policies allow the request. A resource's policy that names the caller would be a way
    /// around them, which is nothing to propose.
    private var limitsAllow: Bool {
        [asked.inputs.boundaries, asked.inputs.session].allSatisfy { policies in
            guard let policies else { return true }
            var inputs = PolicyInputs(identity: policies)
            inputs.ignoresResourceSide = true
            return PolicyEvaluator.allows(request, inputs, DictionaryContext(asked.context))
        }
    }

    /// Whether the resource's side has to allow because it is in another account.
    var isCrossAccount: Bool {
        let owner = request.resourceAccount ?? ARNParts(request.resource)?.account ?? ""
        return owner.isAccountID && owner != principal.accountID
    }

    /// Parses what a document would be, as strictly as when it is stored.
    func compiled(_ text: String, as source: PolicySource) -> CompiledPolicy? {
        guard let document = try? PolicyDocument(parsing: text, as: source.type, strictness: .stored) else {
            return nil
        }
        return CompiledPolicy(document, source: source)
    }

    /// A policy with a statement more.
    /// - Parameters:
    ///   - change: makes the change of the statement, the document as it is shown before and after, and the difference.
    mutating func extend(
        _ policy: CompiledPolicy, by statement: StatementText, _ change: (Edited) -> Change
    ) {
        let document = policy.document
        var statement = statement
        statement.sid = StatementText.sid(statement.sid ?? "", beside: document.statements)
        if let resource = asked.request.resourcePattern(in: document.version), statement.resources != nil {
            if statement.resources != ["*"] { statement.resources = [resource] }
        } else if statement.resources != nil {
            return
        }
        guard let text = DocumentEdit(document).adding(statement) else { return }
        replace(policy, by: text, LineDiff.lines(from: [], to: statement.lines), statement.json(), change)
    }

    /// A policy with another text.
    mutating func replace(
        _ policy: CompiledPolicy, by text: String, _ diff: [String], _ statement: String?, _ change: (Edited) -> Change
    ) {
        guard let new = compiled(text, as: policy.source) else { return }
        let type = policy.source.type
        let edited = Edited(
            before: asked.shown(policy.document.text, type), after: asked.shown(text, type), diff: diff,
            statement: statement)
        found.append(Step(change: change(edited)) { $0.inputs.replace(policy, by: new) })
    }

    /// A change to a document, in the words in which it is shown.
    struct Edited {
        var before: String?
        var after: String
        var diff: [String]
        var statement: String?
    }

    /// A new document of one statement.
    func new(_ statement: StatementText) -> Edited {
        Edited(
            before: nil, after: DocumentEdit.new(statement), diff: LineDiff.lines(from: [], to: statement.lines),
            statement: statement.json())
    }

    /// What allows the request and nothing else.
    /// - Parameter hasResource: false in a trust policy.
    func allowance(hasResource: Bool = true) -> StatementText {
        var statement = StatementText(
            allowing: request.action, on: hasResource ? request.resourcePattern(in: .v2012) ?? request.resource : nil)
        statement.sid = StatementText.sid("Allow\(request.action)", beside: [])
        return statement
    }
}

/// What changes cost: how small a change is, and how many it concerns.
enum Cost {
    static let request = 5
    static let callFrom = 7
    static let newSession = 8
    static let assumeRole = 9
    static let extend = 10
    static let newInline = 12
    static let newManaged = 14
    static let grant = 16
    static let resource = 18
    static let resourceInstead = 20
    static let tagResource = 22
    static let tagPrincipal = 24
    static let shared = 26
    static let boundary = 30
    static let narrowDeny = 40
    static let narrowBoundary = 55
    static let detach = 60
    static let serviceControl = 70
    static let narrowControl = 80
    static let everybody = 100
}

/// The parts of an ARN.
struct ARNParts {
    let service: String
    let region: String
    let account: String
    let resource: String

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn" else { return nil }
        (service, region, account, resource) = (parts[2], parts[3], parts[4], parts[5])
    }

    /// What the resource begins with: `role`.
    var type: String { String(resource.prefix { $0 != "/" && $0 != ":" }) }
    /// What comes after the last slash.
    var name: String { String(resource.split(separator: "/").last ?? "") }
}

extension AuthorizationRequest {
    /// The pattern for the request's resource alone.
    func resourcePattern(in version: PolicyDocument.Version) -> String? {
        StatementText.pattern(for: resource, version: version)
    }
}

extension Principal {
    /// Whether policies of an account bind it.
    var isOfAccount: Bool {
        switch kind {
        case .root, .user, .role, .roleSession, .federatedUser: true
        case .webIdentity, .saml, .service, .anonymous: false
        }
    }
}

extension PolicySource {
    /// Whether it is a managed policy of AWS's, which nobody can change.
    var isOfAWS: Bool { arn.flatMap(ARNParts.init)?.account == "aws" }
}

extension String {
    /// Whether it is twelve digits.
    var isAccountID: Bool { utf8.count == 12 && utf8.allSatisfy { (0x30...0x39).contains($0) } }
}
