import CognitoIDPService
import Platform

/// The page that tells of what is wrong where no application can be told. What it says stands here: an address can't make it say
/// anything else.
enum ErrorPage {
    static let routes: [LoginRoute] = [
        LoginRoute("GET", "/error", event: "Error_GET") { visit in show(visit) }
    ]

    private static func show(_ visit: LoginVisit) -> LoginReply {
        let error = visit.query["error"].flatMap { AuthorizeRequest.LoginError(rawValue: $0) } ?? .failed
        return visit.message("An error was encountered with the requested page", text(error), status: 400)
    }

    private static func text(_ error: AuthorizeRequest.LoginError) -> String {
        switch error {
        case .noClientID: "Required String parameter 'client_id' is not present"
        case .noSuchClient: "Client does not exist."
        case .noRedirectURI: "Required String parameter 'redirect_uri' is not present"
        case .redirectMismatch: "redirect_mismatch: the address to return to is not one of the application's."
        case .unauthorizedClient: "unauthorized_client: the application may not sign users in here."
        case .repeatedParameter: "invalid_request: a parameter is there more than once."
        case .unavailable: "Login pages unavailable. Please contact an administrator."
        case .logoutMismatch:
            "invalid_request: the address to go to after signing out is missing, or not one of the application's."
        case .providerUnavailable: "Login option is not available. Please try another one."
        case .failed: "Something went wrong."
        }
    }
}
