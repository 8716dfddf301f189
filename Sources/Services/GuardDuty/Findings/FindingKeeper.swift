import GuardDutyAPI
import Ledger
import Platform
import ThreatDetection
import Wire

/// Makes findings of what was detected, in the transaction that has taken the events in.
///
/// What is detected again belongs to the finding that there is: it counts, and the time of its last event moves on. One that somebody
/// has archived by hand is closed, and the next occurrence makes another; one that a filter has archived goes on.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/finding-aggregation.html>
struct FindingKeeper {
    private let detector: StoredDetector
    private let records: MutableRecords
    private let environment: Environment
    private let now: Double
    private let filters: [(filter: StoredFilter, criteria: GuardDuty.FindingCriteria)]

    init(
        _ detector: StoredDetector, _ records: MutableRecords, _ environment: Environment, at now: Double
    ) throws(ServiceError) {
        (self.detector, self.records, self.environment, self.now) = (detector, records, environment, now)
        // An administrator's suppression rules hold for its members, who have none of their own.
        let owner = environment.guardDuty.administrator(of: detector.accountID, region: detector.region)?
            .administratorID
        let scope = Scope(account: owner ?? detector.accountID, region: detector.region)
        filters = try environment.guardDuty.filters(scope).filter { $0.action == .archive }
            .map { filter throws(ServiceError) in (filter, try filter.criteriaView()) }
    }

    /// - Parameter isSample: whether nothing was detected: then it happened now.
    func keep(_ detection: Detection, isSample: Bool = false) throws(ServiceError) {
        let identity = GuardDutyName.id([detection.type.name] + detection.identity)
        let key = RowKey(.text(identity))
        var open = try records.get(OpenFinding.self, key, of: detector.id)
        if let id = open?.finding, let known = try records.get(StoredFinding.self, RowKey(.text(id))),
            !known.isArchived || known.isSuppressed
        {
            return try repeated(known, detection, isSample)
        }
        let generation = open.map { $0.generation + 1 } ?? 0
        let id = GuardDutyName.id([detector.id, identity, String(generation)])
        open = OpenFinding(identity: identity, detectorID: detector.id, finding: id, generation: generation)
        if let open { try records.put(open) }
        let content = FindingContent.of(detection, detector, environment)
        let finding = StoredFinding(
            id: id, detectorID: detector.id, accountID: detector.accountID, region: detector.region,
            type: detection.type.name, created: now, updated: now, firstSeen: isSample ? now : detection.firstSeen,
            lastSeen: isSample ? now : detection.call.time, count: 1, severity: detection.severity, isArchived: false,
            isSuppressed: false, content: content, events: detection.allEvents,
            facts: FindingFacts(detection, isSample: isSample))
        try put(finding, isNew: true)
    }

    private func repeated(_ known: StoredFinding, _ detection: Detection, _ isSample: Bool) throws(ServiceError) {
        var finding = known
        finding.count += 1
        finding.updated = now
        if isSample {
            finding.lastSeen = now
        } else {
            finding.firstSeen = min(finding.firstSeen, detection.firstSeen)
            finding.lastSeen = max(finding.lastSeen, detection.call.time)
        }
        finding.severity = max(finding.severity, detection.severity)
        finding.content = FindingContent.of(detection, detector, environment)
        for event in detection.allEvents where !finding.events.contains(event) { finding.events.append(event) }
        // The first ones and the last: how it began, and how it is.
        if finding.events.count > StoredFinding.mostEvents {
            let half = StoredFinding.mostEvents / 2
            finding.events = Array(finding.events.prefix(half) + finding.events.suffix(half))
        }
        let facts = FindingFacts(detection, isSample: isSample)
        for one in facts.unusual where !finding.facts.unusual.contains(one) && finding.facts.unusual.count < 20 {
            finding.facts.unusual.append(one)
        }
        for list in facts.lists where !finding.facts.lists.contains(list) { finding.facts.lists.append(list) }
        try put(finding, isNew: false)
    }

    /// Keeps a finding, archives it where a filter says so, and tells of it: at once where it is new, and of what comes later as often as
    /// the detector says.
    func put(_ made: StoredFinding, isNew: Bool) throws(ServiceError) {
        var finding = made
        let view = try finding.view()
        finding.isSuppressed = filters.contains { FindingMatch.matches($0.criteria, view) }
        finding.isArchived = finding.isSuppressed
        if finding.isArchived {
            finding.due = nil
        } else if isNew || finding.published == nil {
            finding.published = now
            finding.due = nil
            try records.tell(of: finding, environment, at: now)
        } else if finding.due == nil {
            let due = max(now, (finding.published ?? now) + detector.frequency.seconds)
            finding.due = RequestIDs.milliseconds(due)
            try records.schedulePublishing(detector.id, at: due)
        }
        try records.put(finding)
    }
}

extension Detection {
    fileprivate var allEvents: [String] {
        var all: [String] = []
        for event in events + [call.eventID] where !all.contains(event) { all.append(event) }
        return all
    }

    fileprivate var firstSeen: Double { signals.map(\.time).min().map { min($0, call.time) } ?? call.time }
}

extension FindingFacts {
    init(_ detection: Detection, isSample: Bool) {
        self.isSample = isSample
        unusual = detection.unusual.map { Unusual(what: $0.what, seen: $0.seen, usual: $0.usual) }
        lists = detection.lists
    }
}
