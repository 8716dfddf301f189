import CognitoIDPService
import Pages
import Platform
import Wire

/// The endpoints that applications ask by themselves: tokens, what there is to know of a user, revocation.
enum ProgramEndpoints {
    static let routes: [LoginRoute] = [
        LoginRoute("POST", "/oauth2/token", event: "Token_POST", isForPrograms: true) { visit in await token(visit) },
        LoginRoute("GET", "/oauth2/userinfo", event: "UserInfo_GET", isForPrograms: true) { visit in
            await userInfo(visit)
        },
        LoginRoute("POST", "/oauth2/userinfo", event: "UserInfo_POST", isForPrograms: true) { visit in
            await userInfo(visit)
        },
        // AWS's list of events has none of it.
        LoginRoute("POST", "/oauth2/revoke", event: nil, isForPrograms: true) { visit in await revoke(visit) },
    ]

    private static func token(_ visit: LoginVisit) async -> LoginReply {
        do throws(OAuthError) {
            return .json(
                try await TokenEndpoint.respond(
                    visit.form.all, authorization: visit.arrival.request.header("authorization"), at: visit.domain,
                    visit.call))
        } catch {
            return failure(error, status: error.code == .serverError ? 500 : 400)
        }
    }

    private static func userInfo(_ visit: LoginVisit) async -> LoginReply {
        do throws(OAuthError) {
            return .json(
                try await UserInfoEndpoint.respond(
                    authorization: visit.arrival.request.header("authorization"), at: visit.domain, visit.call))
        } catch {
            var text = "Bearer error=\"\(error.code.rawValue)\""
            if let description = error.description { text += ", error_description=\"\(description)\"" }
            var reply = failure(error, status: error.code == .invalidToken ? 401 : 400)
            reply.headers.append((name: "www-authenticate", value: text))
            return reply
        }
    }

    private static func revoke(_ visit: LoginVisit) async -> LoginReply {
        do throws(OAuthError) {
            try await RevokeEndpoint.respond(
                visit.form.all, authorization: visit.arrival.request.header("authorization"), at: visit.domain,
                visit.call)
            return .forPrograms(200, [], [])
        } catch {
            let status =
                switch error.code {
                case .invalidClient: 401
                case .serverError: 500
                default: 400
                }
            return failure(error, status: status)
        }
    }

    private static func failure(_ error: OAuthError, status: Int) -> LoginReply {
        var members = [JSONMember(key: "error", value: .string(error.code.rawValue))]
        if let text = error.description { members.append(JSONMember(key: "error_description", value: .string(text))) }
        var reply = LoginReply.json(members, status: status)
        reply.error = (error.code.rawValue, error.description ?? "")
        return reply
    }
}
