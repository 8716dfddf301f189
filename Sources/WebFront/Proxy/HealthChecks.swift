import Fetch
import Logging
import NIOCore
import Platform

extension WebFront {
    /// Asks the targets of all applications that have a health check, again and again, until the task is cancelled.
    func watchHealth() async {
        await forEachTable { [log] table in
            await withTaskGroup(of: Void.self) { group in
                for application in table.all {
                    guard let check = application.settings.health else { continue }
                    // One that hangs must not keep the others waiting.
                    for target in application.targets {
                        group.addTask { await HealthProbe(application.fronted.name, target, check, log).run() }
                    }
                }
            }
        }
    }

    /// What `GET /metrics` shows.
    var metrics: [Metric] {
        let state = self
        return [
            .frontRequests, .frontBlocked, .frontMalformed, .frontFailedConnections, .frontAnswers,
            .gauge(
                "gatehouse_web_front_target_up",
                "Whether a server of an application's is healthy; 1 where nobody looks.",
                label: "target"
            ) { _ in
                state.table.all.flatMap { application in
                    application.targets.map { target in
                        (
                            label: "\(application.fronted.name) \(target.address.authority)",
                            value: target.health == .healthy ? 1 : 0
                        )
                    }
                }
            },
        ]
    }
}

/// Asks one target whether it is well.
private struct HealthProbe {
    let name: String
    let target: Target
    let check: ApplicationSettings.HealthCheck
    let log: Logger

    init(_ name: String, _ target: Target, _ check: ApplicationSettings.HealthCheck, _ log: Logger) {
        self.name = name
        self.target = target
        self.check = check
        self.log = log
    }

    func run() async {
        var limits = EndpointClient.Limits()
        limits.connection = check.timeout
        limits.silence = check.timeout
        // A server that says a byte now and then is not well, either.
        limits.answer = check.timeout
        limits.idleConnections = 0
        // As an Application Load Balancer, it does not look at the certificates of targets here.
        let client: EndpointClient
        do throws(FetchError) { client = try EndpointClient(target.address, trust: nil, limits: limits) } catch {
            return log.error(
                "\(name)'s server at \(target.address.authority) can't be asked whether it is well: \(error)")
        }
        var (successes, failures) = (0, 0)
        repeat {
            let isWell = await ask(client)
            guard !Task.isCancelled else { return }
            (successes, failures) = isWell ? (successes + 1, 0) : (0, failures + 1)
            // The first check that succeeds is enough for one that is new.
            let isNew = target.health == .initial
            if isWell, isNew || successes >= check.healthyThreshold { set(.healthy) }
            if !isWell, failures >= check.unhealthyThreshold { set(.unhealthy) }
        } while (try? await Task.sleep(for: check.interval)) != nil
    }

    private func set(_ health: Target.Health) {
        guard target.health != health else { return }
        target.health = health
        let words: Logger.Message = "\(name)'s server at \(target.address.authority) is \(health)"
        if health == .healthy { log.notice(words) } else { log.warning(words) }
    }

    private func ask(_ client: EndpointClient) async -> Bool {
        let headers = [
            (name: "Host", value: target.address.authority), (name: "Connection", value: "close"),
            (name: "User-Agent", value: "ELB-HealthChecker/2.0"), (name: "Accept-Encoding", value: "gzip, compressed"),
        ]
        guard let answer = try? await client.send(.init("GET", check.path, headers: headers, body: .bytes([]))) else {
            return false
        }
        if case .stream(let stream) = answer.body { stream.stop() }
        return check.statuses.contains { $0.contains(answer.status) }
    }
}
