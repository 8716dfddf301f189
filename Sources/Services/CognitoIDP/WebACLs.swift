import CognitoIDPAPI
import Platform
package import Wire

// What web ACLs see of requests to a user pool.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html>

extension Call {
    /// Asks the web ACL that protects a pool, if one does. A request that another service makes is not looked at.
    /// - Throws: ForbiddenException.
    func checkWebACL(of pool: PoolEntry) throws(ServiceError) {
        guard let request = source.request else { return }
        let refusal = environment.refusal(
            of: ResourceRequest(
                WebACLView.ofAPI(request), to: pool.pool.arn, from: source.address ?? "", isSecure: source.tls != nil,
                requestID: requestID, time: time))
        guard let refusal else { return }
        guard refusal.reason != .unavailable else {
            var error = ServiceError.cognito(.internalErrorException, "Something went wrong")
            error.cause = refusal.problem
            throw error
        }
        var error = CognitoIDP.Failure.forbiddenException("Request not allowed due to WAF \(refusal.reason.rawValue).")
        // A client takes a status of success for one.
        error.status = refusal.response.status >= 400 ? refusal.response.status : 403
        throw error
    }
}

/// What of a request a web ACL sees: nothing that tells who somebody is, or that somebody could be impersonated by.
package enum WebACLView {
    /// Headers that prove something.
    private static let secretHeaders: Set<String> = ["authorization", "dpop", "proxy-authorization"]
    /// What else is of nobody in particular: of the API's members, and of the parameters of pages.
    private static let plainMembers: Set<String> = [
        "AuthFlow", "ChallengeName", "ClientId", "ClientMetadata", "UserPoolId",
    ]
    private static let plainParameters: Set<String> = [
        "client_id", "code_challenge_method", "grant_type", "identity_provider", "lang", "logout_uri", "prompt",
        "redirect_uri", "response_type", "scope",
    ]

    /// A request to the API.
    static func ofAPI(_ request: WireRequest) -> WireRequest {
        var seen = plainHeaders(of: request)
        guard case .object(let members)? = try? JSONValue(parsing: request.body) else {
            seen.body = []
            return seen
        }
        var writer = JSONWriter()
        writer.json(.object(members.filter { plainMembers.contains($0.key) }))
        seen.body = writer.bytes
        return seen
    }

    /// A request to a pool's pages, or to its OAuth 2.0 endpoints.
    /// - Parameters:
    ///   - path: without what stands before the pages where they have no host of their own.
    ///   - query, form: what was sent, decoded.
    ///   - encode: writes parameters as addresses have them.
    package static func ofPages(
        _ request: WireRequest, path: String, query: [(name: String, value: String)],
        form: [(name: String, value: String)], encode: ([(name: String, value: String)]) -> String
    ) -> WireRequest {
        var seen = plainHeaders(of: request)
        seen.path = path.isEmpty ? "/" : path
        // What a page of the web ACL's own sends is for the web ACL alone.
        guard seen.path != ResourceRequest.solutionPath else { return seen }
        seen.query = encode(query.filter { plainParameters.contains($0.name) })
        seen.body = Array(encode(form.filter { plainParameters.contains($0.name) }).utf8)
        return seen
    }

    private static func plainHeaders(of request: WireRequest) -> WireRequest {
        var seen = request
        seen.stream = nil
        seen.headers = request.headers.compactMap { header in
            let name = header.name.lowercased()
            guard name != "cookie" else {
                // The one cookie that is the web ACL's own.
                let token = header.value.split(separator: ";").map { $0.drop { $0 == " " } }
                    .first { $0.hasPrefix("aws-waf-token=") }
                return token.map { (header.name, String($0)) }
            }
            return secretHeaders.contains(name) ? nil : header
        }
        return seen
    }
}
