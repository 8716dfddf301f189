import Directory
import Ledger
import Platform
import Shield
import Wire

/// The traffic of applications at all nodes that share a ledger: each node tells of its own minutes, and whichever does the
/// scheduler's job looks at all of them together. One node alone does the same, without telling anybody.
struct SharedTraffic {
    private let environment: Environment
    private let defense: TrafficDefense
    /// Whether there are other nodes.
    private let isShared: Bool
    private let settings: Assessment.Settings

    private static let scope = StoredAssessment.scope
    /// Seconds that nodes have to tell of a minute before it is looked at.
    private static let patience = 5.0
    /// How many minutes of nodes are looked at together.
    private static let most = 256
    private static let mostBatches = 64
    /// How many samples gather before they are put to the others.
    private static let mostFresh = 256

    init(
        _ environment: Environment, _ defense: TrafficDefense, isShared: Bool? = nil,
        _ settings: Assessment.Settings = Assessment.Settings()
    ) {
        (self.environment, self.defense, self.settings) = (environment, defense, settings)
        self.isShared = isShared ?? environment.ledger.isShared
    }

    /// Tells of the minutes that have passed here.
    /// - Throws: what the ledger says; then they are told the next time.
    func report(at time: Double) async throws(ServiceError) {
        let minutes = await minutes(at: time)
        guard !minutes.isEmpty else { return }
        do throws(ServiceError) {
            try await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
                for minute in minutes { try records.put(minute) }
            }
        } catch {
            defense.keep(untold: minutes)
            throw error
        }
    }

    private func minutes(at time: Double) async -> [StoredMinute] {
        let applications = environment.applications.all.map(\.arn)
        await defense.countPackets(for: applications)
        return defense.untoldMinutes(of: applications, at: time)
    }

    /// Looks at the minutes that have passed.
    func assess(at time: Double) async throws(ServiceError) {
        let end = Int(((time - (isShared ? Self.patience : 0)) / 60).rounded(.down))
        guard isShared else {
            return try await assess(await minutes(at: time), before: end, areKept: false)
        }
        try await environment.catchUp()
        for _ in 0..<Self.mostBatches {
            let found = try await environment.read(Self.scope) { (records) throws(ServiceError) in
                try records.list(StoredMinute.self, limit: Self.most)
            }
            let isAll = found.count < Self.most
            // What is not all of a minute waits.
            let last = isAll ? end : max(found.last?.minute ?? 0, (found.first?.minute ?? 0) + 1)
            let minutes = found.filter { $0.minute < min(end, last) }
            try await assess(minutes, before: isAll ? end : min(end, last), areKept: true)
            if isAll || minutes.isEmpty { return }
        }
    }

    private func assess(_ minutes: [StoredMinute], before end: Int, areKept: Bool) async throws(ServiceError) {
        var subjects: [String: Subject] = [:]
        for minute in minutes {
            subjects[minute.application, default: Subject(arn: minute.application)].add(minute)
        }
        for group in groups(subjects) { subjects[group.arn] = group }
        // Where nothing came an attack may be over.
        for attack in environment.projection(OngoingAttacks.self).all where subjects[attack.resourceARN] == nil {
            subjects[attack.resourceARN] = Subject(arn: attack.resourceARN)
        }
        var failure: ServiceError?
        for subject in subjects.values.sorted(by: { $0.arn < $1.arn }) {
            do throws(ServiceError) { try await assess(subject, before: end, areKept: areKept) } catch {
                // The others are looked at all the same.
                failure = error
                let left = minutes.filter { $0.application == subject.arn }
                if areKept { await drop(left, before: end) } else { defense.keep(untold: left) }
            }
        }
        if let failure { throw failure }
    }

    /// What nobody could look at for an hour must not fill the table.
    private func drop(_ minutes: [StoredMinute], before end: Int) async {
        let old = minutes.filter { $0.minute < end - 60 }
        guard !old.isEmpty else { return }
        try? await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            for minute in old { try records.delete(StoredMinute.self, minute.key) }
        }
    }

    /// Protection groups, with what their members had.
    private func groups(_ subjects: [String: Subject]) -> [Subject] {
        let index = environment.projection(ShieldIndex.self)
        let time = environment.now()
        return index.groups.compactMap { group in
            guard index.isSubscribed(group.accountID, at: time) else { return nil }
            let members = index.protections.filter {
                $0.accountID == group.accountID && group.has($0)
                    && ProtectableType(arn: $0.resourceARN) == .applicationLoadBalancer
            }
            var all: [Int: [MinuteSummary]] = [:]
            for member in members {
                for (minute, traffic) in subjects[member.resourceARN]?.minutes ?? [:] {
                    all[minute, default: []].append(traffic)
                }
            }
            guard !all.isEmpty else { return nil }
            var subject = Subject(arn: group.arn, isGroup: true)
            subject.minutes = all.mapValues { group.aggregate($0, members: members.count) }
            return subject
        }
    }

    private func assess(_ subject: Subject, before end: Int, areKept: Bool) async throws(ServiceError) {
        let (arn, key) = (subject.arn, RowKey(.text(subject.arn)))
        let before = try await environment.read(Self.scope) { (records) throws(ServiceError) in
            try records.get(StoredAssessment.self, key)?.assessment
        }
        var assessment = before ?? Assessment()
        let (minutes, rows) = subject.minutes(after: assessment.minute, before: areKept ? end : .max)
        let needsUsual =
            assessment.fresh.count >= Self.mostFresh || minutes.contains { assessment.isFlood($0.value, settings) }
        var usual = UsualRequests()
        if needsUsual {
            usual = try await environment.read(Self.scope) { (records) throws(ServiceError) in
                try records.get(StoredUsual.self, key)?.usual ?? UsualRequests()
            }
        }
        var random = Randomness(seed: .random(in: 0 ... .max))
        var told = Told()
        for (minute, traffic) in minutes.sorted(by: { $0.key < $1.key }) {
            if let ended = assessment.rest(until: minute, settings) { told.note(ended, []) }
            let outcome = assessment.take(
                traffic, of: minute, settings, usual: usual, blocks: blocks(arn), &random)
            if let attack = outcome.attack { told.note(attack, outcome.rules) }
            if outcome.hasBegun { told.begun += 1 }
        }
        if assessment.attack != nil, let ended = assessment.rest(until: end, settings) { told.note(ended, []) }
        let open = environment.projection(OngoingAttacks.self).attack(on: arn)
        let attacks = told.attacks(on: arn, open: open, assessment.attack)
        guard assessment != before || !attacks.isEmpty else { return }
        var keptUsual: StoredUsual?
        if needsUsual, assessment.fresh.count >= Self.mostFresh {
            assessment.keepSamples(in: &usual, &random)
            keptUsual = StoredUsual(id: arn, usual: usual)
        }
        let (usualRow, gone, shared) = (keptUsual, areKept ? rows : [], environment)
        // Of what nothing is known nothing is kept.
        let row = before == nil && minutes.isEmpty ? nil : StoredAssessment(id: arn, assessment: assessment)
        let isDone = try await environment.write(Self.scope, requestID: "") { (records) throws(ServiceError) in
            // Another node may have gone on meanwhile, while this one stood still.
            guard try records.get(StoredAssessment.self, key)?.assessment.minute == before?.minute else { return false }
            if let row { try records.put(row) }
            if let usualRow { try records.put(usualRow) }
            for minute in gone { try records.delete(StoredMinute.self, minute) }
            guard let name = ARN(parsing: arn), let scope = AttackMetrics.scope(of: arn) else { return true }
            var data: [MetricData] = []
            for attack in attacks {
                try records.of(Scope(account: name.account, region: "")).put(attack)
                let known = open?.id == attack.id ? open?.report : nil
                data += AttackMetrics.rates(of: attack.report, after: known, on: arn, at: shared.now())
                if attack.report.end != nil { data.append(AttackMetrics.detected(false, on: arn, at: shared.now())) }
            }
            try records.of(scope).publish(data, shared)
            return true
        }
        if isDone, told.begun > 0 { environment.metrics.add(told.begun, to: .shieldAttacks) }
    }

    /// Whether the web ACL blocks what rules say.
    private func blocks(_ arn: String) -> Bool {
        guard let response = environment.projection(ShieldIndex.self).protection(of: arn)?.response else {
            return false
        }
        return response.isEnabled && response.action == .block && response.placement != nil
    }
}

