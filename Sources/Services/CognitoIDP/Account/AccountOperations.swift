import Platform

extension ServiceModule {
    /// Of users who are signed in, and of administrators for them: tokens, devices, second factors, passkeys.
    static let accountOperations: [any Platform.Operation.Type] =
        tokenOperations + factorOperations + deviceOperations + passkeyOperations
}
