import Directory
import Learning
import Ledger
import Platform
import Policy
import Testing

@testable import AccessAnalyzerService

/// What counts as unused, at which moment.
@Suite struct UnusedAccessTests {
    private let now = 1_800_000_000.0
    private let day = 86_400.0
    private let account = "111122223333"

    private func access(age: Int = 90) -> UnusedAccess {
        UnusedAccess(time: now, age: age) { service in service == "iam" ? ["GetUser", "ListUsers", "CreateUser"] : [] }
    }

    private func identity(
        isRole: Bool = true, days: Double = 400, uses: [(action: String, days: Double)] = [],
        keys: [AnalyzedIdentity.Credential] = [], password: AnalyzedIdentity.Credential? = nil,
        actions: [String] = ["iam:*", "sqs:*"]
    ) throws -> AnalyzedIdentity {
        let fold = UsageFold()
        for use in uses {
            let parts = use.action.split(separator: ":").map(String.init)
            fold.take(
                RecordedUse(
                    principalID: "AROAX", accountID: account, longTermKey: keys.first?.id, service: parts[0],
                    action: parts[1], region: "us-east-1", time: Int64((now - use.days * day) * 1000)))
        }
        let list = actions.map { "\"\($0)\"" }.joined(separator: ",")
        let document = try PolicyDocument(
            parsing: #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":[\#(list)],"Resource":"*"}}"#,
            as: .identity)
        return AnalyzedIdentity(
            resource: FoundResource(
                arn: "arn:aws:iam::\(account):role/x", type: isRole ? Role.kind : User.kind, owner: account),
            isRole: isRole, created: now - days * day, tags: [Tag(key: "Team", value: "a")], keys: keys,
            password: password, grants: ServiceGrants([document]), usage: fold.usage(of: "AROAX"))
    }

    @Test(arguments: [(89.9, false), (90.0, true), (300.0, true)])
    func aRoleIsUnusedFromItsAgeOn(days: Double, isUnused: Bool) throws {
        let neverUsed = access().findings(of: try identity(days: days))
        #expect(neverUsed == (isUnused ? [.unusedRole(lastAccessed: nil)] : []))
        let used = access().findings(of: try identity(uses: [("iam:GetUser", days)], actions: ["iam:GetUser"]))
        #expect(used == (isUnused ? [.unusedRole(lastAccessed: now - days * day)] : []))
    }

    @Test func permissionsAreThoseOfServicesAndActions() throws {
        let found = access().findings(
            of: try identity(uses: [("iam:GetUser", 1), ("iam:ListUsers", 100), ("sqs:SendMessage", 91)]))
        let expected = [
            UnusedPermission(
                service: "iam", lastAccessed: now - day,
                actions: [
                    .init(name: "CreateUser", lastAccessed: nil),
                    .init(name: "ListUsers", lastAccessed: now - 100 * day),
                ]),
            UnusedPermission(service: "sqs", lastAccessed: now - 91 * day, actions: []),
        ]
        #expect(found == [.unusedPermission(expected)])
    }

    @Test func aYoungRoleHasNoUnusedPermissions() throws {
        #expect(access().findings(of: try identity(days: 89, uses: [("iam:GetUser", 1)])) == [])
    }

    @Test func keysAndPasswordsHaveAgesOfTheirOwn() throws {
        let key = AnalyzedIdentity.Credential(id: "AKIA1", created: now - 200 * day)
        let young = AnalyzedIdentity.Credential(id: "AKIA2", created: now - 10 * day)
        let old = AnalyzedIdentity.Credential(id: "AKIA3", created: now - 365 * day)
        let user = try identity(
            isRole: false, uses: [("iam:GetUser", 95)], keys: [key, young, old], password: old)
        #expect(
            access().findings(of: user) == [
                .unusedAccessKey(id: "AKIA1", lastAccessed: now - 95 * day),
                .unusedAccessKey(id: "AKIA3", lastAccessed: nil), .unusedPassword(lastAccessed: nil),
            ])
        #expect(access(age: 96).findings(of: user).contains(.unusedPassword(lastAccessed: nil)))
        #expect(!access(age: 96).findings(of: user).contains { $0.identity == "unused key AKIA1" })
        #expect(access(age: 365).findings(of: user).count == 3)
    }

    @Test func useMakesFindingsOutdated() throws {
        let usage = try #require(try identity(uses: [("iam:GetUser", 1)]).usage)
        let latest = Int64((now - 90 * day) * 1000)
        func isOutdated(_ details: FindingDetails) -> Bool { details.isOutdated(by: usage, since: latest) }
        #expect(isOutdated(.unusedRole(lastAccessed: nil)))
        #expect(!isOutdated(.unusedPassword(lastAccessed: nil)))
        #expect(!isOutdated(.unusedAccessKey(id: "AKIA1", lastAccessed: nil)))
        #expect(isOutdated(.unusedPermission([UnusedPermission(service: "iam", lastAccessed: nil, actions: [])])))
        #expect(!isOutdated(.unusedPermission([UnusedPermission(service: "sqs", lastAccessed: nil, actions: [])])))
        func actions(_ name: String) -> FindingDetails {
            .unusedPermission([UnusedPermission(service: "iam", lastAccessed: nil, actions: [.init(name: name)])])
        }
        #expect(isOutdated(actions("GetUser")))
        #expect(!isOutdated(actions("CreateUser")))
    }

    @Test(
        arguments: [
            (nil, [["team": "a"]], true), (nil, [["Team": ""]], true), (nil, [["Team": "b"]], false),
            (nil, [["Team": "a", "Stage": ""]], false), (nil, [["Stage": ""], ["Team": "a"]], true),
            (["111122223333"], [], true), (["444455556666"], [["Team": "a"]], false), ([], [], false),
            (["111122223333"], [["Team": "b"]], false),
        ] as [([String]?, [[String: String]], Bool)])
    func exclusionsMeetAllOfACriterion(accounts: [String]?, tags: [[String: String]], isExcluded: Bool) throws {
        var analyzer = Analyzer(
            name: "x", accountID: account, region: "us-east-1", type: .accountUnusedAccess, created: 0)
        #expect(!analyzer.excludes(try identity()))
        analyzer.configuration.exclusions = [Analyzer.Exclusion(accountIDs: accounts, resourceTags: tags)]
        #expect(analyzer.excludes(try identity()) == isExcluded)
    }
}