/// Something whose traffic is looked at, and what came.
private struct Subject {
    let arn: String
    /// Whether its minutes are those of others, which come again as long as nobody could look at one of these.
    private let isGroup: Bool
    /// Of all nodes together.
    var minutes: [Int: MinuteSummary] = [:]
    /// The rows that those are from.
    private var rows: [Int: [RowKey]] = [:]

    init(arn: String, isGroup: Bool = false) { (self.arn, self.isGroup) = (arn, isGroup) }

    mutating func add(_ row: StoredMinute) {
        minutes[row.minute, default: MinuteSummary()].add(row.traffic)
        rows[row.minute, default: []].append(row.key)
    }

    /// What is told too late is of the minute after those that were looked at, once that has passed. A group is told no more of what
    /// is older than a minute: an hour of it would look like a flood.
    func minutes(after last: Int?, before end: Int) -> (minutes: [Int: MinuteSummary], rows: [RowKey]) {
        var placed: (minutes: [Int: MinuteSummary], rows: [RowKey]) = ([:], [])
        for (minute, traffic) in minutes {
            let place = last.map { max(minute, $0 + 1) } ?? minute
            guard place < end, !isGroup || place - minute <= 1 else { continue }
            placed.minutes[place, default: MinuteSummary()].add(traffic)
            placed.rows += rows[minute] ?? []
        }
        return placed
    }
}

/// What there is to tell of attacks, in order: the last of each.
private struct Told {
    private var all: [(report: AttackReport, rules: [MitigationRule])] = []
    /// How many have begun.
    var begun = 0

    mutating func note(_ report: AttackReport, _ rules: [MitigationRule]) {
        if all.last?.report.start == report.start { all.removeLast() }
        all.append((report, rules))
    }

    /// - Parameters:
    ///   - open: the one that was told before and goes on.
    ///   - ongoing: the one that goes on by what is known now.
    func attacks(on arn: String, open: StoredAttack?, _ ongoing: AttackReport?) -> [StoredAttack] {
        let starts = all.map(\.report.start) + (ongoing.map { [$0.start] } ?? [])
        var lost: [StoredAttack] = []
        if var open, !starts.contains(open.report.start) {
            // Nothing is known of it any more.
            (open.report.end, open.rules) = (open.report.lastSeen, nil)
            lost = [open]
        }
        return lost
            + all.map { told in
                let id = open.flatMap { $0.report.start == told.report.start ? $0.id : nil }
                let isOver = told.report.end != nil || told.rules.isEmpty
                return StoredAttack(
                    id: id ?? RequestIDs.make(time: told.report.start), resourceARN: arn, report: told.report,
                    rules: isOver ? nil : told.rules)
            }
    }
}
