import CognitoIDPAPI
import Platform
import Wire

// The secrets of a confidential app client: two at most, so that one can take the other's place.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html>

extension UserPoolClient {
    fileprivate static let mostSecrets = 2
}

extension UserPoolClient.Secret {
    /// A secret of a client.
    init(of clientID: String, _ value: String, at time: Double) {
        self.init(id: "\(clientID)--\(Int(time * 1000))", value: value, created: time)
    }

    /// 51 letters and digits, as AWS makes them: more than 256 random bits.
    static var newValue: String { Identifiers.lowercase(51) }

    /// - Parameter isShown: whether the answer tells the value.
    fileprivate func view(isShown: Bool) -> CognitoIDP.ClientSecretDescriptorType {
        CognitoIDP.ClientSecretDescriptorType {
            $0.clientSecretId = id
            $0.clientSecretValue = isShown ? value : nil
            $0.clientSecretCreateDate = Timestamp(secondsSinceEpoch: created)
        }
    }
}

extension CognitoIDP.AddUserPoolClientSecret: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        guard !client.secrets.isEmpty else {
            throw .invalidParameter("Client \(client.id) is a public client: it can not have a client secret.")
        }
        guard client.secrets.count < UserPoolClient.mostSecrets else {
            throw .limitExceeded("An app client can have at most \(UserPoolClient.mostSecrets) client secrets.")
        }
        let secret = UserPoolClient.Secret(
            of: client.id, input.clientSecret ?? UserPoolClient.Secret.newValue, at: call.time)
        guard !client.secrets.contains(where: { $0.id == secret.id || $0.value == secret.value }) else {
            throw .invalidParameter("The client has that client secret already.")
        }
        client.secrets.append(secret)
        client.modified = call.time
        try records.put(client)
        return Output { $0.clientSecretDescriptor = secret.view(isShown: input.clientSecret == nil) }
    }
}

extension CognitoIDP.ListUserPoolClientSecrets: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        return Output { $0.clientSecrets = client.secrets.map { $0.view(isShown: false) } }
    }
}

extension CognitoIDP.DeleteUserPoolClientSecret: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var client = try records.userPoolClient(input.clientId, of: input.userPoolId)
        guard let index = client.secrets.firstIndex(where: { $0.id == input.clientSecretId }) else {
            throw .cognito(
                .resourceNotFoundException, "Client secret \(input.clientSecretId) does not exist.")
        }
        guard client.secrets.count > 1 else {
            throw .invalidParameter("The last client secret of an app client can not be deleted.")
        }
        client.secrets.remove(at: index)
        client.modified = call.time
        try records.put(client)
        return Output()
    }
}
