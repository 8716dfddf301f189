import Platform
import Shield

// What `GET /metrics` shows, after what AWS has in CloudWatch.
// <https://docs.aws.amazon.com/waf/latest/developerguide/shield-metrics.html>

extension Metric {
    static let shieldAttacks = Metric("gatehouse_shield_attacks_total", "Attacks on applications that were detected.")

    static let shieldFailedResponses = Metric(
        "gatehouse_shield_failed_responses_total", "Changes of web ACLs and rule groups for an attack that failed.")

    static let shieldUntold = Metric(
        "gatehouse_shield_untold_minutes_total", "How often a minute's traffic could not be told to the other nodes.")

    static let shieldDetected = Metric.gauge(
        "gatehouse_shield_ddos_detected", "Whether an application is under attack: DDoSDetected.", label: "resource"
    ) { environment in
        let attacks = environment.projection(OngoingAttacks.self)
        return environment.applications.all.map { ($0.arn, attacks.attack(on: $0.arn) == nil ? 0 : 1) }
    }

    static let shieldRequests = Metric.gauge(
        "gatehouse_shield_ddos_attack_requests_per_second",
        "The most requests per second of the attack that goes on: DDoSAttackRequestsPerSecond.", label: "resource"
    ) { environment in
        let attacks = environment.projection(OngoingAttacks.self)
        return environment.applications.all.map { application in
            let most =
                attacks.attack(on: application.arn)?.report.counters[AttackVector.requestFlood.rawValue]?.max ?? 0
            return (application.arn, Int(min(most, 1e15)))
        }
    }

    static let shieldRefused = Metric.gauge(
        "gatehouse_shield_refused", "Connections and requests that were refused since the start.", label: "what"
    ) { environment in
        let refused = environment.projection(TrafficDefense.self).refusals
        return [("connections", refused.connections), ("requests", refused.requests)]
    }

    static let shieldPackets = Metric.gauge(
        "gatehouse_shield_syn_packets",
        "With --nftables: packets that would open a connection to the web front, by the last minute's end, and those dropped.",
        label: "what"
    ) { environment in
        guard let counts = environment.projection(TrafficDefense.self).packetCounts else { return [] }
        return [("all", counts.asked), ("banned", counts.banned), ("too_many", counts.tooMany)]
    }

    static let shieldInFlight = Metric.gauge(
        "gatehouse_shield_requests_in_flight", "Requests that an application is answering.", label: "resource"
    ) { environment in
        let loads = environment.projection(TrafficDefense.self).loads(at: environment.clock.realTime)
        return loads.map { ($0.key, $0.value.requests) }
    }

    static let shieldBudgets = Metric.gauge(
        "gatehouse_shield_budget_permille",
        "How much of their usual budgets the clients of an application have: 1000, or less under pressure.",
        label: "resource"
    ) { environment in
        let loads = environment.projection(TrafficDefense.self).loads(at: environment.clock.realTime)
        return loads.map { ($0.key, $0.value.permille) }
    }
}
