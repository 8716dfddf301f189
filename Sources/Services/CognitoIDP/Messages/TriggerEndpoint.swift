import CognitoIDPAPI
import Fetch
import Platform
import Wire

/// The server that stands for a trigger's function.
struct TriggerEndpoint {
    /// Of the function.
    let arn: String
    let trigger: Trigger
    private let servers: OutsideServers

    /// How often a function is asked that doesn't answer.
    private static let attempts = 3
    /// What a function may return, in bytes.
    private static let longestAnswer = 6 << 20

    init(arn: String, trigger: Trigger, _ servers: OutsideServers) {
        self.arn = arn
        self.trigger = trigger
        self.servers = servers
    }

    /// Sends an event, and reads the answer's `response`.
    /// - Parameter accountID: the pool's account.
    /// - Throws: see ``Platform/Call/ask(_:_:of:clientID:username:_:)``.
    func ask(_ event: [UInt8], for accountID: String) async throws(ServiceError) -> JSONValue {
        let request = try request(event, for: accountID, "RequestResponse")
        var attempt = 1
        while true {
            let answer: Fetch.Answer
            do throws(FetchError) {
                answer = try await send(request, within: .seconds(5))
            } catch {
                guard attempt < Self.attempts, error.canBeTriedAgain else { throw failed(error) }
                attempt += 1
                continue
            }
            return try response(of: answer)
        }
    }

    /// Leaves an event with the function, whose answer does not matter. It has half a minute: there are servers that answer once
    /// the function has ended.
    /// - Throws: UserLambdaValidationException where the function has failed, or takes longer; UnexpectedLambdaException where
    ///   there is none.
    func leave(_ event: [UInt8], for accountID: String) async throws(ServiceError) {
        let request = try request(event, for: accountID, "Event")
        let answer: Fetch.Answer
        do throws(FetchError) {
            answer = try await send(request, within: .seconds(30))
        } catch {
            let failure = failed(error)
            throw error == .tooSlow ? .cognito(.userLambdaValidationException, failure.message) : failure
        }
        _ = try taken(answer)
    }

    /// The address of the server that stands for the function.
    /// - Throws: UnexpectedLambdaException: there is none.
    func address(for accountID: String) throws(ServiceError) -> WebAddress {
        guard Trigger.isOwn(arn, of: accountID) else { throw failed("AccessDeniedException") }
        guard let address = servers.eventDestination(arn, for: accountID) else {
            throw failed("ResourceNotFoundException: no server stands for \(arn); declare it with --event-destination")
        }
        return address
    }

    private func request(
        _ event: [UInt8], for accountID: String, _ invocation: String
    ) throws(ServiceError) -> Fetch.Request {
        Fetch.Request(
            "POST", try address(for: accountID),
            headers: [
                (name: "Content-Type", value: "application/json"), (name: "X-Gatehouse-Destination", value: arn),
                (name: "X-Amz-Invocation-Type", value: invocation),
            ], body: event)
    }

    private func send(_ request: Fetch.Request, within time: Duration) async throws(FetchError) -> Fetch.Answer {
        var limits = Fetch.Limits()
        limits.time = time
        limits.body = Self.longestAnswer
        return try await Fetch(trust: servers.trust, limits: limits).send(request)
    }

    /// The JSON of an answer that says that the function has done its work; nil: it is none.
    private func taken(_ answer: Fetch.Answer) throws(ServiceError) -> JSONValue? {
        let json = try? JSONValue(parsing: answer.body)
        if let refusal = refusal(answer, json) {
            throw .cognito(.userLambdaValidationException, "\(trigger.rawValue) failed with error \(refusal).")
        }
        guard (200...299).contains(answer.status) else { throw failed("status \(answer.status)") }
        return json
    }

    private func response(of answer: Fetch.Answer) throws(ServiceError) -> JSONValue {
        guard let json = try taken(answer) else {
            throw .cognito(.invalidLambdaResponseException, "Invalid lambda function output : Invalid JSON")
        }
        guard let response = json["response"], case .object = response else {
            throw .cognito(.invalidLambdaResponseException, "Unrecognizable lambda output")
        }
        return response
    }

    /// The message of a function that has thrown; nil: it has not.
    private func refusal(_ answer: Fetch.Answer, _ json: JSONValue?) -> String? {
        let isMarked = answer.header("X-Amz-Function-Error") != nil
        if case .string(let message)? = json?["errorMessage"], isMarked || json?["response"] == nil { return message }
        return isMarked ? "unknown" : nil
    }

    private func failed(_ error: FetchError) -> ServiceError {
        failed(error == .tooSlow ? "Socket timeout while invoking Lambda function" : "\(error)")
    }

    private func failed(_ reason: String) -> ServiceError {
        .cognito(
            .unexpectedLambdaException, "\(trigger.rawValue) invocation failed due to error \(reason).")
    }
}

extension FetchError {
    /// Whether the next attempt may have more luck.
    fileprivate var canBeTriedAgain: Bool {
        switch self {
        case .tooSlow, .unreachable: true
        case .untrustedCertificate, .tooLarge, .unreadable: false
        }
    }
}
