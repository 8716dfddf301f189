import Directory
import Gate
import IAMAPI
import Pages
import Platform
import Policy
import Remedies
import Wire

/// The simulator: who may do what to what, drawn; and what would change it.
///
/// See ``SimulationRun`` for what is shown to whom.
enum SimulatorPages {
    static let routes: [Route] = [
        .get("simulator") { (visit) throws(ServiceError) in await open(visit) },
        .post("simulator") { (visit) throws(ServiceError) in await step(visit) },
        .post("simulator/remedy") { (visit) throws(ServiceError) in try await make(visit) },
    ]

    private static func open(_ visit: Visit) async -> Reply {
        var question = SimulatedQuestion(visit.query)
        if visit.query["as"] == "me", let own = SimulatedSubject.arn(visit.caller) {
            question.principal = own
            if let session = visit.caller.session {
                question.add("aws:MultiFactorAuthPresent", session.mfaTime == nil ? "false" : "true")
            }
            if let address = visit.request.source.address { question.add("aws:SourceIp", "\(address)") }
            question.add("aws:RequestedRegion", visit.region)
        }
        // A session's caller is known by its session's ARN, which is no principal that has policies.
        if let role = await roleARN(ofSession: question.principal, visit) { question.principal = role }
        return await show(question, visit.query, visit)
    }

    private static func step(_ visit: Visit) async -> Reply {
        let form = visit.form
        let question = SimulatedQuestion(form)
        // What can be passed on has an address of its own; a policy is too long for one.
        if form["do"] == nil, question.extra == nil, question.path.utf8.count < 4000 {
            let chosen = form["find"].map { "&find=" + PercentEncoding.queryValue($0) } ?? ""
            return visit.redirect(question.path + chosen)
        }
        return await show(question, form, visit)
    }

    /// `arn:aws:sts::A:assumed-role/NAME/SESSION`: the ARN of the role.
    private static func roleARN(ofSession text: String, _ visit: Visit) async -> String? {
        guard let arn = ARN(parsing: text), arn.service == "sts", arn.account == visit.account,
            arn.resource.hasPrefix("assumed-role/")
        else { return nil }
        let name = String(arn.resource.split(separator: "/").dropFirst().first ?? "")
        let read = await visit.attempt { () throws(ServiceError) in
            try await visit.call(IAM.GetRole.self, .init { $0.roleName = name }).role.arn
        }
        return read.value ?? "arn:aws:iam::\(arn.account):role/\(name)"
    }

    // MARK: The page

    private static func show(_ question: SimulatedQuestion, _ fields: FormFields, _ visit: Visit) async -> Reply {
        let form = await SimulatorForm(question, fields, visit)
        var content = form.content
        var status = 200
        if question.isWhole {
            let mayListRoles = form.mayListRoles
            let run = await visit.attempt { () throws(ServiceError) in
                try await SimulationRun(question, visit, mayListRoles: mayListRoles)
            }
            if let problem = run.problem {
                content["runProblem"] = problem
                status = problem.isDenial ? 403 : problem.code == "NoSuchEntity" ? 404 : 400
            }
            if let run = run.value { await draw(run, fields["show"], &content, visit) }
        } else if !question.principal.isEmpty,
            SimulatedSubject(question.principal, account: visit.account).kind == .other
        {
            content["advice"] = "Choose a user, group or role of this account."
        }
        return visit.page("simulator", "Simulator", content, status: status)
    }

    private static func draw(
        _ run: SimulationRun, _ wanted: String?, _ content: inout [String: Any?], _ visit: Visit
    ) async {
        let question = run.question
        guard
            let shown = run.results.first(where: { $0.action == wanted })
                ?? run.results.first(where: { !$0.asked.decision.isAllowed }) ?? run.results.first
        else { return }
        content["hasResult"] = true
        content["rows"] = run.results.map { result in
            present([
                "rowAction": result.action, "isPassed": result.asked.decision.isAllowed,
                "rowDecision": result.decided, "rowAnswer": result.answered, "rowToday": result.today,
                "isShown": result.action == shown.action, "differs": !result.agrees,
                "rowLink": question.extra == nil
                    ? Console.root + question.path + "&show=" + PercentEncoding.queryValue(result.action) + "#decision"
                    : nil,
            ])
        }
        content["hasToday"] = question.extra != nil && question.extraUse == .instead
        content["hasSeveral"] = run.results.count > 1
        content["omissions"] = run.omissions
        content["disagreement"] = shown.agrees ? nil : shown.answered
        if shown.agrees, let answered = shown.answered, answered != shown.decided {
            content["beyond"] = answered
        }
        content["takesNoRoot"] = shown.answered == nil
        content["decision"] = DrawnDecision(shown, visit)
        let isGroup = shown.asked.request.principal.arn.isEmpty
        if !shown.asked.decision.isAllowed, !isGroup {
            content["denialText"] = shown.asked.decision.message(for: shown.asked.request)
        }
        content["awsWord"] = shown.decided
        content["missing"] = shown.missing.map { $0 }
        content["requestJSON"] = SimulatedRequestText.json(run, shown)
        content["command"] = SimulatedRequestText.command(run)
        content["gatehouseCommand"] = SimulatedRequestText.gatehouseCommand(run, shown)
        content["permalink"] = question.extra == nil ? Console.root + question.path : nil
        guard !shown.asked.decision.isAllowed else { return }
        guard question.extra == nil, !isGroup else {
            content["noRemedies"] =
                isGroup
                ? "Changes are looked for where a user or a role is denied something."
                : "Changes are looked for where no policy is tried: without it, they are shown here."
            return
        }
        content["hasRemedies"] = true
        content["answer"] = await DrawnRemedies(shown.asked, visit)
        content["remedyAction"] = Console.root + "simulator/remedy"
        content["remedyFields"] = (question.fields + [(name: "show", value: shown.action)]).map {
            ["fieldName": $0.name, "fieldValue": $0.value]
        }
    }

    // MARK: Changes

    /// Makes the changes of a remedy, and asks again.
    private static func make(_ visit: Visit) async throws(ServiceError) -> Reply {
        let question = SimulatedQuestion(visit.form)
        let mayListRoles = await SimulatorForm.roles(visit).value != nil
        let run = try await SimulationRun(question, visit, mayListRoles: mayListRoles)
        guard question.extra == nil, let denied = run.results.first(where: { $0.action == visit.form["show"] }) else {
            throw .validation("The policies do not deny this.")
        }
        let page = question.path + "&show=" + PercentEncoding.queryValue(denied.action)
        let wanted = visit.form.text("remedy")
        let report = RemedySearch(denied.asked).report()
        guard let remedy = report.remedies.first(where: { DrawnRemedies.key($0) == wanted }) else {
            return visit.redirect(
                page, done: "Nothing was changed: the policies have changed since the page was shown. Look again.")
        }
        let actions = remedy.changes.compactMap { RemedyAction($0, in: visit.account) }
        guard actions.count == remedy.changes.count else { throw .validation("No form can make this change.") }
        for action in actions { try await action.perform(visit) }
        return visit.redirect(page, done: "\(remedy.title): done. It was tried again; the result is below.")
    }
}
