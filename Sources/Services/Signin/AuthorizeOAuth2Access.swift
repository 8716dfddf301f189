import FoundationEssentials
public import Platform
public import Wire

extension AuthorizationRequest {
    /// The name that policies, events and the call have of it.
    public static let operation = "AuthorizeOAuth2Access"

    /// Lets the program have credentials, if policies allow it: `signin:AuthorizeOAuth2Access`. The event history has it.
    ///
    /// ```swift
    /// let login = ConsoleLogin(
    ///     session: session.id, started: session.started, person: session.token, role: session.role?.token)
    /// …
    /// ) { (call) throws(ServiceError) in try await asked.authorize(login, call) }
    /// ```
    /// - Parameter call: who lets it, of the module `.signin`, with the operation ``operation``.
    /// - Returns: the code that the program redeems.
    /// - Throws: AccessDeniedException.
    public func authorize(_ login: ConsoleLogin, _ call: Call) async throws(ServiceError) -> String {
        let input = AuthorizeOAuth2Access.Input {
            $0.structure["clientId"] = .string(client.rawValue)
            $0.structure["codeChallengeMethod"] = .string("SHA-256")
            $0.structure["redirectUri"] = .string(redirectURI)
            $0.structure["responseType"] = .string("code")
            $0.structure["scope"] = .string("openid")
            $0.structure["request"] = .blob(Self.json(self))
            $0.structure["login"] = .blob(Self.json(login))
        }
        let output = try await call.environment.perform(AuthorizeOAuth2Access.self, input, call)
        guard case .string(let code)? = output.structure["code"] else { throw .internalFailure }
        return code
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        (try? JSONEncoder().encode(value)).map { Array($0) } ?? []
    }
}

/// What ``AuthorizationRequest`` asks for. The API can't ask for it: AWS has it for browsers alone.
private enum AuthorizeOAuth2Access: OperationModel {
    enum InputFields: Fields { static let shape = service.structure("AuthorizeOAuth2AccessRequest") }
    enum OutputFields: Fields { static let shape = service.structure("AuthorizeOAuth2AccessResponse") }
    static let shape = service.operation("AuthorizeOAuth2Access")

    private static let service = ServiceShape(
        schema: #"""
            service id=signin signing=signin endpoint=signin version=2023-01-01 serviceID=Signin protocol=rest-json
            structure AuthorizeOAuth2AccessRequest
              clientId! String
              codeChallengeMethod! String
              redirectUri! String
              responseType! String
              scope! String
              request! Secret
              login! Secret
            structure AuthorizeOAuth2AccessResponse
              code! String
            blob Secret sensitive
            string String
            operation AuthorizeOAuth2Access method=GET uri=/v1/authorize input=AuthorizeOAuth2AccessRequest output=AuthorizeOAuth2AccessResponse
            """#)
}

extension AuthorizeOAuth2Access: WriteOperation {
    static var secretMembers: Set<String> { ["code", "login", "request"] }
    static var recordsOutput: Bool { false }

    static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let request: AuthorizationRequest = try value("request", input)
        return .required(Access("signin:AuthorizeOAuth2Access", on: request.client.resource(call)))
    }

    static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let login: ConsoleLogin = try value("login", input)
        guard let end = login.expires(call.environment), end > call.time else { throw .tokenExpired }
        let ticket = SignInTicket(of: call.accountID)
        let code = AuthorizationCode(
            id: ticket.id, request: try value("request", input), login: login,
            expires: min(call.time + AuthorizationCode.lifetime, end))
        try records.global.put(code)
        try records.global.schedule(ForgetSignIn(id: code.id), id: code.id, at: code.expires)
        return Output { $0.structure["code"] = .string(ticket.text) }
    }

    private static func value<T: Decodable>(_ member: String, _ input: Input) throws(ServiceError) -> T {
        guard case .blob(let json)? = input.structure[member],
            let value = try? JSONDecoder().decode(T.self, from: Data(json))
        else { throw .internalFailure }
        return value
    }
}
