import HardwareToken
import KMSAPI
import Platform
import Wire

// What goes wrong with custom key stores.

extension ServiceError {
    static func noSuchKeyStore(_ name: String) -> ServiceError {
        .kms(.customKeyStoreNotFoundException, "Custom key store \(name) does not exist.")
    }

    static func invalidKeyStoreState(_ message: String) -> ServiceError {
        .kms(.customKeyStoreInvalidStateException, message)
    }

    /// The error of a token, for whoever uses a key that it has sealed.
    static func tokenFailed(_ error: HardwareTokenError) -> ServiceError {
        .invalidState("KMS cannot communicate with your CloudHSM cluster: \(error.message)")
    }

    /// What a CloudHSM key store stands for.
    static let hasNoToken =
        "This Gatehouse has no hardware token, which stands for the CloudHSM cluster. Start it with --pkcs11-module and "
        + "--pkcs11-token."
}

/// Why a request to the proxy of an external key store came to nothing. The texts, and which exception has which, are AWS's:
/// <https://github.com/aws/aws-kms-xksproxy-api-spec/blob/main/xks_proxy_api_spec.md#error-codes>
enum ProxyFailure: Error, Sendable, Equatable {
    // What the proxy says.
    case invalidState
    case invalidCiphertext
    case invalidKeyUsage
    case authenticationFailed
    case accessDenied
    case keyNotFound
    case invalidURIPath
    case unsupportedOperation
    case dependencyTimeout
    case throttled
    case internalError
    // What becomes of the connection to it.
    case unreachable
    case invalidTLS
    case tooSlow
    // What it says makes no sense: it doesn't follow the specification, or finds that the request doesn't.
    case notUnderstood
    /// It decrypted something that it had not been given to encrypt.
    case wrongPlaintext
    /// None of the key managers behind it works.
    case noKeyManager

    /// - Parameter name: the `errorName` of an answer.
    init(named name: String) {
        switch name {
        case "InvalidStateException": self = .invalidState
        case "InvalidCiphertextException": self = .invalidCiphertext
        case "InvalidKeyUsageException": self = .invalidKeyUsage
        case "AuthenticationFailedException": self = .authenticationFailed
        case "AccessDeniedException": self = .accessDenied
        case "KeyNotFoundException": self = .keyNotFound
        case "InvalidUriPathException": self = .invalidURIPath
        case "UnsupportedOperationException": self = .unsupportedOperation
        case "DependencyTimeoutException": self = .dependencyTimeout
        case "ThrottlingException": self = .throttled
        case "InternalException": self = .internalError
        default: self = .notUnderstood
        }
    }

    var message: String {
        switch self {
        case .invalidState:
            "The external key associated with this KMS key in an external key store is not enabled in the external key "
                + "manager. Enable the external key in the external key manager and retry the request."
        case .invalidCiphertext:
            "The external key store proxy rejected the request because the specified ciphertext or encryption context is "
                + "corrupted, missing, or otherwise invalid."
        case .invalidKeyUsage:
            "The external key associated with this KMS key in an external key store does not support the requested "
                + "operation. Enable the operation on the key in your external key manager, and try the request again."
        case .authenticationFailed:
            "The external key store proxy rejected the request because it could not authenticate AWS KMS. Verify the XKS "
                + "proxy authentication credentials for your external key store and update if necessary."
        case .accessDenied:
            "The external key store proxy denied access to the operation. Verify that the user and the external key are "
                + "both authorized for this operation, and try the request again."
        case .keyNotFound:
            "The external key associated with this KMS key in an external key store was not found in its external key "
                + "manager. If the external key ID associated with this KMS key is incorrect, create a new KMS key with "
                + "the correct external key ID."
        case .invalidURIPath:
            "The external key store proxy rejected the request because of an invalid URI path. Verify the URI path for "
                + "your external key store and update if necessary."
        case .unsupportedOperation:
            "The external key store proxy rejected the request because it does not support the requested operation. If "
                + "you see this error repeatedly, report it to your external key store proxy administrator."
        case .dependencyTimeout:
            "The external key store proxy did not respond to the request in the time allotted. Retry the request. If you "
                + "see this error repeatedly, report it to your external key store proxy administrator."
        case .throttled:
            "The external key store proxy rejected the request due to a very high request rate. Reduce the frequency of "
                + "your calls using KMS keys in this external key store."
        case .internalError:
            "The external key store proxy rejected the request because it cannot communicate with the external key "
                + "manager. Verify that the external key store proxy configuration is correct and that the external key "
                + "manager is available."
        case .unreachable:
            "AWS KMS cannot communicate with the external key store proxy. This might be a transient network issue. If you "
                + "see this error repeatedly, verify that your external key store proxy is active and is connected to the "
                + "network, and that its endpoint URI is correct in your external key store."
        case .invalidTLS:
            "AWS KMS cannot establish a TLS connection to the external key store proxy. Verify the TLS configuration, "
                + "including its certificate."
        case .tooSlow:
            "AWS KMS rejected the request because the external key store proxy did not respond in time. Retry the request. "
                + "If you see this error repeatedly, report it to your external key store proxy administrator."
        case .notUnderstood:
            "AWS KMS cannot interpret the response from the external key store proxy. If you see this error repeatedly, "
                + "report it to your external key store proxy administrator."
        case .wrongPlaintext:
            "The ciphertext that the external key store proxy submitted for decryption, or the encryption context, is "
                + "corrupted, missing, or otherwise invalid."
        case .noKeyManager:
            "The external key store proxy reports that all external key manager instances are unavailable. Verify that "
                + "the external key manager is available, and try the request again."
        }
    }

    /// For CreateCustomKeyStore and UpdateCustomKeyStore.
    var asKeyStoreError: ServiceError {
        switch self {
        case .authenticationFailed: .kms(.xksProxyIncorrectAuthenticationCredentialException, message)
        case .invalidURIPath, .accessDenied: .kms(.xksProxyInvalidConfigurationException, message)
        case .dependencyTimeout, .throttled, .unreachable, .invalidTLS, .tooSlow, .noKeyManager:
            .kms(.xksProxyUriUnreachableException, message)
        default: .kms(.xksProxyInvalidResponseException, message)
        }
    }

    /// For CreateKey.
    var asNewKeyError: ServiceError {
        switch self {
        case .invalidState, .invalidKeyUsage: .kms(.xksKeyInvalidConfigurationException, message)
        case .keyNotFound: .kms(.xksKeyNotFoundException, message)
        case .accessDenied: .invalidState(message)
        default: .invalidKeyStoreState(message)
        }
    }

    /// For everything that is done with a key.
    var asUseError: ServiceError { .invalidState(message) }

    /// For ConnectCustomKeyStore.
    var asConnectionErrorCode: CustomKeyStore.ConnectionErrorCode {
        switch self {
        case .authenticationFailed: .invalidCredentials
        case .accessDenied: .proxyAccessDenied
        case .invalidURIPath: .proxyInvalidConfiguration
        case .dependencyTimeout, .tooSlow: .proxyTimedOut
        case .unreachable, .internalError, .noKeyManager, .throttled: .proxyNotReachable
        case .invalidTLS: .proxyInvalidTLS
        default: .proxyInvalidResponse
        }
    }
}
