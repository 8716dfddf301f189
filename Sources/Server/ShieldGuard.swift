import Platform
import Shield
import ShieldService
import WAF
import WebFront

/// Shield before the web front's applications.
struct ShieldGuard: TrafficGuard {
    private let defense: TrafficDefense
    private let clock: Clock
    /// Where clients have no budgets: many are behind each of these addresses.
    private let exempt: NetworkSet

    init(_ environment: Environment, exempt: [Network]) {
        defense = environment.projection(TrafficDefense.self)
        clock = environment.clock
        self.exempt = NetworkSet(exempt)
    }

    /// Budgets go by real time, whatever tests do with the clock.
    func admitsConnection(from address: IPAddress) -> Bool {
        defense.connectionArrived()
        return exempt.contains(address) || defense.admitsConnection(from: address, at: clock.realTime)
    }

    func admitsRequest(_ request: ScreenedRequest, for application: FrontedApplication) -> Bool {
        if let address = request.web.address, exempt.contains(address) {
            defense.sees(request.web, for: application.arn)
            return true
        }
        return defense.admits(request.web, for: application.arn, at: clock.realTime)
    }

    func admitsStray(from address: IPAddress) -> Bool {
        exempt.contains(address) || defense.admitsStray(from: address, at: clock.realTime)
    }

    func saw(_ event: TrafficEvent, from address: IPAddress, for application: FrontedApplication?) {
        let vector: AttackVector
        switch event {
        case .request(let status, let wasForwarded):
            guard let application, !exempt.contains(address) else { return }
            defense.answered(
                from: address, for: application.arn, status: status, wasForwarded: wasForwarded, at: clock.realTime)
            return
        case .requestEnded:
            if let application, !exempt.contains(address) { defense.ended(from: address, for: application.arn) }
            return
        // What was refused here is counted already.
        case .refused: return
        case .connection: vector = .connectionFlood
        case .failedHandshake, .revokedCertificate: vector = .handshakeFlood
        case .slowHead: vector = .slowHeads
        case .slowBody: vector = .slowBodies
        case .slowReading: vector = .slowReads
        case .malformed: vector = .malformed
        case .frameFlood: vector = .frameFlood
        }
        defense.noted(vector, for: application?.arn)
        guard vector != .connectionFlood, event != .revokedCertificate, !exempt.contains(address) else { return }
        defense.offended(address, at: clock.realTime)
    }
}
