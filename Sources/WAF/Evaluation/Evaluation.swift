/// One request on its way through the rules of a web ACL.
///
/// Rules are asked in the order of their priorities, until one ends it. A rule that counts, and one for a puzzle that is solved
/// already, give their labels and headers, and the next is asked.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-processing.html>
struct Evaluation {
    private let firewall: Firewall
    private let time: Double
    private var reader: FieldReader
    private var verdict = Verdict()
    private var known: Set<String> = []
    /// What the statements of the current rule have found.
    private var details: [Verdict.Detail] = []
    /// What inspectors know of the request.
    private var inspections: [ObjectIdentifier: any RequestInspection] = [:]

    init(_ firewall: Firewall, _ request: WebRequest, _ time: Double) {
        self.firewall = firewall
        self.time = time
        reader = FieldReader(request, firewall.fields)
    }

    private var request: WebRequest { reader.request }

    mutating func run() -> Verdict {
        let isEnded = firewall.rules.contains { runRule($0) }
        if !isEnded {
            switch firewall.acl.defaultAction {
            case .allow(let headers):
                verdict.outcome = .allow
                insert(headers)
            case .block(let response):
                verdict.outcome = .block(self.response(response, firewall.acl.responseBodies))
            }
        }
        if verdict.outcome != .allow { verdict.insertedHeaders = [] }
        verdict.oversizeFields = reader.oversize.sorted()
        return verdict
    }

    /// Asks a rule of the web ACL; true: that was the last one.
    private mutating func runRule(_ prepared: PreparedRule) -> Bool {
        switch prepared.kind {
        case .predicate(let predicate):
            guard matches(predicate), case .action(let action) = prepared.rule.effect else { return false }
            let (match, outcome) = take(
                prepared, action, overridden: nil, isExcluded: false, bodies: firewall.acl.responseBodies)
            guard let outcome else {
                verdict.counting.append(match)
                return false
            }
            if case .rate = predicate { verdict.terminatingType = .rateBased }
            verdict.terminating = match
            verdict.outcome = outcome
            return true
        case .group(let group):
            if let scopeDown = group.scopeDown, !matches(scopeDown) { return false }
            guard let outcome = runGroup(group, prepared.rule.name) else { return false }
            // Labels of the rule that refers to the group are given where the group has matched.
            give(prepared.labels)
            let counts = if case .group(counts: let counts) = prepared.rule.effect { counts } else { false }
            let match = Verdict.Match(
                rule: prepared.rule.name, action: counts ? .count : outcome.kind,
                overridden: counts ? outcome.kind : nil, isExcluded: false, details: [],
                status: counts ? nil : outcome.status)
            guard !counts else {
                verdict.counting.append(match)
                return false
            }
            verdict.terminating = match
            verdict.terminatingType = group.isManaged ? .managedGroup : .group
            verdict.outcome = outcome
            return true
        }
    }

    /// Asks the rules of a group; nil: none has ended it.
    private mutating func runGroup(_ group: PreparedGroup, _ rule: String) -> Verdict.Outcome? {
        var result = Verdict.GroupResult(id: group.group.arn, rule: rule)
        defer { verdict.groups.append(result) }
        if group.group.labelsTokens {
            give(
                TokenLabels.labels(
                    of: request, challengeImmunity: firewall.acl.challengeImmunity,
                    captchaImmunity: firewall.acl.captchaImmunity, at: time))
        }
        for prepared in group.rules {
            guard case .predicate(let predicate) = prepared.kind, matches(predicate),
                case .action(var action) = prepared.rule.effect
            else { continue }
            let original = action.kind
            var bodies = group.group.responseBodies
            let isExcluded = group.excluded.contains(prepared.rule.name)
            if isExcluded {
                action = .count()
            } else if let override = group.overrides[prepared.rule.name] {
                action = override
                bodies = firewall.acl.responseBodies
            }
            let isOverridden = isExcluded || group.overrides[prepared.rule.name] != nil
            let (match, outcome) = take(
                prepared, action, overridden: isOverridden ? original : nil, isExcluded: isExcluded, bodies: bodies)
            guard let outcome else {
                result.counting.append(match)
                continue
            }
            result.terminating = match
            return outcome
        }
        return nil
    }

