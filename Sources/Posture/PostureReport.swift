public import Platform
public import Wire

/// What all checks have said of an account.
public struct PostureReport: Sendable {
    /// Whose resources were looked at.
    public let account: String
    /// Where.
    public let regions: [String]
    /// When, in seconds since 1970.
    public let time: Double
    /// Those that were asked, in their order.
    public let checks: [PostureCheck]
    /// By check, in the order of ``checks``; then by Region and resource.
    public let findings: [PostureFinding]

    /// - Parameters: see the properties.
    public init(
        account: String, regions: [String], time: Double, checks: [PostureCheck], findings: [PostureFinding]
    ) {
        self.account = account
        self.regions = regions
        self.time = time
        self.checks = checks
        self.findings = findings
    }

    /// What one check has said.
    public func findings(of check: PostureCheck) -> [PostureFinding] { findings.filter { $0.check == check.id } }

    /// What became of a check: it fails with any of its resources, and passes with at least one that does.
    public func outcome(of check: PostureCheck) -> PostureVerdict.Outcome { Self.outcome(of: findings(of: check)) }

    static func outcome(of findings: [PostureFinding]) -> PostureVerdict.Outcome {
        if findings.contains(where: { $0.outcome == .fail }) { return .fail }
        return findings.contains { $0.outcome == .pass } ? .pass : .notApplicable
    }

    /// The controls of a standard that some check speaks of, in their order, each with these checks and what became of them. A
    /// control that all of its checks pass is thereby not proven to be met: they say what they have looked at, no more.
    public func controls(
        of standard: PostureControl.Standard
    ) -> [(control: PostureControl, outcome: PostureVerdict.Outcome, checks: [PostureCheck])] {
        var found: [PostureControl: [PostureCheck]] = [:]
        for check in checks {
            for control in check.controls where control.standard == standard {
                found[control, default: []].append(check)
            }
        }
        let byCheck = Dictionary(grouping: findings, by: \.check)
        return found.sorted { $0.key < $1.key }.map { control, checks in
            (control, Self.outcome(of: checks.flatMap { byCheck[$0.id] ?? [] }), checks)
        }
    }

    /// The part of the checks with something to look at that pass, from 0 to 100, as Security Hub counts; nil: there was nothing.
    public var score: Int? {
        let byCheck = Dictionary(grouping: findings, by: \.check)
        let outcomes = checks.map { Self.outcome(of: byCheck[$0.id] ?? []) }
        let (passed, failed) = (outcomes.count { $0 == .pass }, outcomes.count { $0 == .fail })
        return passed + failed == 0 ? nil : passed * 100 / (passed + failed)
    }
}

extension Environment {
    /// Looks at an account with all that is recorded of it, and says what the checks have found.
    ///
    /// It reads records, as a recorder of AWS Config does, and asks nobody's permission: whoever calls it vouches for it that the
    /// answer is for somebody who may have it.
    ///
    /// - Parameters:
    ///   - regions: nil: those in which the account has anything.
    ///   - checks: those that are asked.
    ///   - time: when that is, in seconds since 1970; nil: now.
    /// - Throws: InternalFailure for a record that can't be read: nothing is passed over.
    /// - Complexity: linear in the resources of the account. What is held in memory at once is what a check collects, and a page of
    ///   256 resources.
    public func posture(
        of account: String, in regions: [String]? = nil, checks: [PostureCheck] = PostureCheck.all,
        at time: Double? = nil
    ) async throws(ServiceError) -> PostureReport {
        let now = time ?? self.now()
        var places = regions ?? []
        if regions == nil { places = try await regionsInUse(by: account, at: now) }
        let audit = PostureAudit(environment: self, account: account, regions: places, now: now)
        return PostureReport(
            account: account, regions: places, time: now, checks: checks, findings: try await audit.findings(checks))
    }

    /// The Regions that are open to an account, and the one that this Gatehouse is in; sorted.
    public func openRegions(to account: String, at time: Double) -> [String] {
        let open = Regions.all.filter { isRegionOpen($0, to: account, at: time) }
        return open.contains(region) ? open : (open + [region]).sorted()
    }
}
