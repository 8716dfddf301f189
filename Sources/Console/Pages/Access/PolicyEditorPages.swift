import AccessAnalyzerAPI
import FoundationEssentials
import IAMAPI
import Pages
import Platform
import Policy
import Wire

/// The policy editor: JSON with what is to be said of it, and a form that builds statements.
///
/// It is one page for all kinds of policy; ``EditorTarget`` says for what. Every button sends the whole form, and gets
/// the page with what was typed. The script asks for the findings as one types, and takes the builder's next step from
/// the same page.
enum PolicyEditorPages {
    static let routes: [Route] = [
        .get("policy-editor") { (visit) throws(ServiceError) in await open(visit) },
        .post("policy-editor") { (visit) throws(ServiceError) in await step(visit) },
        .post("policy-editor/findings") { (visit) throws(ServiceError) in try findings(visit) },
    ]

    /// What a page shows.
    private struct Editor {
        let target: EditorTarget
        var document: String
        var content: [String: Any?] = [:]
        var status = 200
        /// What the builder shows; its fields are gone when a statement was made of them.
        var fields: FormFields
    }

    private static func open(_ visit: Visit) async -> Reply {
        let target = EditorTarget(visit.query)
        var editor = Editor(target: target, document: PolicyText.empty, fields: visit.query)
        let inForce = await visit.attempt { () throws(ServiceError) in try await target.documentInForce(visit) }
        editor.content["loadProblem"] = inForce.problem
        if let text = inForce.value ?? nil { editor.document = PolicyText.readable(text) }
        if let suggested = visit.query["document"] {
            editor.document = PolicyText.readable(PolicyText.typed(suggested))
            editor.content["isSuggested"] = true
        }
        if case .inline(_, _, nil) = target { editor.content["name"] = visit.query["name"] }
        if case .newPolicy = target { editor.content["name"] = visit.query["name"] }
        return await show(editor, visit)
    }

    private static func step(_ visit: Visit) async -> Reply {
        let form = visit.form
        var editor = Editor(
            target: EditorTarget(form), document: PolicyText.typed(form.text("document")), fields: form)
        for name in ["name", "description", "path", "tags"] { editor.content[name] = form[name] }
        switch form["do"] {
        case "save":
            let target = editor.target
            let document = editor.document
            let saved = await visit.attempt { () throws(ServiceError) in
                let (path, done) = try await target.save(document, visit)
                return visit.redirect(path, done: done)
            }
            if let reply = saved.value { return reply }
            editor.content["saveProblem"] = saved.problem
            editor.status = saved.problem?.isDenial == true ? 403 : 400
        case "format": format(&editor)
        case "new-access": await checkNewAccess(&editor, visit)
        case "public-access": await checkPublicAccess(&editor, visit)
        case "add": add(&editor, visit)
        default: break
        }
        return await show(editor, visit)
    }

    private static func format(_ editor: inout Editor) {
        do throws(Policy.JSONError) {
            editor.document = try JSONTree(parsing: editor.document).indented
        } catch {
            editor.content["advice"] = "Correct the JSON at line \(error.position.line) first: \(error.reason)."
        }
    }

    private static func add(_ editor: inout Editor, _ visit: Visit) {
        let builder = StatementBuilder(
            visit.form, editor.target.type, account: visit.account, region: visit.region)
        do throws(StatementBuilder.Incomplete) {
            let new = try builder.statements()
            var tree: JSONTree
            do throws(Policy.JSONError) {
                tree = try JSONTree(parsing: editor.document.trimmed.isEmpty ? PolicyText.empty : editor.document)
            } catch {
                throw StatementBuilder.Incomplete(
                    advice: "Correct the JSON at line \(error.position.line) first: \(error.reason).")
            }
            guard case .object = tree else {
                throw StatementBuilder.Incomplete(advice: "The policy must be a JSON object to add a statement to it.")
            }
            switch tree["Statement"] {
            case .array(let old): tree["Statement"] = .array(old + new)
            case .some(let single): tree["Statement"] = .array([single] + new)
            case nil: tree["Statement"] = .array(new)
            }
            editor.document = tree.indented
            editor.content["added"] =
                new.count == 1
                ? "The statement was added at the end of the policy."
                : "Two statements were added at the end of the policy: some of the actions can't be limited to resources."
            editor.fields = FormFields(
                visit.form["b-service"].map { [(name: "b-service", value: $0)] } ?? [])
        } catch {
            editor.content["builderAdvice"] = error.advice
        }
    }

    // MARK: Checks by Access Analyzer