    /// Does what a rule that has matched says; an outcome ends the evaluation.
    private mutating func take(
        _ prepared: PreparedRule, _ action: RuleAction, overridden: RuleAction.Kind?, isExcluded: Bool,
        bodies: [String: ResponseBody]
    ) -> (Verdict.Match, Verdict.Outcome?) {
        give(prepared.labels)
        var outcome: Verdict.Outcome?
        switch action {
        case .allow(let headers):
            insert(headers)
            outcome = .allow
        case .block(let response): outcome = .block(self.response(response, bodies))
        case .count(let headers): insert(headers)
        case .captcha(let headers):
            let immunity = prepared.rule.captchaImmunity ?? firewall.acl.captchaImmunity
            if isSolved(request.captcha, immunity) { insert(headers) } else { outcome = .captcha }
        case .challenge(let headers):
            let immunity = prepared.rule.challengeImmunity ?? firewall.acl.challengeImmunity
            if isSolved(request.challenge, immunity) { insert(headers) } else { outcome = .challenge }
        }
        let match = Verdict.Match(
            rule: prepared.rule.name, action: action.kind, overridden: overridden, isExcluded: isExcluded,
            details: details, status: outcome?.status)
        return (match, outcome)
    }

    private func isSolved(_ token: WebRequest.Token, _ immunity: Int) -> Bool {
        guard case .solved(let moment) = token else { return false }
        return time - moment < Double(immunity)
    }

    private mutating func give(_ labels: [String]) {
        for label in labels where known.insert(label).inserted { verdict.labels.append(label) }
    }

    private mutating func insert(_ headers: [InsertedHeader]) {
        for header in headers {
            // The last one that sets a header counts.
            verdict.insertedHeaders.removeAll { $0.name == header.name }
            verdict.insertedHeaders.append(header)
        }
    }

    private func response(_ custom: CustomResponse?, _ bodies: [String: ResponseBody]) -> Verdict.Response {
        guard let custom else { return Verdict.Response() }
        return Verdict.Response(
            status: custom.status, headers: custom.headers, body: custom.bodyKey.flatMap { bodies[$0] })
    }

    // MARK: Statements

    private mutating func matches(_ predicate: Predicate) -> Bool {
        details = []
        return holds(predicate)
    }

    private mutating func holds(_ predicate: Predicate) -> Bool {
        switch predicate {
        case .match(let text, let test): return holds(text, test)
        case .geo(let countries, let forwarded):
            return anyAddress(forwarded) { $0.isInCountry(of: countries, isForwarded: forwarded != nil, $1) }
        case .asn(let numbers, let forwarded):
            return anyAddress(forwarded) { evaluation, address in
                evaluation.firewall.addresses.autonomousSystem(of: address).map(numbers.contains) ?? false
            }
        case .ipSet(let networks, let forwarded): return anyAddress(forwarded) { networks.contains($1) }
        case .label(let pattern): return verdict.labels.contains { pattern.matches($0) }
        case .rate(let rate): return isTooMuch(rate)
        case .inspection(let inspection): return hasFinding(inspection)
        case .and(let parts):
            for part in parts { guard holds(part) else { return false } }
            return true
        case .or(let parts):
            for part in parts { if holds(part) { return true } }
            return false
        case .not(let part): return !holds(part)
        }
    }

    private mutating func hasFinding(_ asked: Inspection) -> Bool {
        let key = ObjectIdentifier(asked.inspector)
        let inspection = inspections[key] ?? asked.inspector.inspection(of: request, at: time)
        inspections[key] = inspection
        guard let finding = inspection.finding(asked.question) else { return false }
        give(finding.labels)
        details += finding.details
        return finding.isMatch
    }

    private mutating func holds(_ text: Int, _ test: Predicate.Test) -> Bool {
        switch reader.text(text) {
        case .decided(let isMatch): return isMatch
        case .texts(let texts):
            guard let found = texts.first(where: test.matches) else { return false }
            switch test {
            case .sql(let level):
                details.append(
                    Verdict.Detail(
                        condition: "SQL_INJECTION", sensitivity: level.rawValue, location: reader.location(text),
                        matched: InjectionDetection.matchedSQL(found, level)))
            case .script:
                details.append(
                    Verdict.Detail(
                        condition: "XSS", sensitivity: nil, location: reader.location(text),
                        matched: InjectionDetection.matchedScript(found)))
            default: break
            }
            return true
        }
    }

