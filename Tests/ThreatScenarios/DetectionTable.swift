import ThreatDetection

/// What is found of which attack, and what is found on quiet days: measured, as tables of Markdown.
public enum DetectionTable {
    /// After so many quiet days.
    public static let days = 28
    /// In the morning of the day after.
    public static let morning = Made.start + Double(days) * 86_400 + 3 * 3600

    /// A detector after the quiet days, and what it has found on them.
    public static func learnt() -> (memory: Remembered, alarms: [String], events: Int) {
        var memory = Remembered()
        memory.around = RuleCase.around
        var alarms: [String] = []
        let events = QuietDays.events(days)
        for event in events { alarms += memory.see(event).map(\.type.name) }
        return (memory, alarms, events.count)
    }

    /// Attacks: a row for each scenario, a column for each manner.
    public static func attacks(_ learnt: Remembered) -> [String] {
        let manners = Scenario.Manner.allCases
        var found = [Int](repeating: 0, count: manners.count)
        var rows = [
            "| attack | ATT&CK | calls | " + manners.map(\.rawValue).joined(separator: " | ") + " |",
            "| --- | --- | --- |" + String(repeating: " --- |", count: manners.count),
        ]
        for scenario in Scenario.all {
            let cells = manners.enumerated().map { index, manner in
                let outcome = scenario.outcome(manner, learnt, at: morning)
                guard let after = outcome.after else { return "–" }
                found[index] += 1
                return outcome.types.map(short).joined(separator: ", ") + (after > 1 ? " (call \(after))" : "")
            }
            rows.append(
                "| \(scenario.name) | \(scenario.technique) | \(scenario.calls) | \(cells.joined(separator: " | ")) |")
        }
        let count = Scenario.all.count
        rows.append("| **found** | | | " + found.map { "**\($0) of \(count)**" }.joined(separator: " | ") + " |")
        return rows
    }

    /// Attacks that tell of themselves, each with something harmless that looks like it.
    public static func byThemselves(_ learnt: Remembered) -> [String] {
        var rows = ["| attack | found | harmless | false alarm |", "| --- | --- | --- | --- |"]
        var (found, alarms) = (0, 0)
        func types(_ events: [Made]) -> [String] {
            var memory = learnt
            return Set(events.flatMap { memory.see($0).map(\.type.name) }).sorted()
        }
        for one in RuleCase.all {
            let (attack, harmless) = (types(one.attack), types(one.harmless))
            if attack.contains(one.type) { found += 1 }
            if harmless.contains(one.type) { alarms += 1 }
            rows.append(
                "| \(one.name) | \(attack.contains(one.type) ? "`\(one.type)`" : "–") | \(one.twin) | "
                    + "\(harmless.contains(one.type) ? "yes" : "no") |")
        }
        let count = RuleCase.all.count
        rows.append("| **found** | **\(found) of \(count)** | | **\(alarms) of \(count)** |")
        return rows
    }

    /// Days without an attack.
    public static func quiet(_ learnt: (memory: Remembered, alarms: [String], events: Int)) -> [String] {
        var rows = ["| day | calls | false alarms |", "| --- | --- | --- |"]
        rows.append(
            "| \(days) quiet days, with weekends | \(learnt.events) | \(alarms(learnt.alarms)) |")
        var alarmed = 0
        for day in UnusualDay.all {
            var memory = learnt.memory
            let events = (day.events(morning) + QuietDays.day(at: days)).sorted { $0.time < $1.time }
            let types = events.flatMap { memory.see($0).map(\.type.name) }
            if !types.isEmpty { alarmed += 1 }
            rows.append("| \(day.name) | \(events.count) | \(alarms(types)) |")
        }
        rows.append("| **unusual days with an alarm** | | **\(alarmed) of \(UnusualDay.all.count)** |")
        return rows
    }

    private static func alarms(_ types: [String]) -> String {
        types.isEmpty ? "0" : Set(types).sorted().map(short).joined(separator: ", ")
    }

    /// `Persistence` for `Persistence:IAMUser/AnomalousBehavior`; others as they are.
    private static func short(_ type: String) -> String {
        type.hasSuffix(":IAMUser/AnomalousBehavior") ? String(type.prefix { $0 != ":" }) : "`\(type)`"
    }
}
