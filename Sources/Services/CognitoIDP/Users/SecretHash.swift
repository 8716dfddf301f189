import CognitoIDPAPI
import Crypto
import FoundationEssentials
import Platform
import Wire

extension ClientEntry {
    /// Checks that whoever asks for an app client that has a secret knows it.
    /// <https://docs.aws.amazon.com/cognito/latest/developerguide/signing-up-users-in-your-app.html#cognito-user-pools-computing-secret-hash>
    /// - Parameters:
    ///   - hash: `SECRET_HASH`: HMAC-SHA256 of the user name and the client's id by the secret, in base64.
    ///   - username: as the request has it.
    /// - Throws: NotAuthorizedException.
    func checkSecretHash(_ hash: String?, username: String) throws(ServiceError) {
        let secrets = client.secrets
        guard !secrets.isEmpty else {
            guard hash == nil else {
                throw .notAuthorized("Client \(id) is not configured for secret but secret was received")
            }
            return
        }
        guard let hash else {
            throw .notAuthorized("Client \(id) is configured for secret but secret was not received")
        }
        let message = Array(username.utf8) + Array(id.utf8)
        // All are compared, so that the time tells nothing.
        let matches = secrets.map { secret in
            let code = HMAC<SHA256>.authenticationCode(
                for: message, using: SymmetricKey(data: Array(secret.value.utf8)))
            return isSameSecret(Data(code).base64EncodedString(), hash)
        }
        guard matches.contains(true) else {
            throw .notAuthorized("Unable to verify secret hash for client \(id)")
        }
    }
}

extension Call {
    /// The app client that an operation is asked for by, once it has proved itself.
    /// - Throws: ResourceNotFoundException, NotAuthorizedException.
    func appClient(_ id: String, secretHash: String?, username: String) throws(ServiceError) -> ClientEntry {
        guard let client = environment.userPoolClient(id) else { throw .noSuchClient(id) }
        try client.checkSecretHash(secretHash, username: username)
        return client
    }
}
