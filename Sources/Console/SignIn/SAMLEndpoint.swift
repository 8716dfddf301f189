import Directory
import Platform
import STSAPI
import STSService
import Wire

/// Where identity providers send browsers to, as AWS's `/saml`: with one role on offer, its session begins; of several, one
/// is chosen.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-saml.html>
enum SAMLEndpoint {
    static let path = "/saml"

    /// The provider's own address, for encrypted assertions: `/saml/acs/SAMLSP…`.
    static func providerID(_ path: String) -> String? {
        let prefix = Self.path + "/acs/"
        guard path.hasPrefix(prefix) else { return nil }
        let id = path.dropFirst(prefix.utf8.count)
        return (16...64).contains(id.utf8.count) && id.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
            ? String(id) : nil
    }

    static func respond(_ console: Console, _ request: WebRequest) async throws(ServiceError) -> Reply {
        guard let response = request.form["SAMLResponse"] else {
            throw .validation("Your request did not include a SAML response.")
        }
        let path = request.arrival.request.path
        let environment = console.environment
        let offer = try await SAMLSignIn(response, providerID: providerID(path), environment)
        let chosen = request.form["roleIndex"]
        guard
            let choice = offer.choices.count == 1
                ? offer.choices.first : offer.choices.first(where: { $0.roleARN == chosen })
        else { return select(console, request, offer, response) }
        let longest = ARN(parsing: choice.roleARN).flatMap { arn in
            (arn.typeAndRest?.rest.split(separator: "/").last).flatMap {
                environment.directory.role(named: String($0), in: arn.account)?.maxSessionDuration
            }
        }
        let input = STS.AssumeRoleWithSAML.Input {
            $0.roleArn = choice.roleARN
            $0.principalArn = choice.providerARN
            $0.samlAssertion = response
            $0.durationSeconds = min(offer.duration ?? 3600, longest ?? 3600)
        }
        let answer = try await environment.call(
            STS.AssumeRoleWithSAML.self, input, by: Caller(accountID: "", identity: .anonymous), from: request.source,
            in: environment.region, requestID: RequestIDs.make(time: environment.now()))
        guard let opened = (answer.credentials?.sessionToken).flatMap({ environment.sessionTokens.open($0) }),
            let caller = Caller(opened, environment.directory)
        else { throw .internalFailure }
        var session = opened.session
        session.isOfConsole = true
        let target = request.form["RelayState"].flatMap { Reply.isLocal($0) ? $0 : nil } ?? Console.root
        return try console.welcome(
            session, caller, target: target, details: ["SamlProviderArn": choice.providerARN])
    }

    private static func select(
        _ console: Console, _ request: WebRequest, _ offer: SAMLSignIn, _ response: String
    ) -> Reply {
        let roles = offer.choices.enumerated().map { place, choice in
            ["arn": choice.roleARN, "id": "role-\(place)", "checked": place == 0 ? "yes" : nil].compactMapValues { $0 }
        }
        return console.page(
            "select-role", "Select a role",
            [
                "path": request.arrival.request.path, "response": response,
                "relayState": request.form.text("RelayState"), "roles": roles,
            ])
    }
}
