public import Platform
import SigninAPI
import Wire

extension ServiceModule {
    /// AWS Sign-In, as far as programs use it: credentials for the AWS CLI from a session of the console's.
    /// <https://docs.aws.amazon.com/signin/latest/APIReference/Welcome.html>
    ///
    /// The browser's half, which shows the page and asks for consent, lies in the console: it makes an ``AuthorizationRequest``.
    public static let signin = ServiceModule(
        Signin.self, operations: [Signin.CreateOAuth2Token.self],
        proves: { (request, _) throws(ServiceError) in try requireJSON(request) },
        validation: ValidationRules { broken, member, _ in
            .invalidRequest(
                broken == .required ? "\(member.wireName) is required." : "\(member.wireName) is not valid.")
        },
        records: [AuthorizationCode.self, SignInGrant.self, SignInIssuer.self], jobs: [ForgetSignIn.self],
        paths: [.signInIssuer], samples: Samples(texts: ["clientId": DeveloperTool.sameDevice.rawValue]))
}

/// In the form's variant, which AWS has for applications that register themselves, answers hold bearer tokens rather than
/// credentials.
private func requireJSON(_ request: WireRequest) throws(ServiceError) {
    guard request.header("content-type")?.lowercased().hasPrefix("application/x-www-form-urlencoded") != true else {
        throw .notImplemented(
            "Gatehouse takes CreateOAuth2Token as JSON, as the AWS CLI and the SDKs send it, and not as a form.")
    }
}
