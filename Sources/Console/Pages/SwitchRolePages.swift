import Directory
import IAMService
import Pages
import Platform
import STSAPI
import Wire

/// Switching to a role, and back.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-console.html>
enum SwitchRolePages {
    static let routes: [Route] = [
        .get("switch-role") { (visit) throws(ServiceError) in form(visit, visit.query, problem: nil) },
        .post("switch-role") { (visit) throws(ServiceError) in try await change(visit) },
        .post("exit-role") { (visit) throws(ServiceError) in try await back(visit) },
    ]

    /// AWS's text, whatever is wrong.
    private static let refusal =
        "Invalid information in one or more fields. Check your information or contact your administrator."

    private static func form(_ visit: Visit, _ typed: FormFields, problem: String?, status: Int = 200) -> Reply {
        visit.page(
            "switch-role", "Switch role",
            [
                "problemText": problem, "typedAccount": typed.text("account"), "typedRole": typed.text("roleName"),
                "typedDisplayName": typed.text("displayName"),
                "colors": RecentRole.colors.map { Choice(name: $0, isCurrent: $0 == (typed["color"] ?? "none")) },
                "recent": visit.recentRoles.map { ["link": $0.link, "display": $0.displayName, "tone": $0.color] },
            ], status: status)
    }

    private static func change(_ visit: Visit) async throws(ServiceError) -> Reply {
        let environment = visit.environment
        let typed = visit.form.text("account").filter { $0 != "-" && $0 != " " }
        let account = environment.directory.account(typed)?.id ?? environment.directory.account(alias: typed)?.id
        let name = visit.form.text("roleName").split(separator: "/").last.map { String($0) } ?? ""
        let color = RecentRole.colors.contains(visit.form.text("color")) ? visit.form.text("color") : "none"
        let display = visit.form["displayName"] ?? "\(name) @ \(typed)"
        let role = RecentRole(
            account: typed, roleName: visit.form.text("roleName"), displayName: String(display.prefix(64)), color: color
        )
        guard case .root = visit.person.identity else {
            do throws(ServiceError) {
                let token = try await assume("arn:aws:iam::\(account ?? typed):role/\(role.roleName)", visit)
                return try await enter(token, role, visit)
            } catch {
                guard error.fault == .sender else { throw error }
                try await record("SwitchRole", visit, failure: refusal, caller: visit.person)
                // An administrator who knows why a role does not let somebody in is helped; nobody else learns more.
                return form(visit, visit.form, problem: refusal, status: 403)
            }
        }
        return form(visit, visit.form, problem: "The root user can't switch to roles.", status: 403)
    }

    /// The role's credentials, by its trust policy and the person's own permissions.
    private static func assume(_ arn: String, _ visit: Visit) async throws(ServiceError) -> String {
        let environment = visit.environment
        let parsed = ARN(parsing: arn)
        let role = (parsed?.typeAndRest?.rest.split(separator: "/").last).flatMap {
            environment.directory.role(named: String($0), in: parsed?.account ?? "")
        }
        let left = Int(visit.session.started + ConsoleSession.lifetime - environment.now())
        // A role that one comes to from another role lasts an hour at most.
        let most = visit.person.session?.principalKind == .role ? 3600 : 43_200
        let input = STS.AssumeRole.Input {
            $0.roleArn = role?.arn ?? arn
            $0.roleSessionName = sessionName(visit.person)
            $0.durationSeconds = max(900, min(left, most, role?.maxSessionDuration ?? 3600))
        }
        let answer = try await environment.call(
            STS.AssumeRole.self, input, by: visit.person, from: visit.request.source, in: visit.region,
            requestID: RequestIDs.make(time: environment.now()))
        guard let token = answer.credentials?.sessionToken else { throw .internalFailure }
        return token
    }

    /// The session is called by the name of whoever switches.
    private static func sessionName(_ person: Caller) -> String {
        let name = person.userName.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "_+=,.@-".contains($0)) }
        return String((name.count < 2 ? name + "--" : name).prefix(64))
    }

    private static func enter(_ token: String, _ role: RecentRole, _ visit: Visit) async throws(ServiceError) -> Reply {
        guard let opened = visit.environment.sessionTokens.open(token),
            let caller = Caller(opened, visit.environment.directory)
        else { throw .internalFailure }
        try await record("SwitchRole", visit, failure: nil, caller: caller)
        var session = visit.session
        session.role = ConsoleSession.SwitchedRole(token: token, displayName: role.displayName, color: role.color)
        return try visit.replacing(session, thenTo: Console.root).setting([try visit.remember(role)])
    }

    private static func back(_ visit: Visit) async throws(ServiceError) -> Reply {
        guard visit.session.role != nil else { return .redirect(to: Console.root) }
        try await record("ExitRole", visit, failure: nil, caller: visit.caller)
        var session = visit.session
        session.role = nil
        return try visit.replacing(session, thenTo: Console.root)
    }

    private static func record(
        _ name: String, _ visit: Visit, failure: String?, caller: Caller
    ) async throws(ServiceError) {
        let details = [
            (name: name == "SwitchRole" ? "SwitchFrom" : "ExitTo", value: visit.person.arn),
            (name: "RedirectTo", value: visit.console.address + Console.root),
        ]
        let identity: SignInEvent.Identity =
            if case .user(let user) = caller.identity { .owner(.init(user)) } else { .session(caller) }
        try await SignInEvent(
            name: name, identity: identity, account: caller.accountID, failure: failure, details: details
        ).record(visit.request, visit.environment)
    }
}
