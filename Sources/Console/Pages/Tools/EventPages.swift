import CloudTrailAPI
import Directory
import Gate
import Ledger
import Pages
import Platform
import STSAPI
import Wire

/// One event, and why its call was allowed or denied.
enum EventPages {
    static let routes: [Route] = [
        .get("events/{eventID}") { (visit) throws(ServiceError) in
            try await show(try await ReadableEvent.ofID(visit["eventID"], visit), "Event", visit)
        },
        .get("why/{requestID}") { (visit) throws(ServiceError) in
            try await show(try await ReadableEvent.ofRequest(visit["requestID"], visit), "Why", visit)
        },
    ]

    private static func show(_ event: Event?, _ title: String, _ visit: Visit) async throws(ServiceError) -> Reply {
        let readable = try await ReadableEvent(event, visit)
        let event = readable.event
        let record = (try? JSONValue(parsing: event.body)) ?? .null
        let name = record["eventName"]?.text ?? "?"
        let denial = DeniedAnswer(event)
        let outcome = denial != nil ? "was denied" : record["errorCode"] != nil ? "failed" : "succeeded"
        var content: [String: Any?] = [
            "name": name, "source": record["eventSource"]?.text, "time": record["eventTime"]?.text,
            "eventID": event.id, "requestID": event.requestID, "errorCode": record["errorCode"]?.text,
            "errorText": record["errorMessage"]?.text, "outcome": outcome, "isDenied": denial != nil,
            "isFailure": record["errorCode"] != nil,
        ]
        if readable.isWhole {
            var decisions = await DrawnDecision.all(
                event.decision, PolicyReader(account: visit.account, environment: visit.environment))
            for place in decisions.indices {
                decisions[place].simulateLink = simulateLink(record, decisions[place], visit)
            }
            if let denial = RecordedDenial(event) {
                let answer = await visit.attempt { () throws(ServiceError) in
                    await DrawnRemedies(try await visit.console.gate.asked(denial), visit)
                }
                content["remedyAction"] = "\(Console.root)why/\(PercentEncoding.segment(event.requestID))/remedy"
                content["hasRemedies"] = true
                content["answer"] = answer.value
                content["remedyProblem"] = answer.problem
            }
            content["actor"] = record["userIdentity"]?["arn"]?.text ?? record["userIdentity"]?["type"]?.text
            content["address"] = record["sourceIPAddress"]?.text
            content["agent"] = record["userAgent"]?.text
            content["inRegion"] = record["awsRegion"]?.text
            content["decisions"] = decisions
            content["isUndecided"] = decisions.isEmpty
            content["json"] = FormattedJSON.of(record)
            content["command"] = CLICommand.aws(
                "cloudtrail", "lookup-events",
                options: ["lookup-attributes": "AttributeKey=EventId,AttributeValue=\(event.id)"])
            content["explain"] = "gatehouse why \(CLICommand.quoted(event.requestID))"
        } else {
            content["isPartial"] = true
            content["problem"] = readable.problem
            try await encoded(event, &content, visit)
        }
        return visit.page("event", "\(title): \(name) \(outcome)", content)
    }

    /// The same asked of the simulator; nil: the caller is none of this account's users and roles.
    private static func simulateLink(_ record: JSONValue, _ decision: DrawnDecision, _ visit: Visit) -> String? {
        let identity = record["userIdentity"]
        let session = identity?["sessionContext"]
        guard let text = session?["sessionIssuer"]?["arn"]?.text ?? identity?["arn"]?.text,
            let arn = ARN(parsing: text), arn.service == "iam", arn.account == visit.account
        else { return nil }
        var question = SimulatedQuestion()
        question.principal = text
        question.actions = [decision.accessAction]
        question.resource = decision.accessResource
        if let address = record["sourceIPAddress"]?.text, address.contains(where: { $0 == "." || $0 == ":" }),
            !address.hasSuffix(".amazonaws.com")
        {
            question.add("aws:SourceIp", address)
        }
        if let mfa = session?["attributes"]?["mfaAuthenticated"]?.text {
            question.add("aws:MultiFactorAuthPresent", mfa)
        }
        if let region = record["awsRegion"]?.text { question.add("aws:RequestedRegion", region) }
        return Console.root + question.path + "#decision"
    }

    /// What the denied caller may pass on to somebody who may read it, or read if they may.
    private static func encoded(
        _ event: Event, _ content: inout [String: Any?], _ visit: Visit
    ) async throws(ServiceError) {
        let accesses = ((try? JSONValue(parsing: event.decision)) ?? .null).elements
        guard let message = accesses.compactMap({ $0["authorizationMessage"]?.text }).last,
            let sealed = try? visit.console.messages.encode(Array(message.utf8), account: event.account)
        else { return }
        content["encoded"] = sealed
        content["decodeCommand"] = CLICommand.aws(
            "sts", "decode-authorization-message", options: ["encoded-message": sealed])
        content["decodeLink"] = Console.root + "why/" + PercentEncoding.segment(event.requestID) + "?decode=1#encoded"
        guard visit.query.isOn("decode") else { return }
        let decoded = await visit.attempt { () throws(ServiceError) in
            try await visit.call(STS.DecodeAuthorizationMessage.self, .init { $0.encodedMessage = sealed })
        }
        content["decoded"] = decoded.value?.decodedMessage.map { FormattedJSON.of($0) }
        content["decodeProblem"] = decoded.problem
    }
}
