import Platform
import WAF
import Wire

/// A request as web ACLs' logs have it: one line of JSON.
/// <https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html>
struct LogRecord {
    private let seen: LoggedRequest
    private let acl: String
    private let redaction: Redaction
    private var writer = JSONWriter(capacity: 2048)

    /// How many labels are logged.
    private static let mostLabels = 100

    /// Makes a line, without its end.
    /// - Parameter acl: the web ACL's ARN.
    static func line(_ seen: LoggedRequest, acl: String, redacting redaction: Redaction) -> String {
        var record = LogRecord(seen, acl, redaction)
        record.write()
        return String(decoding: record.writer.bytes, as: UTF8.self)
    }

    private init(_ seen: LoggedRequest, _ acl: String, _ redaction: Redaction) {
        self.seen = seen
        self.acl = acl
        self.redaction = redaction
    }

    private var verdict: Verdict { seen.verdict }

    private mutating func write() {
        writer.beginObject()
        writer.key("timestamp")
        writer.integer(Int(RequestIDs.milliseconds(seen.request.time)))
        writer.key("formatVersion")
        writer.integer(1)
        writer.member("webaclId", acl)
        writer.member("terminatingRuleId", verdict.terminating?.rule ?? "Default_Action")
        writer.member("terminatingRuleType", verdict.terminatingType.rawValue)
        writer.member("action", verdict.outcome.kind.rawValue)
        writer.key("terminatingRuleMatchDetails")
        details(verdict.terminating?.details ?? [])
        writer.member("httpSourceName", seen.source.name)
        writer.member("httpSourceId", seen.source.id)
        ruleGroups()
        rates()
        writer.key("nonTerminatingMatchingRules")
        matches(verdict.counting)
        writer.key("requestHeadersInserted")
        if verdict.insertedHeaders.isEmpty {
            writer.null()
        } else {
            fields(verdict.insertedHeaders.map { ($0.name, $0.value) })
        }
        writer.key("responseCodeSent")
        if let status = verdict.outcome.status, isOwnStatus { writer.integer(status) } else { writer.null() }
        request()
        if !verdict.labels.isEmpty {
            writer.key("labels")
            writer.beginArray()
            for label in verdict.labels.prefix(Self.mostLabels) {
                writer.beginObject()
                writer.member("name", label)
                writer.endObject()
            }
            writer.endArray()
        }
        puzzles()
        sizes()
        writer.member("ja3Fingerprint", seen.request.web.ja3)
        writer.member("ja4Fingerprint", seen.request.web.ja4)
        writer.endObject()
    }

    /// A plain refusal has no status of its own.
    private var isOwnStatus: Bool { verdict.outcome != .block(.usual) }

    // MARK: Rules

