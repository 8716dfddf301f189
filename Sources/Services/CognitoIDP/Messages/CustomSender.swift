import CognitoIDPAPI
import KMSAPI
import Platform
import Wire

// Functions that send a pool's messages in Cognito's place: CustomEmailSender and CustomSMSSender. The codes that they are told are
// encrypted under the pool's KMS key.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html>

/// What a function is told that is to send a message.
struct SenderEvent: Sendable, Equatable {
    let trigger: Trigger
    /// Of the function.
    let arn: String
    /// As JSON.
    let event: String
}

extension Message.Medium {
    /// The function that sends messages in Cognito's place.
    var sender: Trigger {
        switch self {
        case .email: .customEmailSender
        case .sms: .customSMSSender
        }
    }
}

extension Trigger {
    /// `type` of a sender's event.
    fileprivate var requestType: String {
        self == .customEmailSender ? "customEmailSenderRequestV1" : "customSMSSenderRequestV1"
    }
}

extension MessageOccasion {
    /// Whether AWS tells senders what the client said with its request.
    fileprivate var tellsMetadata: Bool { self == .signUp || self == .forgotPassword || self == .authentication }
}

extension Call {
    /// What the pool's function is told that sends its messages; nil: it has none for the medium.
    /// - Parameter code: or a temporary password.
    /// - Throws: UnexpectedLambdaException where no server stands for the function; CodeDeliveryFailureException, or at sign-in
    ///   InvalidUserPoolConfigurationException, where the pool's key can't be used.
    func senderEvent(
        _ occasion: MessageOccasion, by medium: Message.Medium, code: String, _ context: MessageContext
    ) async throws(ServiceError) -> SenderEvent? {
        let (pool, trigger) = (context.pool, medium.sender)
        guard pool.has(trigger) else { return nil }
        // As AWS does with passwords in e-mail, whose text is HTML.
        let isHTML = occasion == .adminCreateUser && medium == .email
        let encrypted = try await encrypt(isHTML ? MessageTemplate.escaped(code) : code, occasion, for: pool)
        return try senderEvent(
            trigger, "\(trigger.rawValue)_\(occasion.rawValue)", code: .string(encrypted),
            attributes: context.user.triggerAttributes,
            metadata: occasion.tellsMetadata && !context.metadata.isEmpty ? context.metadata.json : .null, context)
    }

    /// - Parameters:
    ///   - source: `triggerSource`.
    ///   - attributes: `userAttributes`.
    func senderEvent(
        _ trigger: Trigger, _ source: String, code: JSONValue, attributes: JSONValue, metadata: JSONValue = .null,
        _ context: MessageContext
    ) throws(ServiceError) -> SenderEvent? {
        let pool = context.pool
        guard let (arn, version) = trigger.function(of: pool.settings) else { return nil }
        // The function is asked later, but that there is none is known now.
        _ = try TriggerEndpoint(arn: arn, trigger: trigger, environment.outsideServers).address(
            for: pool.pool.accountID)
        let event = TriggerEvent(
            trigger: trigger, source: source, version: version, pool: pool.pool, clientID: context.clientID,
            username: context.user.username, userAgent: self.source.userAgent,
            request: [
                ("type", .string(trigger.requestType)), ("code", code), ("clientMetadata", metadata),
                ("userAttributes", attributes),
            ])
        return SenderEvent(trigger: trigger, arn: arn, event: String(decoding: event.json, as: UTF8.self))
    }

    /// Does what a sign-in code takes that a function sends, for a user who isn't there: what takes longer for others would tell.
    func encryptForNobody(by medium: Message.Medium, of pool: PoolEntry) async throws(ServiceError) {
        guard pool.has(medium.sender) else { return }
        _ = try await encrypt(UserCode.make(), .authentication, for: pool)
    }

    private func encrypt(
        _ code: String, _ occasion: MessageOccasion, for pool: PoolEntry
    ) async throws(ServiceError) -> String {
        do throws(ServiceError) {
            return try await encrypt(code, for: pool)
        } catch {
            guard error.fault == .sender else { throw error }
            var failure = ServiceError.cognito(
                occasion == .authentication
                    ? .invalidUserPoolConfigurationException : .codeDeliveryFailureException,
                "The KMS key of the user pool can not be used to encrypt the code.")
            failure.cause = "\(error.code): \(error.message)"
            throw failure
        }
    }

    /// Encrypts a code for a pool's functions, as the Encryption SDK does, in base64.
    private func encrypt(_ code: String, for pool: PoolEntry) async throws(ServiceError) -> String {
        let message = EncryptionSDKMessage(context: [SenderKey.context: pool.id])
        let made = try await environment.services(in: pool.pool.region).call(
            KMS.GenerateDataKey.self,
            KMS.GenerateDataKey.Input {
                $0.keyId = pool.settings.lambdaConfig?.kmsKeyID ?? ""
                $0.keySpec = "AES_256"
                $0.encryptionContext = message.context
            }, as: .own(SenderKey.principal, for: pool.pool.arn, in: pool.pool.accountID))
        guard let plaintext = made.plaintext, let encrypted = made.ciphertextBlob, let arn = made.keyId else {
            throw .internalFailure
        }
        let sealed = try message.seal(
            Array(code.utf8), with: .init(plaintext: plaintext.bytes, encrypted: encrypted.bytes, keyARN: arn))
        return String(decoding: Base64.encode(sealed), as: UTF8.self)
    }
}

/// The KMS key under which codes for functions are encrypted.
enum SenderKey {
    /// Who uses it.
    static let principal = "cognito-idp.amazonaws.com"
    /// What pools are called in its encryption context.
    static let context = "userpool-id"

    /// Prepares the grant by which Cognito may use the key that a pool is told of: whoever tells it has to be allowed to make it.
    /// - Parameter poolID: of the pool that may be yet to be made.
    /// - Returns: nil: the pool needs none.
    /// - Throws: InvalidParameterException for a key that can't be used; AccessDenied.
    static func prepareGrant(
        _ configuration: CognitoIDP.LambdaConfigType?, of poolID: String, _ call: Call
    ) async throws(ServiceError) -> PreparedCall<KMS.CreateGrant>? {
        guard let configuration, let key = configuration.kmsKeyID,
            configuration.customEmailSender != nil || configuration.customSMSSender != nil
        else { return nil }
        do throws(ServiceError) {
            return try await call.services.prepare(
                KMS.CreateGrant.self,
                KMS.CreateGrant.Input {
                    $0.keyId = key
                    $0.granteePrincipal = principal
                    $0.operations = ["GenerateDataKey"]
                    $0.constraints = KMS.GrantConstraints { $0.encryptionContextSubset = [context: poolID] }
                    // By it, one that is there already is found again.
                    $0.name = poolID
                }, as: .forwarding(principal))
        } catch {
            throw refusal(error)
        }
    }

    /// What a pool answers to what KMS says of its key.
    fileprivate static func refusal(_ error: ServiceError) -> ServiceError {
        guard error.fault == .sender, !error.code.hasPrefix("AccessDenied") else { return error }
        return .invalidParameter("The KMS key can not be used: \(error.message)")
    }
}

extension PreparedCall where O == KMS.CreateGrant {
    /// Makes the grant, together with the pool that needs it.
    func completeForPool(in records: MutableRecords) throws(ServiceError) {
        do throws(ServiceError) { _ = try complete(in: records) } catch { throw SenderKey.refusal(error) }
    }
}
