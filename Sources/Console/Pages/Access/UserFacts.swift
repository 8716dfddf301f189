import IAMAPI
import Platform
import Wire

/// What the table of users tells of each, as far as the person may know it.
///
/// For a few users it is asked for one by one, as AWS's console does; for many, it comes from the credential report, which
/// takes one request, and may be some hours old. The first few of those who are newer than the report are asked for, too.
struct UserFacts: Sendable {
    let rows: [UserRow]
    /// Why a column can't be told.
    let notes: [Problem]
    /// When the credential report was made; nil: everything is as it is now.
    let reportTime: Moment?

    /// With more users than these the credential report is asked.
    private static let mostAskedOneByOne = 25

    static func of(_ users: [IAM.User], _ visit: Visit) async -> UserFacts {
        guard users.count > mostAskedOneByOne else {
            var rows: [UserRow] = []
            for user in users { rows.append(UserRow(user, await live(user, visit), visit)) }
            return UserFacts(rows: rows, notes: [], reportTime: nil)
        }
        let report = await visit.attempt { () throws(ServiceError) in
            // A new one is made only if the last is older than four hours; the next who looks has it then.
            _ = try await visit.call(IAM.GenerateCredentialReport.self)
            return try await CredentialTable.get(visit)
        }
        let details = await visit.attempt { () throws(ServiceError) in try await groups(visit) }
        var rows: [UserRow] = []
        var newer = 0
        for user in users {
            let known = report.value?.row(of: user.userName)
            if known == nil, report.value != nil, newer < mostAskedOneByOne {
                newer += 1
                rows.append(UserRow(user, await live(user, visit), visit))
                continue
            }
            let groups = Attempted(value: details.value.map { $0[user.userName] ?? [] }, problem: details.problem)
            rows.append(UserRow(user, UserFact(known, report.problem, groups: groups), visit))
        }
        return UserFacts(
            rows: rows, notes: [report.problem, details.problem].compactMap { $0 },
            reportTime: report.value.map { visit.moment($0.time) })
    }

    /// The names of each user's groups.
    private static func groups(_ visit: Visit) async throws(ServiceError) -> [String: [String]] {
        var groups: [String: [String]] = [:]
        var marker: String?
        repeat {
            let answer = try await visit.call(
                IAM.GetAccountAuthorizationDetails.self,
                .init {
                    $0.filter = ["User"]
                    $0.maxItems = 1000
                    $0.marker = marker
                })
            for user in answer.userDetailList ?? [] { groups[user.userName ?? ""] = user.groupList ?? [] }
            marker = answer.isTruncated == true ? answer.marker : nil
        } while marker != nil
        return groups
    }

    private static func live(_ user: IAM.User, _ visit: Visit) async -> UserFact {
        let name = user.userName
        var fact = UserFact()
        fact.groups = await visit.attempt { () throws(ServiceError) in
            try await visit.all(IAM.ListGroupsForUser.self, .init { $0.userName = name }).map(\.groupName)
        }
        fact.hasDevice = await visit.attempt { () throws(ServiceError) in
            !(try await visit.all(IAM.ListMFADevices.self, .init { $0.userName = name })).isEmpty
        }
        fact.passwordDate = await visit.find { () throws(ServiceError) in
            try await visit.call(IAM.GetLoginProfile.self, .init { $0.userName = name }).loginProfile.createDate
        }
        fact.hasNoPassword = fact.passwordDate.value == nil && fact.passwordDate.problem == nil
        fact.keys = await visit.attempt { () throws(ServiceError) in
            try await visit.all(IAM.ListAccessKeys.self, .init { $0.userName = name }).map { UserFact.Key($0) }
        }
        guard var keys = fact.keys.value else { return fact }
        for index in keys.indices {
            let id = keys[index].id
            let use = await visit.attempt { () throws(ServiceError) in
                try await visit.call(IAM.GetAccessKeyLastUsed.self, .init { $0.accessKeyId = id }).accessKeyLastUsed
            }
            keys[index].lastUsed = use.value??.lastUsedDate
        }
        fact.keys = Attempted(value: keys, problem: nil)
        return fact
    }
}

/// What is known of one user besides what ListUsers says.
struct UserFact: Sendable {
    struct Key: Sendable {
        /// Empty: the credential report does not tell it.
        let id: String
        let isActive: Bool
        let created: Timestamp?
        var lastUsed: Timestamp?

        init(_ key: IAM.AccessKeyMetadata) {
            id = key.accessKeyId ?? ""
            isActive = key.status == "Active"
            created = key.createDate
        }

        /// - Parameter number: `1` or `2`, of the report's columns. nil: there is no such key.
        init?(_ row: [String: String], _ number: String) {
            guard let created = row["access_key_\(number)_last_rotated"].flatMap(Timestamp.init(parsing:)) else {
                return nil
            }
            id = ""
            isActive = row["access_key_\(number)_active"] == "true"
            self.created = created
            lastUsed = row["access_key_\(number)_last_used_date"].flatMap(Timestamp.init(parsing:))
        }
    }

