import CognitoIDPAPI
import Platform
import Wire

// What pages do for users by the operations that applications have for it. The event history has the page's own entry of it, and
// not the operation's.

extension Call {
    /// Does an operation that needs no signature.
    /// - Throws: what the operation answers with an error, and the complaints about an input that breaks the model's
    ///   constraints.
    func run<O: OperationModel>(_ operation: O.Type, _ input: O.Input) async throws(ServiceError) -> O.Output {
        guard let built = module.operations[O.shape.name] else {
            throw .notImplemented("\(O.shape.name) is not built in Gatehouse yet.")
        }
        let call = Call(
            environment: environment, requestID: requestID, time: time, caller: caller, module: module,
            operation: O.shape.name, region: region, source: source)
        try validate(input.structure, of: O.shape, by: module.validation)
        switch try await built.begin(input.structure, call) {
        case .done(let output): return O.Output(output)
        case .read(let body):
            return O.Output(try await call.read { (records) throws(ServiceError) in try body(records) })
        case .write(let body, let undo):
            do throws(ServiceError) {
                return O.Output(try await call.keep { (records) throws(ServiceError) in try body(records) })
            } catch {
                await undo()
                throw error
            }
        case .passed: throw .internalFailure
        }
    }

    /// Where a code was sent.
    package struct Delivery: Sendable {
        /// `EMAIL` or `SMS`
        package let medium: String
        /// As it is shown: `a***@e***`
        package let destination: String

        init?(_ details: CognitoIDP.CodeDeliveryDetailsType?) {
            guard let destination = details?.destination else { return nil }
            self.destination = destination
            medium = details?.deliveryMedium ?? "EMAIL"
        }
    }

    /// Signs somebody up.
    /// - Returns: whether nothing is left to confirm, and where the code was sent.
    package func signUp(
        _ client: LoginClient, as name: String, password: String, attributes: [(name: String, value: String)]
    ) async throws(ServiceError) -> (isConfirmed: Bool, delivery: Delivery?) {
        let output = try await run(
            CognitoIDP.SignUp.self,
            CognitoIDP.SignUp.Input {
                $0.clientId = client.id
                $0.secretHash = client.entry.secretHash(of: name)
                $0.username = name
                $0.password = password
                $0.userAttributes = attributes.map { attribute in
                    CognitoIDP.AttributeType {
                        $0.name = attribute.name
                        $0.value = attribute.value
                    }
                }
            })
        return (output.userConfirmed, Delivery(output.codeDeliveryDetails))
    }

    /// Confirms a sign-up with the code that was sent.
    package func confirmSignUp(_ client: LoginClient, of name: String, code: String) async throws(ServiceError) {
        _ = try await run(
            CognitoIDP.ConfirmSignUp.self,
            CognitoIDP.ConfirmSignUp.Input {
                $0.clientId = client.id
                $0.secretHash = client.entry.secretHash(of: name)
                $0.username = name
                $0.confirmationCode = code
            })
    }

    /// Sends the code of a sign-up once more.
    package func resendCode(_ client: LoginClient, to name: String) async throws(ServiceError) -> Delivery? {
        let output = try await run(
            CognitoIDP.ResendConfirmationCode.self,
            CognitoIDP.ResendConfirmationCode.Input {
                $0.clientId = client.id
                $0.secretHash = client.entry.secretHash(of: name)
                $0.username = name
            })
        return Delivery(output.codeDeliveryDetails)
    }

    /// Sends somebody a code who has forgotten the password.
    package func forgotPassword(_ client: LoginClient, of name: String) async throws(ServiceError) -> Delivery? {
        let output = try await run(
            CognitoIDP.ForgotPassword.self,
            CognitoIDP.ForgotPassword.Input {
                $0.clientId = client.id
                $0.secretHash = client.entry.secretHash(of: name)
                $0.username = name
            })
        return Delivery(output.codeDeliveryDetails)
    }

    /// Gives somebody a new password who has got that code.
    package func confirmForgotPassword(
        _ client: LoginClient, of name: String, code: String, password: String
    ) async throws(ServiceError) {
        _ = try await run(
            CognitoIDP.ConfirmForgotPassword.self,
            CognitoIDP.ConfirmForgotPassword.Input {
                $0.clientId = client.id
                $0.secretHash = client.entry.secretHash(of: name)
                $0.username = name
                $0.confirmationCode = code
                $0.password = password
            })
    }

    // MARK: Setting up what proves who one is

    /// The secret for an authenticator app, of a sign-in that waits for one to be set up.
    /// - Returns: the secret in base32, and the session to go on with.
    package func authenticatorSecret(session: String) async throws(ServiceError) -> (secret: String, session: String) {
        let output = try await run(
            CognitoIDP.AssociateSoftwareToken.self, CognitoIDP.AssociateSoftwareToken.Input { $0.session = session })
        guard let secret = output.secretCode else { throw .internalFailure }
        return (secret, output.session ?? session)
    }

    /// Proves the app by a code of it.
    /// - Returns: the session to go on with.
    package func verifyAuthenticator(_ code: String, session: String) async throws(ServiceError) -> String {
        let output = try await run(
            CognitoIDP.VerifySoftwareToken.self,
            CognitoIDP.VerifySoftwareToken.Input {
                $0.session = session
                $0.userCode = code
            })
        return output.session ?? session
    }

    /// What a browser makes a passkey by, as JSON.
    package func beginPasskey(of user: ProvedUser) async throws(ServiceError) -> [UInt8] {
        let token = try await selfServiceToken(of: user)
        let output = try await run(
            CognitoIDP.StartWebAuthnRegistration.self,
            CognitoIDP.StartWebAuthnRegistration.Input { $0.accessToken = token })
        var writer = JSONWriter()
        writer.json(output.credentialCreationOptions)
        return writer.bytes
    }

    /// Keeps the passkey that a browser has made.
    package func addPasskey(_ credential: JSONValue, of user: ProvedUser) async throws(ServiceError) {
        let token = try await selfServiceToken(of: user)
        _ = try await run(
            CognitoIDP.CompleteWebAuthnRegistration.self,
            CognitoIDP.CompleteWebAuthnRegistration.Input {
                $0.accessToken = token
                $0.credential = credential
            })
    }

    /// A token by which the operations of users know a user who is signed in on pages. It leaves this server never.
    private func selfServiceToken(of user: ProvedUser) async throws(ServiceError) -> String {
        var grant = user.grant
        grant.scopes = [Scopes.selfService]
        grant.source = SignInGrant.ofPages
        grant.isRefreshable = false
        return try await issueTokens(grant).accessToken
    }
}
