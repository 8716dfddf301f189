import LogPatterns
import Platform
import Wire

extension PostureCheck {
    /// CIS 4.1 to 4.15: somebody is told of each kind of event.
    static let ofMonitoring: [PostureCheck] = CISFilter.all.map(monitoring)

    private static func monitoring(_ filter: CISFilter) -> PostureCheck {
        PostureCheck(
            "monitoring-\(filter.place < 10 ? "0" : "")\(filter.place)", "Somebody is told of \(filter.title)", .low,
            cis: ["4.\(filter.place)"], nist: ["AU-6", "SI-4"], iso: ["A.8.16"], pci: ["10.4.1", "10.7.2"],
            page: "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html",
            reason: "Logs that nobody is woken by are read after the damage.",
            .account { (view) throws(ServiceError) in
                [.account(view.account, try verdict(filter, view))]
            })
    }

    private static func verdict(_ wanted: CISFilter, _ view: PostureView) throws(ServiceError) -> PostureVerdict {
        let groups = try trailGroups(view)
        guard let first = groups.first else {
            return .fail(
                "No trail of all Regions that logs writes to a log group.", [.init("log groups of trails", "none")],
                mend: ["# first: cloudtrail-log-group", command("LOG-GROUP", view.account, "us-east-1", wanted)])
        }
        var facts: [PostureVerdict.Fact] = []
        for (name, region) in groups {
            guard let group = try view.of(region).items(AuditedType.logGroup).first(where: { $0.resourceID == name })
            else { continue }
            for filter in group.configuration["filters"]?.elements ?? [] {
                let pattern = filter["pattern"]?.text ?? ""
                guard finds(pattern, wanted) else { continue }
                facts.append(.init("filter \(filter["name"]?.text ?? "") of \(name)", pattern))
                for metric in filter["metrics"]?.elements ?? [] {
                    for alarm in try view.of(region).items("AWS::CloudWatch::Alarm") {
                        let configuration = alarm.configuration
                        guard configuration["metricName"] == metric["name"],
                            configuration["namespace"] == metric["namespace"]
                        else { continue }
                        let actions = configuration["alarmActions"]?.texts ?? []
                        guard configuration["actionsEnabled"]?.isTrue == true, !actions.isEmpty else {
                            facts.append(.init("alarm that does nothing", alarm.resourceID))
                            continue
                        }
                        return .pass(
                            "A metric filter finds them, and an alarm tells.",
                            facts + [.init("alarm", alarm.resourceID), .init("tells", actions.joined(separator: ", "))])
                    }
                }
            }
        }
        return .fail(
            facts.isEmpty ? "No metric filter finds them." : "A metric filter finds them, and no alarm tells.",
            facts.isEmpty ? groups.map { .init("log group", $0.name) } : facts,
            mend: [command(first.name, view.account, first.region, wanted)])
    }

    /// Whether a filter fits all events of a kind, and not any event at all: it is asked, and not compared with AWS's text.
    static func finds(_ text: String, _ wanted: CISFilter) -> Bool {
        guard let pattern = try? FilterPattern(text), !pattern.matches(CISFilter.harmless) else { return false }
        return wanted.samples.allSatisfy { pattern.matches($0) }
    }

    private static func command(
        _ group: String, _ account: String, _ region: String, _ wanted: CISFilter
    ) -> String {
        "gatehouse cis-alarms --benchmark 3 --log-group \(group) --topic arn:aws:sns:\(region):\(account):alarms | sh -e"
            + "  # \(wanted.name)"
    }

    /// The log groups that trails of all Regions write to.
    private static func trailGroups(_ view: PostureView) throws(ServiceError) -> [(name: String, region: String)] {
        try trails(view).compactMap { trail in
            guard trail["isLogging"]?.isTrue == true, trail["isMultiRegion"]?.isTrue == true,
                let arn = trail["logGroupArn"]?.text
            else { return nil }
            let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count >= 7, parts[4] == view.account else { return nil }
            return (String(parts[6]), String(parts[3]))
        }
    }
}