    private static func checkNewAccess(_ editor: inout Editor, _ visit: Visit) async {
        let target = editor.target
        let document = editor.document
        let result = await visit.attempt { () throws(ServiceError) in
            let inForce = try await target.documentInForce(visit) ?? PolicyText.empty
            return try await visit.call(
                AccessAnalyzer.CheckNoNewAccess.self,
                .init {
                    $0.newPolicyDocument = document
                    $0.existingPolicyDocument = inForce
                    $0.policyType = target.type == .identity ? "IDENTITY_POLICY" : "RESOURCE_POLICY"
                })
        }
        editor.content["checkProblem"] = result.problem
        guard let answer = result.value else { return }
        editor.content["verdict"] = verdict(
            answer.result, answer.message, answer.reasons, title: "New access")
    }

    private static func checkPublicAccess(_ editor: inout Editor, _ visit: Visit) async {
        let document = editor.document
        let result = await visit.attempt { () throws(ServiceError) in
            try await visit.call(
                AccessAnalyzer.CheckNoPublicAccess.self,
                .init {
                    $0.policyDocument = document
                    $0.resourceType = "AWS::IAM::AssumeRolePolicyDocument"
                })
        }
        editor.content["checkProblem"] = result.problem
        guard let answer = result.value else { return }
        editor.content["verdict"] = verdict(
            answer.result, answer.message, answer.reasons, title: "Public access")
    }

    private static func verdict(
        _ result: String?, _ message: String?, _ reasons: [AccessAnalyzer.ReasonSummary]?, title: String
    ) -> [String: Any] {
        [
            "checkTitle": title, "passes": result == "PASS", "result": result ?? "", "message": message ?? "",
            "reasons": (reasons ?? []).map { $0.description ?? "" },
        ]
    }

    // MARK: The page

    private static func show(_ editor: Editor, _ visit: Visit) async -> Reply {
        let target = editor.target
        let found = PolicyFindings(editor.document, as: target.type, target.strictness)
        let limit = target.limit(visit.environment.quotas)
        var content = editor.content
        content["target"] = target.fields.map { ["fieldName": $0.name, "fieldValue": $0.value] }
        content["home"] = ["homeName": target.home.name, "homeLink": Console.root + target.home.path]
        content["document"] = editor.document
        content["items"] = found.items.map {
            present([
                "severity": $0.severity, "severityName": $0.kind, "findingCode": $0.code, "advice": $0.advice,
                "line": $0.line, "column": $0.column, "findingPath": $0.path, "learnMore": $0.link,
            ])
        }
        content["counts"] = found.counts
        content["hasFindings"] = !found.items.isEmpty
        content["characters"] = found.characters
        content["limit"] = limit
        content["isTooLong"] = found.characters > limit
        content["command"] = target.command
        content["builder"] = StatementBuilder(
            editor.fields, target.type, account: visit.account, region: visit.region
        ).content()
        content["isBuilding"] = editor.fields.isOn("b-service") || editor.content["added"] != nil
        switch target {
        case .trial(let type):
            content["isTrial"] = true
            content["hasPublicCheck"] = type == .roleTrust
            content["trialTypes"] = EditorTarget.trialTypes.map {
                ["typeKey": $0.key, "typeName": $0.name, "isChosen": $0.type == type] as [String: Any]
            }
        case .newPolicy:
            content["isNewPolicy"] = true
            content["needsName"] = true
        case .version(let arn):
            content["isVersion"] = true
            content["hasInForce"] = true
            if let versions = await fullVersions(arn, visit) {
                content["hasFull"] = true
                content["full"] = versions
            }
        case .inline(_, _, let policy):
            content["needsName"] = policy == nil
            content["hasInForce"] = policy != nil
        case .trust:
            content["hasInForce"] = true
            content["hasPublicCheck"] = true
        }
        content["saves"] = content["isTrial"] == nil
        return visit.page("policy-editor", target.title, content, status: editor.status)
    }

    /// The versions of which one has to go before there is room for another; nil: there is room, or nobody may know.
    private static func fullVersions(_ arn: String, _ visit: Visit) async -> [[String: Any]]? {
        let answer = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.ListPolicyVersions.self, .init { $0.policyArn = arn }).versions ?? []
        }
        guard let versions = answer.value, versions.count >= visit.environment.quotas[Quota("VersionsPerPolicy", 5)]
        else { return nil }
        return versions.reversed().filter { $0.isDefaultVersion != true }.map { ["versionId": $0.versionId ?? ""] }
    }

    // MARK: For the script

    private struct Answer: Encodable {
        let findings: PolicyFindings
        let limit: Int
    }

    /// What is to be said of the text, as one types. It asks nothing of the account, and so needs no permission.
    private static func findings(_ visit: Visit) throws(ServiceError) -> Reply {
        let target = EditorTarget(visit.form)
        let found = PolicyFindings(
            PolicyText.typed(visit.form.text("document")), as: target.type, target.strictness)
        do {
            let bytes = try JSONEncoder().encode(
                Answer(findings: found, limit: target.limit(visit.environment.quotas)))
            return .json(Array(bytes))
        } catch {
            throw .internalFailure
        }
    }
}
