import Ledger

/// A custom key store: keys in it depend on something outside of KMS, a hardware token or another party's key manager.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html>
///
/// The journal keeps no former version of it: a credential that was replaced is gone.
struct CustomKeyStore: Record {
    static let kind = "AWS::KMS::CustomKeyStore"
    static let keepsHistory = false
    static let journalsBefore = false

    /// `cks-` and 17 hexadecimal digits.
    let id: String
    var name: String
    /// Seconds since 1970.
    let creationDate: Double
    var state = ConnectionState.disconnected
    /// Why it could not be connected; nil unless ``state`` says so.
    var errorCode: ConnectionErrorCode?
    let type: StoreType
    /// Of a store of type AWS_CLOUDHSM.
    var cluster: Cluster?
    /// Of a store of type EXTERNAL_KEY_STORE.
    var proxy: Proxy?

    /// The names are AWS's.
    enum ConnectionState: String, Sendable, Codable, CaseIterable {
        case connected = "CONNECTED"
        case connecting = "CONNECTING"
        case failed = "FAILED"
        case disconnected = "DISCONNECTED"
        case disconnecting = "DISCONNECTING"
    }

    /// Those of AWS's codes that can come about here.
    enum ConnectionErrorCode: String, Sendable, Codable {
        case invalidCredentials = "INVALID_CREDENTIALS"
        case clusterNotFound = "CLUSTER_NOT_FOUND"
        case internalError = "INTERNAL_ERROR"
        case insufficientModules = "INSUFFICIENT_CLOUDHSM_HSMS"
        case userLockedOut = "USER_LOCKED_OUT"
        case proxyAccessDenied = "XKS_PROXY_ACCESS_DENIED"
        case proxyNotReachable = "XKS_PROXY_NOT_REACHABLE"
        case proxyInvalidResponse = "XKS_PROXY_INVALID_RESPONSE"
        case proxyInvalidConfiguration = "XKS_PROXY_INVALID_CONFIGURATION"
        case proxyTimedOut = "XKS_PROXY_TIMED_OUT"
        case proxyInvalidTLS = "XKS_PROXY_INVALID_TLS_CONFIGURATION"
    }

    enum StoreType: String, Sendable, Codable {
        case cloudHSM = "AWS_CLOUDHSM"
        case external = "EXTERNAL_KEY_STORE"
    }

    /// What stands for the hardware token.
    struct Cluster: Sendable, Codable {
        var id: String
        let trustAnchor: String
        var password: Secret
    }

    /// Where another party's keys are asked for.
    struct Proxy: Sendable, Codable {
        enum Connectivity: String, Sendable, Codable {
            case publicEndpoint = "PUBLIC_ENDPOINT"
            case endpointService = "VPC_ENDPOINT_SERVICE"
        }

        var connectivity: Connectivity
        /// `https://…`
        var endpoint: String
        /// `/…/kms/xks/v1`
        var path: String
        var accessKeyID: String
        var secretAccessKey: Secret
        var serviceName: String?
        var serviceOwner: String?
    }
}

/// A text that no description shows.
struct Secret: Sendable, Codable, CustomStringConvertible, CustomReflectable {
    let text: String

    init(_ text: String) { self.text = text }

    init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    var description: String { "Secret" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
