/// Attack sequences: several signals of one caller that together are more than each by itself.
///
/// A sequence takes, within 24 hours, a finding that the credentials are in wrong hands (anomalous behavior, an address of a list, a
/// system for penetration tests, an instance's credentials elsewhere), three different signals, and two tactics. Calls that serve a
/// tactic are signals, too, though no findings by themselves. Where data of S3 were read, written or deleted in an unusual way, or from an
/// address of a list, it is a sequence about the data.
enum Sequences {
    static let window = 24 * 3600.0
    private static let most = 60

    static func next(_ call: ObservedCall, _ found: [Detection], _ actor: inout ActorMemory) -> Detection? {
        // A call that is a finding is no signal besides.
        let new = found.isEmpty ? [signal(of: call)].compactMap { $0 } : found.map { signal($0, call) }
        // A call once more in the same hour says nothing new.
        let fresh = new.filter { signal in
            signal.isFinding
                || !actor.signals.contains {
                    $0.id == signal.id && $0.bucket == signal.bucket && hours($0.time) == hours(signal.time)
                }
        }
        guard !fresh.isEmpty || !new.isEmpty && actor.isSuspect else { return nil }
        actor.signals.removeAll { call.time - $0.time > window }
        if actor.signals.isEmpty { actor.sequence = nil }
        for signal in fresh {
            // The same once more is the same signal, later.
            actor.signals.removeAll { $0.id == signal.id && $0.bucket == signal.bucket }
            actor.signals.append(signal)
        }
        if actor.signals.count > most { actor.signals.removeFirst(actor.signals.count - most) }
        let signals = actor.signals
        let strong = signals.filter { $0.isFinding && isStrong($0.name) }
        let tactics = Set(signals.map(\.tactic).filter { $0 != "Policy" && $0 != "Recon" })
        guard !strong.isEmpty, signals.count >= 3, tactics.count >= 2 else { return nil }
        let began = actor.sequence ?? call.time
        actor.sequence = began
        return sequence(call, signals, began, tactics)
    }

    private static func isStrong(_ name: String) -> Bool {
        name.contains("Anomalous") || name.contains("MaliciousIP") || name.contains("TorIP")
            || name.hasPrefix("PenTest") || name.contains("CredentialExfiltration")
    }

    private static func isOfStolenData(_ signal: Signal) -> Bool {
        signal.bucket != nil && signal.isFinding
            && (signal.name.hasPrefix("Exfiltration:S3") || signal.name.hasPrefix("Impact:S3")
                || signal.name.hasPrefix("UnauthorizedAccess:S3"))
    }

    private static func sequence(
        _ call: ObservedCall, _ signals: [Signal], _ began: Double, _ tactics: Set<String>
    ) -> Detection {
        let data = signals.filter(isOfStolenData)
        let type: FindingType = data.isEmpty ? .compromisedCredentials : .compromisedData
        let what =
            data.isEmpty
            ? "the compromise of credentials" : "the compromise of data in S3 bucket \(data[0].bucket ?? "")"
        var detection = Detection(
            type, call,
            title: "Potential \(data.isEmpty ? "credential" : "data") compromise indicated by a sequence of actions of "
                + "\(call.actor.described).",
            description:
                "A sequence of \(signals.count) signals of \(call.actor.described) within 24 hours, which served "
                + "\(tactics.sorted().joined(separator: ", ")), indicates \(what).",
            identity: [call.actor.id, String(Int(exactly: began.rounded(.down)) ?? 0)])
        detection.signals = signals
        detection.events = signals.map(\.event).filter { $0 != call.eventID }
        return detection
    }

    /// Of a finding.
    private static func signal(_ detection: Detection, _ call: ObservedCall) -> Signal {
        let name = detection.type.name
        let tactic = String(name.prefix { $0 != ":" })
        var indicators: [String] = []
        if name.contains("MaliciousIP") { indicators.append("MALICIOUS_IP") }
        if name.contains("TorIP") { indicators.append("TOR_IP") }
        if name.hasPrefix("PenTest") { indicators.append("SUSPICIOUS_USER_AGENT") }
        if detection.unusual.contains(where: { $0.what == "network" }) { indicators.append("SUSPICIOUS_NETWORK") }
        if Tactic.calls[call.api] != nil { indicators.append("HIGH_RISK_API") }
        // A finding by an address or a program serves what its call does.
        let served =
            ["PenTest", "UnauthorizedAccess", "Stealth", "Recon"].contains(tactic)
            ? Tactic.calls[call.api]?.rawValue : nil
        return Signal(
            id: name, isFinding: true, name: name, tactic: served ?? (tactic == "Stealth" ? "DefenseEvasion" : tactic),
            time: call.time, event: call.eventID, severity: detection.severity, address: call.sourceAddress,
            indicators: indicators, bucket: detection.subject == .bucket ? call.bucket : nil)
    }

    /// Of a call that is no finding: one that serves a tactic other than to look around.
    private static func signal(of call: ObservedCall) -> Signal? {
        guard call.succeeded, call.invokedBy == nil, !call.isOfData, let tactic = Tactic.calls[call.api],
            tactic != .discovery
        else { return nil }
        return Signal(
            id: call.api, isFinding: false, name: call.api, tactic: tactic.rawValue, time: call.time,
            event: call.eventID, severity: 0, address: call.sourceAddress, indicators: ["HIGH_RISK_API"],
            bucket: call.bucket)
    }
}
