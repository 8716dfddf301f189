import Directory
import Ledger
import Platform
import Wire

/// Asks checks about an account.
struct PostureAudit {
    let environment: Environment
    let account: String
    let regions: [String]
    let now: Double

    /// How many resources are looked at in one state of the ledger.
    private static let page = 256

    func findings(_ checks: [PostureCheck]) async throws(ServiceError) -> [PostureFinding] {
        var found: [String: [PostureFinding]] = [:]
        // Checks of one type look at its resources together.
        var byType: [String: [(check: PostureCheck, judge: PostureCheck.Judge)]] = [:]
        for check in checks {
            switch check.evaluation {
            case .each(let type, let judge): byType[type, default: []].append((check, judge))
            case .account(let survey): found[check.id] = try await surveyed(check, survey, in: [""])
            case .region(let survey): found[check.id] = try await surveyed(check, survey, in: regions)
            }
        }
        for (type, asked) in byType.sorted(by: { $0.key < $1.key }) {
            for finding in try await judged(type, asked) { found[finding.check, default: []].append(finding) }
        }
        return checks.flatMap { check in
            (found[check.id] ?? []).sorted { ($0.region, $0.resource) < ($1.region, $1.resource) }
        }
    }

    private func view(_ records: Records, _ region: String) -> PostureView {
        PostureView(
            RecordedPosture(environment, account, records), account: account, regions: regions, region: region,
            now: now)
    }

    private func finding(_ check: PostureCheck, _ subject: PostureSubject, _ region: String) -> PostureFinding {
        let place = subject.region ?? region
        return PostureFinding(
            check: check.id, resource: subject.resource, resourceType: subject.type, name: subject.name,
            account: account, region: place.isEmpty ? ConfigurationItem.globalRegion : place,
            severity: check.severity, verdict: subject.verdict)
    }

    // MARK: Accounts

    private func surveyed(
        _ check: PostureCheck, _ survey: @escaping PostureCheck.Survey, in places: [String]
    ) async throws(ServiceError) -> [PostureFinding] {
        var found: [PostureFinding] = []
        for place in places {
            found += try await environment.read(Scope(account: account)) { (records) throws(ServiceError) in
                try survey(view(records, place)).map { finding(check, $0, place) }
            }
        }
        return found
    }

    // MARK: Resources

    private func judged(
        _ name: String, _ asked: [(check: PostureCheck, judge: PostureCheck.Judge)]
    ) async throws(ServiceError) -> [PostureFinding] {
        guard let type = environment.auditedResourceType(name) else { return [] }
        var found: [PostureFinding] = []
        for place in type.isGlobal ? [""] : regions {
            var after: String?
            repeat {
                let from = after
                let part = try await environment.read(Scope(account: account)) {
                    (records) throws(ServiceError) -> JudgedPage in
                    let page = try type.list(account, place, from, Self.page, records)
                    let view = view(records, place)
                    var judged = JudgedPage(next: page.next)
                    for resource in page.resources {
                        guard let item = try environment.auditedItem(of: resource, records) else { continue }
                        for (check, judge) in asked {
                            guard let verdict = try judge(item, view) else { continue }
                            judged.findings.append(finding(check, item.subject(verdict), place))
                        }
                    }
                    return judged
                }
                found += part.findings
                after = part.next
                await Task.yield()
            } while after != nil
        }
        return found
    }
}

/// Some of the resources of a type, and where to go on; nil: those were all.
private struct JudgedPage: Sendable {
    var findings: [PostureFinding] = []
    var next: String?

    init(next: String?) { self.next = next }
}

extension ConfigurationItem {
    /// What is said of it.
    func subject(_ verdict: PostureVerdict) -> PostureSubject {
        PostureSubject(
            arn ?? resourceID, resourceType, named: resourceName ?? resourceID,
            region: region == Self.globalRegion ? nil : region, verdict)
    }
}