    /// Whether one of the addresses that count is right.
    ///
    /// AWS's API reference has it that a rule is not applied at all where the header is missing. By its developer guide a
    /// statement whose component a request lacks does not match, and a NOT around it does. That holds here: the other reading
    /// lets whoever leaves the header out past a rule that blocks all but some addresses.
    /// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-fields.html>,
    /// <https://docs.amazonaws.cn/en_us/waf/latest/developerguide/waf-rule-statement-forwarded-ip-address.md>
    private mutating func anyAddress(
        _ forwarded: ForwardedAddress?, _ isRight: (inout Evaluation, IPAddress) -> Bool
    ) -> Bool {
        guard let forwarded else {
            guard let address = request.address else { return false }
            return isRight(&self, address)
        }
        switch request.forwarded(forwarded) {
        case .absent: return false
        case .malformed: return forwarded.fallback == .match
        case .addresses(let addresses):
            for address in addresses { if isRight(&self, address) { return true } }
            return false
        }
    }

    /// Labels of the country and its region are given whether it is one of those or not.
    private mutating func isInCountry(of countries: Set<String>, isForwarded: Bool, _ address: IPAddress) -> Bool {
        let found = firewall.addresses.country(of: address)
        let country = found?.country ?? "XX"
        let prefix = isForwarded ? "awswaf:forwardedip:geo" : "awswaf:clientip:geo"
        give(["\(prefix):country:\(country)", "\(prefix):region:\(country)-\(found?.region ?? "XX")"])
        return found.map { countries.contains($0.country) } ?? false
    }

    // MARK: Rates

    private mutating func isTooMuch(_ rate: Predicate.Rate) -> Bool {
        if let scopeDown = rate.scopeDown { guard holds(scopeDown) else { return false } }
        let statement = rate.statement
        // AWS: "Treat the web request as matching the rule statement", however many there were.
        // <https://docs.aws.amazon.com/waf/latest/APIReference/API_ForwardedIPConfig.html>
        if let config = statement.forwardedKey, case .malformed = request.forwarded(config) {
            return config.fallback == .match
        }
        guard let key = key(statement) else { return false }
        guard rate.counter.count(key.bytes, at: time) > statement.limit else { return false }
        verdict.rates.append(
            Verdict.Rate(
                rule: rate.rule, key: key.kind, limit: statement.limit, window: statement.window))
        return true
    }

    /// What a request is counted by; nil: it lacks a part of that, and is not counted.
    private func key(_ statement: RateBasedStatement) -> (bytes: [UInt8], kind: String)? {
        switch statement.aggregation {
        case .constant: return ([], "CONSTANT")
        case .address: return request.address.map { (Array($0.description.utf8), "IP") }
        case .forwardedAddress(let config):
            guard case .addresses(let addresses) = request.forwarded(config) else { return nil }
            return addresses.first.map { (Array($0.description.utf8), "FORWARDEDIP") }
        case .keys(let keys):
            var bytes: [UInt8] = []
            for key in keys {
                guard let part = part(key, statement.forwarded) else { return nil }
                // With its length, so that no two lists of parts are one.
                bytes.append(contentsOf: "\(part.count):".utf8)
                bytes.append(contentsOf: part)
            }
            return (bytes, "CUSTOMKEYS")
        }
    }

    private func part(_ key: RateBasedStatement.Key, _ forwarded: ForwardedAddress?) -> [UInt8]? {
        func transformed(_ values: [[UInt8]]) -> [UInt8]? {
            values.isEmpty
                ? nil : TextTransformation.apply(key.transformations, to: Array(values.joined(separator: [0x2C])))
        }
        switch key {
        case .header(let name, _): return transformed(request.values(of: name.lowercased()))
        case .cookie(let name, _):
            return transformed(request.cookies(named: name))
        case .queryArgument(let name, _):
            return transformed(request.arguments(named: name))
        case .queryString: return transformed(request.query.map { [$0] } ?? [])
        case .uriPath: return transformed([request.path])
        case .method: return request.method
        case .address: return request.address.map { Array($0.description.utf8) }
        case .forwardedAddress:
            guard let forwarded, case .addresses(let addresses) = request.forwarded(forwarded) else { return nil }
            return addresses.first.map { Array($0.description.utf8) }
        case .labelNamespace(let namespace):
            let found = verdict.labels.filter { $0.hasPrefix(namespace) }
            return found.isEmpty ? nil : Array(found.joined(separator: ",").utf8)
        case .ja3(let fallback): return fingerprint(request.ja3, fallback)
        case .ja4(let fallback): return fingerprint(request.ja4, fallback)
        case .asn:
            return request.address.flatMap { firewall.addresses.autonomousSystem(of: $0) }.map { Array("\($0)".utf8) }
        }
    }

    /// Requests without a fingerprint are counted together where the fallback says that they match.
    private func fingerprint(_ text: String?, _ fallback: Fallback) -> [UInt8]? {
        text.map { Array($0.utf8) } ?? (fallback == .match ? [] : nil)
    }
}
