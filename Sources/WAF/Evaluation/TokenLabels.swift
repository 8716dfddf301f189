/// The labels by which AWS's groups against bots and fraud tell of a request's token.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-tokens-labeling.html>
enum TokenLabels {
    static func labels(
        of request: WebRequest, challengeImmunity: Int, captchaImmunity: Int, at time: Double
    ) -> [String] {
        (request.session.map { ["awswaf:managed:token:id:\($0)"] } ?? [])
            + status("awswaf:managed:token:", request.challenge, challengeImmunity, time)
            + status("awswaf:managed:captcha:", request.captcha, captchaImmunity, time)
    }

    private static func status(
        _ prefix: String, _ token: WebRequest.Token, _ immunity: Int, _ time: Double
    ) -> [String] {
        let reason: String
        switch token {
        case .missing: return [prefix + "absent"]
        case .invalid: reason = "invalid"
        case .foreign: reason = "domain_mismatch"
        case .solved(let moment) where moment <= 0: reason = "not_solved"
        case .solved(let moment) where time - moment < Double(immunity): return [prefix + "accepted"]
        case .solved: reason = "expired"
        }
        return [prefix + "rejected", prefix + "rejected:" + reason]
    }
}
