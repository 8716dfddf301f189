import Inspector2API
import Wire

/// What is counted of the findings of one group.
struct FindingTally {
    private(set) var all = 0
    private(set) var medium = 0
    private(set) var high = 0
    private(set) var critical = 0
    private(set) var exploitable = 0
    private(set) var fixable = 0
    private(set) var network = 0
    /// The resources that have any.
    private(set) var resources: Set<String> = []

    mutating func add(_ finding: Inspector2.Finding) {
        all += 1
        switch finding.severity {
        case "MEDIUM": medium += 1
        case "HIGH": high += 1
        case "CRITICAL": critical += 1
        default: break
        }
        if finding.exploitAvailable == "YES" { exploitable += 1 }
        if finding.fixAvailable == "YES" { fixable += 1 }
        if finding.type == "NETWORK_REACHABILITY" { network += 1 }
        for resource in finding.resources { resources.insert(resource.id) }
    }

    var severityCounts: Inspector2.SeverityCounts {
        Inspector2.SeverityCounts {
            $0.all = all
            $0.medium = medium
            $0.high = high
            $0.critical = critical
        }
    }

    /// What groups are sorted by: AWS's name for it.
    func amount(_ sort: String) -> Int {
        switch sort {
        case "CRITICAL": critical
        case "HIGH": high
        case "NETWORK_FINDINGS": network
        case "AFFECTED_INSTANCES", "AFFECTED_IMAGES": resources.count
        default: all
        }
    }
}

/// A group of findings: what they have in common, and how an answer shows it.
struct FindingGroup {
    /// By which it is told from others.
    let key: [String]
    let show: @Sendable (_ tally: FindingTally) -> Inspector2.AggregationResponse

    /// - Parameters:
    ///   - member: under which answers show it.
    ///   - response: what they show.
    init<Response>(
        _ key: [String], _ member: any WritableKeyPath<Inspector2.AggregationResponse, Response?> & Sendable,
        _ response: @escaping @Sendable (_ tally: FindingTally) -> Response
    ) {
        self.key = key
        show = { tally in
            var shown = Inspector2.AggregationResponse()
            shown[keyPath: member] = response(tally)
            return shown
        }
    }
}

/// How findings are put into groups.
struct FindingGrouping {
    var sortBy: String?
    var sortOrder: String?
    /// The groups that a finding is in.
    let groups: (_ finding: Inspector2.Finding) -> [FindingGroup]
}

extension FindingGrouping {
    /// By what each of a finding's resources has.
    static func ofResources(
        _ sortBy: String?, _ sortOrder: String?,
        _ groups: @escaping (_ finding: Inspector2.Finding, _ resource: Inspector2.Resource) -> [FindingGroup]
    ) -> FindingGrouping {
        FindingGrouping(sortBy: sortBy, sortOrder: sortOrder) { finding in
            finding.resources.flatMap { groups(finding, $0) }
        }
    }
}