    private mutating func details(_ details: [Verdict.Detail]) {
        writer.beginArray()
        for detail in details {
            writer.beginObject()
            writer.member("conditionType", detail.condition)
            writer.member("sensitivityLevel", detail.sensitivity)
            writer.member("location", detail.location)
            writer.key("matchedData")
            writer.beginArray()
            for piece in detail.matched { writer.string(isShown(detail.location) ? piece : Redaction.text) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    /// Whether what was found somewhere may be told: not where any of that part is covered.
    private func isShown(_ location: String) -> Bool {
        switch location {
        case "HEADER", "COOKIE": redaction.headers.isEmpty && !seen.isCovered(["SINGLE_HEADER", "SINGLE_COOKIE"])
        case "ALL_QUERY_ARGS", "QUERY_STRING":
            !redaction.hidesQuery && !seen.isCovered(["QUERY_STRING", "SINGLE_QUERY_ARGUMENT"])
        case "URI": !redaction.hidesPath
        case "METHOD": !redaction.hidesMethod
        case "BODY", "JSON_BODY": !seen.isCovered(["BODY"])
        default: true
        }
    }

    private mutating func match(_ match: Verdict.Match, isTerminating: Bool = false) {
        writer.beginObject()
        writer.member("ruleId", match.rule)
        writer.member("action", match.action.rawValue)
        writer.member("overriddenAction", match.overridden?.rawValue)
        writer.key("ruleMatchDetails")
        details(match.details)
        if !isTerminating, let token = seen.token(for: match.action) {
            response(match.action == .captcha ? "captchaResponse" : "challengeResponse", token, status: nil)
        }
        writer.endObject()
    }

    private mutating func matches(_ matches: [Verdict.Match]) {
        writer.beginArray()
        for one in matches { match(one) }
        writer.endArray()
    }

    private mutating func ruleGroups() {
        writer.key("ruleGroupList")
        writer.beginArray()
        for group in verdict.groups {
            writer.beginObject()
            writer.member("ruleGroupId", group.id)
            writer.key("terminatingRule")
            if let terminating = group.terminating {
                match(terminating, isTerminating: true)
            } else {
                writer.null()
            }
            writer.key("nonTerminatingMatchingRules")
            matches(group.counting.filter { !$0.isExcluded })
            writer.key("excludedRules")
            let excluded = group.counting.filter(\.isExcluded)
            if excluded.isEmpty {
                writer.null()
            } else {
                writer.beginArray()
                for rule in excluded {
                    writer.beginObject()
                    writer.member("exclusionType", "EXCLUDED_AS_COUNT")
                    writer.member("ruleId", rule.rule)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.key("customerConfig")
            writer.null()
            writer.endObject()
        }
        writer.endArray()
    }

    private mutating func rates() {
        writer.key("rateBasedRuleList")
        writer.beginArray()
        for rate in verdict.rates {
            writer.beginObject()
            writer.member("rateBasedRuleId", "\(acl)/\(rate.rule)")
            writer.member("rateBasedRuleName", rate.rule)
            writer.member("limitKey", rate.key)
            if rate.key == "IP" { writer.member("limitValue", seen.request.web.address?.description) }
            writer.key("maxRateAllowed")
            writer.integer(rate.limit)
            writer.member("evaluationWindowSec", String(rate.window))
            writer.endObject()
        }
        writer.endArray()
    }

    // MARK: The request

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private mutating func fields(_ fields: [(name: String, value: String)]) {
        writer.beginArray()
        for field in fields {
            writer.beginObject()
            writer.member("name", field.name)
            writer.member("value", field.value)
            writer.endObject()
        }
        writer.endArray()
    }

    private mutating func request() {
        let web = seen.request.web
        writer.key("httpRequest")
        writer.beginObject()
        writer.member("clientIp", web.address?.description ?? "")
        writer.member("country", seen.country ?? "-")
        writer.key("headers")
        fields(
            web.headers.map { header in
                let name = Self.text(header.name)
                return (name, redaction.headers.contains(name.lowercased()) ? Redaction.text : Self.text(header.value))
            })
        writer.member("uri", redaction.hidesPath ? Redaction.text : Self.text(web.path))
        writer.member("args", redaction.hidesQuery ? Redaction.text : Self.text(web.query ?? []))
        writer.member("httpVersion", seen.request.version)
        writer.member("httpMethod", redaction.hidesMethod ? Redaction.text : Self.text(web.method))
        writer.member("requestId", seen.request.requestID)
        writer.member("fragment", Self.text(web.fragment ?? []))
        writer.member("scheme", seen.request.isSecure ? "https" : "http")
        writer.member("host", seen.request.host)
        writer.endObject()
    }

    private mutating func puzzles() {
        for (kind, key) in [(RuleAction.Kind.captcha, "captchaResponse"), (.challenge, "challengeResponse")] {
            guard let token = seen.token(for: kind), seen.matches.contains(where: { $0.action == kind }) else {
                continue
            }
            response(key, token, status: verdict.outcome.kind == kind ? verdict.outcome.status : nil)
        }
    }

    /// - Parameter status: nil: the token counted.
    private mutating func response(_ key: String, _ token: WebRequest.Token, status: Int?) {
        writer.key(key)
        writer.beginObject()
        writer.key("responseCode")
        writer.integer(status ?? 0)
        var solved = 0
        if case .solved(let time) = token { solved = Int(max(0, min(time, 1e12))) }
        writer.key("solveTimestamp")
        writer.integer(solved)
        if status != nil { writer.member("failureReason", seen.failure(of: token)) }
        writer.endObject()
    }

    private mutating func sizes() {
        let web = seen.request.web
        if !verdict.oversizeFields.isEmpty {
            writer.key("oversizeFields")
            writer.beginArray()
            for field in verdict.oversizeFields { writer.string(field) }
            writer.endArray()
        }
        let announced = web.headers.first { Self.text($0.name).lowercased() == "content-length" }
            .flatMap { Int(Self.text($0.value)) }
        writer.key("requestBodySize")
        writer.integer(web.isBodyOversize ? max(web.body.count, announced ?? 0) : web.body.count)
        writer.key("requestBodySizeInspectedByWAF")
        writer.integer(web.body.count)
    }
}
