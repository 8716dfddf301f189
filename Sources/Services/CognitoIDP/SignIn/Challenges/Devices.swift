import CognitoIDPAPI
import Platform
import Wire

extension SignIn {
    func rememberedDevice() async throws(ServiceError) -> String? { nil }

    func newDevice() async throws(ServiceError) -> SignInStep.NewDevice? { nil }

    func challengeDevice() async throws(ServiceError) -> SignInStep { try await complete() }

    mutating func answerDevice() async throws(ServiceError) -> SignInStep { throw .notImplemented("devices") }

    mutating func answerDevicePassword(_ exchange: SRPExchange) async throws(ServiceError) -> SignInStep {
        throw .notImplemented("devices")
    }

    func passkeys() async throws(ServiceError) -> [String] { [] }

    func challengePasskey() async throws(ServiceError) -> SignInStep { throw .notImplemented("passkeys") }

    mutating func answerPasskey(_ challenge: String) async throws(ServiceError) -> SignInStep {
        throw .notImplemented("passkeys")
    }

    mutating func migrate() async throws(ServiceError) {}
}

extension Call {
    func awaitedDevice(
        _ responses: [String: String], of client: ClientEntry
    ) async throws(ServiceError) -> SignInSession { throw .missingParameter("Session") }

    func refresh(_ request: SignInRequest) async throws(ServiceError) -> SignInAnswer { throw .notImplemented("refresh") }
}
