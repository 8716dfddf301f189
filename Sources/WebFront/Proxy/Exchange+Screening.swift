import NIOCore
import Platform

extension Exchange {
    /// Decides what becomes of the request.
    func start() {
        front.shared.counters.requests.add(1)
        guard client.standing?.isRevoked != true else { return hangUp() }
        let host = head.host
        let shared = front.shared
        guard let application = front.applications.application(host: host) else {
            guard shared.admitsStray(from: client) else { return hangUp() }
            return answer(404)
        }
        self.application = application
        let state = shared.screener?.screening(of: application.fronted) ?? .none
        var isSeen = shared.guardian != nil
        if case .none = state {} else { isSeen = true }
        if isSeen { screened = ScreenedRequest(self, host: host, traceID: traceID) }
        if let guardian = shared.guardian, let screened, !guardian.admitsRequest(screened, for: application.fronted) {
            if let ip = client.ip { guardian.saw(.refused, from: ip, for: application.fronted) }
            return answer(429)
        }
        // A connection is for whom its certificate was verified; by another name in Host nobody gets past that.
        if let trust = application.trust, client.trust != trust { return answer(421) }
        guard UpstreamRequest.hasBearableForwardedFor(head) else { return answer(463) }
        screen(state)
    }

    private func screen(_ state: ScreeningState) {
        switch state {
        case .none: connect()
        case .preparing(let task):
            stage = .preparing
            let bound = NIOLoopBound(self, eventLoop: front.loop)
            Task {
                await task.value
                bound.eventLoop.execute { bound.value.screenAgain() }
            }
            side?.readOn()
        case .ready(let screening):
            self.screening = screening
            guard head.hasBody, screening.bodyLimit > 0 else { return decide() }
            stage = .screening(limit: screening.bodyLimit)
            guard !isRequestWhole, kept.count <= screening.bodyLimit else { return decide() }
            side?.readOn()
        }
    }

    private func screenAgain() {
        guard case .preparing = stage, let application else { return }
        screen(front.shared.screener?.screening(of: application.fronted) ?? .none)
    }

    func decide() {
        guard let screening, var request = screened else { return connect() }
        var limit = 0
        if case .screening(let wanted) = stage {
            limit = wanted
            request.web.body = kept.prefix(limit)
        }
        request.web.isBodyOversize = kept.count > limit || !isRequestWhole
        screened = request
        follow(screening.decide(request))
    }

    private func follow(_ decision: ScreeningDecision) {
        switch decision {
        case .pass(let headers):
            added = headers
            connect()
        case .answer(let answer):
            front.shared.counters.blocked.add(1)
            self.answer(answer)
        }
    }
}
