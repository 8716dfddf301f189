import WAF
import WAFV2API
import Wire

/// Parts of requests.
enum FieldReading {
    /// Characters. <https://docs.aws.amazon.com/waf/latest/APIReference/API_SingleQueryArgument.html>
    private static let longestArgument = 30

    static func field(_ view: WAFV2.FieldToMatch) throws(ServiceError) -> WAF.FieldToMatch {
        let count = view.structure.shape.members.count { view.structure[$0.name] != nil }
        guard count == 1 else { throw .invalid(.fieldToMatch, "FieldToMatch", .exactlyOne) }
        if let header = view.singleHeader { return .singleHeader(header.name) }
        if let argument = view.singleQueryArgument {
            guard argument.name.count <= longestArgument else {
                throw .invalid(.singleQueryArgument, argument.name, .limit)
            }
            return .singleQueryArgument(argument.name)
        }
        if let body = view.body { return .body(oversize(body.oversizeHandling)) }
        if let body = view.jsonBody { return .jsonBody(try json(body)) }
        if let headers = view.headers {
            let pattern = headers.matchPattern
            return .headers(
                try filter(
                    pattern.all != nil, pattern.includedHeaders, pattern.excludedHeaders, .headerMatchPattern),
                scope(headers.matchScope), oversize(headers.oversizeHandling))
        }
        if let cookies = view.cookies {
            let pattern = cookies.matchPattern
            return .cookies(
                try filter(
                    pattern.all != nil, pattern.includedCookies, pattern.excludedCookies, .cookieMatchPattern),
                scope(cookies.matchScope), oversize(cookies.oversizeHandling))
        }
        if let order = view.headerOrder { return .headerOrder(oversize(order.oversizeHandling)) }
        if let print = view.ja3Fingerprint { return .ja3(WAF.Fallback(rawValue: print.fallbackBehavior) ?? .noMatch) }
        if let print = view.ja4Fingerprint { return .ja4(WAF.Fallback(rawValue: print.fallbackBehavior) ?? .noMatch) }
        if let fragment = view.uriFragment {
            return .uriFragment(fragment.fallbackBehavior.flatMap { WAF.Fallback(rawValue: $0) })
        }
        if view.allQueryArguments != nil { return .allQueryArguments }
        if view.uriPath != nil { return .uriPath }
        if view.queryString != nil { return .queryString }
        return .method
    }

    private static func oversize(_ text: String?) -> WAF.Oversize {
        text.flatMap { WAF.Oversize(rawValue: $0) } ?? .proceed
    }

    private static func scope(_ text: String) -> WAF.MatchScope { WAF.MatchScope(rawValue: text) ?? .all }

    private static func filter(
        _ isAll: Bool, _ included: [String]?, _ excluded: [String]?, _ field: InvalidField
    ) throws(ServiceError) -> WAF.NameFilter {
        switch (isAll, included, excluded) {
        case (true, nil, nil): return .all
        case (false, let names?, nil): return .included(names)
        case (false, nil, let names?): return .excluded(names)
        default: throw .invalid(field, "MatchPattern", .exactlyOne)
        }
    }

    private static func json(_ view: WAFV2.JsonBody) throws(ServiceError) -> WAF.JSONBodyMatch {
        let paths = view.matchPattern.includedPaths
        guard (view.matchPattern.all != nil) != (paths != nil) else {
            throw .invalid(.jsonMatchPattern, "MatchPattern", .exactlyOne)
        }
        return WAF.JSONBodyMatch(
            paths: paths, scope: scope(view.matchScope),
            invalid: view.invalidFallbackBehavior.flatMap { WAF.JSONBodyMatch.InvalidBody(rawValue: $0) },
            oversize: oversize(view.oversizeHandling))
    }
}