    var groups = Attempted<[String]>(value: nil, problem: nil)
    var hasDevice = Attempted<Bool>(value: nil, problem: nil)
    var passwordDate = Attempted<Timestamp>(value: nil, problem: nil)
    var hasNoPassword = false
    var keys = Attempted<[Key]>(value: nil, problem: nil)

    init() {}

    /// - Parameters:
    ///   - row: of the credential report; nil: the user is not in it, or there is none.
    ///   - problem: why there is none.
    init(_ row: [String: String]?, _ problem: Problem?, groups: Attempted<[String]>) {
        self.groups = groups
        hasDevice = Attempted(value: row.map { $0["mfa_active"] == "true" }, problem: problem)
        passwordDate = Attempted(
            value: row?["password_last_changed"].flatMap(Timestamp.init(parsing:)), problem: problem)
        hasNoPassword = row.map { $0["password_enabled"] != "true" } ?? false
        keys = Attempted(value: row.map { row in ["1", "2"].compactMap { Key(row, $0) } }, problem: problem)
    }
}

/// A cell of a table, as the template `cell` shows it.
struct Cell: Sendable {
    let cellText: String
    /// `good`, `bad` or `warn`; nil: it is nothing to be proud of or to mend.
    var cellTone: String?
    /// What is told when one rests on it.
    var cellHint: String?
    /// The person may not know it: where the cause is shown.
    var cellWhy: String?

    /// What stands for what is not there.
    static let none = Cell(cellText: "–")

    /// - Parameter text: nil: it is not known.
    init<T>(_ attempted: Attempted<T>, _ text: (T) -> Cell) {
        if let value = attempted.value {
            self = text(value)
        } else if let problem = attempted.problem {
            cellText = problem.isDenial ? "Not allowed" : problem.code
            cellHint = problem.text
            cellWhy = problem.why
        } else {
            self = .none
        }
    }

    init(cellText: String, cellTone: String? = nil, cellHint: String? = nil) {
        self.cellText = cellText
        self.cellTone = cellTone
        self.cellHint = cellHint
    }
}

/// A row of the table of users.
struct UserRow: Sendable {
    let userName: String
    let userLink: String
    let userPath: String
    let userARN: String
    let created: Moment
    let groups: Cell
    let activity: Cell
    let device: Cell
    let passwordAge: Cell
    let signIn: Cell
    let keyIDs: Cell
    let keyAge: Cell

    /// When a password or a key should be replaced, in seconds: as in AWS's console, after ninety days.
    private static let oldAge = 90 * 86_400.0

    init(_ user: IAM.User, _ fact: UserFact, _ visit: Visit) {
        let now = visit.environment.now()
        userName = user.userName
        userLink = Console.root + UserPages.path(user.userName)
        userPath = user.path
        userARN = user.arn
        created = visit.moment(user.createDate)
        groups = Cell(fact.groups) { $0.isEmpty ? .none : Cell(cellText: $0.joined(separator: ", ")) }
        device = Cell(fact.hasDevice) { has in
            has
                ? Cell(cellText: "On", cellTone: "good")
                : Cell(cellText: "None", cellTone: fact.hasNoPassword ? nil : "bad")
        }
        func age(_ time: Timestamp) -> Cell {
            let age = now - time.secondsSinceEpoch
            return Cell(
                cellText: Moment.span(age), cellTone: age > Self.oldAge ? "warn" : nil,
                cellHint: Moment(time, now: now).momentText)
        }
        passwordAge = fact.hasNoPassword ? Cell(cellText: "No password") : Cell(fact.passwordDate, age)
        func used(_ time: Timestamp?) -> Cell {
            guard let time else { return Cell(cellText: "Never") }
            let moment = Moment(time, now: now)
            return Cell(cellText: moment.momentAge, cellHint: moment.momentText)
        }
        signIn = fact.hasNoPassword ? .none : used(user.passwordLastUsed)
        let active = fact.keys.value?.filter(\.isActive) ?? []
        keyIDs = Cell(fact.keys) { keys in
            let ids = keys.filter { !$0.id.isEmpty }.map { $0.isActive ? "Active – \($0.id)" : "Inactive – \($0.id)" }
            return keys.isEmpty ? .none : Cell(cellText: ids.isEmpty ? "\(keys.count)" : ids.joined(separator: ", "))
        }
        keyAge = Cell(fact.keys) { _ in active.compactMap(\.created).min().map(age) ?? .none }
        let uses = (fact.keys.value ?? []).compactMap(\.lastUsed) + [user.passwordLastUsed].compactMap { $0 }
        activity = used(uses.max())
    }
}
