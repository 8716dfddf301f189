import HardwareToken
import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire
import X509

// Custom key stores: making them, what is told about them, changing and deleting them.
// <https://docs.aws.amazon.com/kms/latest/developerguide/key-store-overview.html>

extension Quota {
    /// Of an account and Region.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>
    static let customKeyStores = Quota("KMSCustomKeyStores", 10)
}

/// What events tell of the key store that a call is about.
struct KeyStoreTarget: Sendable {
    let store: CustomKeyStore

    var eventMembers: [(name: String, value: String)] {
        [("customKeyStoreName", store.name)] + (store.cluster.map { [("clusterId", $0.id)] } ?? [])
    }
}

/// What never reaches CloudTrail: what AWS leaves out, and secrets.
private let secretsOfKeyStores: Set<String> = [
    "KeyStorePassword", "TrustAnchorCertificate", "XksProxyAuthenticationCredential",
]

extension Call {
    /// The permission for an operation on a key store: IAM policies decide, and no resource is named.
    func access(onKeyStore id: String) -> Authorization {
        var access = Access("kms:\(operation)", on: "*")
        access.context["kms:calleraccount"] = .one(accountID)
        access.learnt = keyStore(id).map(KeyStoreTarget.init)
        return .required(access)
    }

    /// The key store of an id.
    /// - Throws: CustomKeyStoreNotFoundException; CustomKeyStoreInvalidStateException when it is not connected.
    func connectedKeyStore(_ id: String) throws(ServiceError) -> CustomKeyStore {
        guard let store = keyStore(id) else { throw .noSuchKeyStore(id) }
        try store.checkConnected()
        return store
    }
}

extension CustomKeyStore {
    func checkConnected() throws(ServiceError) {
        guard state != .connected else { return }
        throw .invalidKeyStoreState(
            "The custom key store \(id) is \(state.rawValue). Connect it, and try the request again.")
    }

    func check(isIn states: Set<ConnectionState>) throws(ServiceError) {
        guard !states.contains(state) else { return }
        throw .invalidKeyStoreState(
            "The connection state \(state.rawValue) of the custom key store \(id) is not valid for this operation.")
    }
}

extension RecordReading {
    /// - Throws: CustomKeyStoreNotFoundException.
    func keyStore(_ id: String) throws(ServiceError) -> CustomKeyStore {
        guard let store = try get(CustomKeyStore.self, id) else { throw .noSuchKeyStore(id) }
        return store
    }

    /// Makes sure that a new or changed key store has for itself what no two of them may share.
    /// - Throws: CustomKeyStoreNameInUseException, CloudHsmClusterInUseException, XksProxyUriInUseException,
    ///   XksProxyUriEndpointInUseException, XksProxyVpcEndpointServiceInUseException.
    fileprivate func check(_ new: CustomKeyStore, beside others: [CustomKeyStore]) throws(ServiceError) {
        for other in others where other.id != new.id {
            guard other.name != new.name else {
                throw .kms(
                    .customKeyStoreNameInUseException, "A custom key store with the name \(new.name) already exists.")
            }
            if let cluster = new.cluster {
                guard other.cluster?.id != cluster.id else {
                    throw .kms(
                        .cloudHsmClusterInUseException,
                        "The CloudHSM cluster \(cluster.id) is already associated with the custom key store \(other.id)."
                    )
                }
            }
            if let proxy = new.proxy, let known = other.proxy { try proxy.check(beside: known, of: other.id) }
        }
    }
}

extension CustomKeyStore.Proxy {
    fileprivate func check(beside other: CustomKeyStore.Proxy, of id: String) throws(ServiceError) {
        let isSameEndpoint = endpoint.lowercased() == other.endpoint.lowercased()
        guard !isSameEndpoint || path != other.path else {
            throw .kms(
                .xksProxyUriInUseException,
                "The proxy URI \(endpoint)\(path) is already associated with the custom key store \(id).")
        }
        guard !isSameEndpoint || connectivity == .publicEndpoint && other.connectivity == .publicEndpoint else {
            throw .kms(
                .xksProxyUriEndpointInUseException,
                "The proxy URI endpoint \(endpoint) is already associated with the custom key store \(id).")
        }
        guard serviceName == nil || serviceName != other.serviceName else {
            throw .kms(
                .xksProxyVpcEndpointServiceInUseException,
                "The VPC endpoint service \(serviceName ?? "") is already associated with the custom key store \(id).")
        }
    }
}

// MARK: - Making one

extension KMS.CreateCustomKeyStore: PreparedWriteOperation {
    public static var secretMembers: Set<String> { secretsOfKeyStores }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var create = Access("kms:CreateCustomKeyStore", on: "*")
        create.context["kms:calleraccount"] = .one(call.accountID)
        guard input.customKeyStoreType != CustomKeyStore.StoreType.external.rawValue else { return .required(create) }
        var accesses = [create, Access("cloudhsm:DescribeClusters", on: "*")]
        if let role = call.needForKeyStoreRole { accesses.append(role) }
        return .required(accesses)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> NewKeyStore {
        let id = "cks-" + String(Identifiers.randomBytes(9).map(hexadecimal).joined().prefix(17))
        let typeName = input.customKeyStoreType ?? CustomKeyStore.StoreType.cloudHSM.rawValue
        guard let type = CustomKeyStore.StoreType(rawValue: typeName) else {
            throw .invalid("The custom key store type \(typeName) is none.")
        }
        var store = CustomKeyStore(
            id: id, name: input.customKeyStoreName, creationDate: call.time, type: type)
        switch type {
        case .cloudHSM:
            store.cluster = try cluster(input)
            try await call.checkToken()
        case .external:
            let proxy = try proxy(input)
            store.proxy = proxy
            if proxy.connectivity == .publicEndpoint { try await call.checkHealth(of: proxy) }
        }
        return NewKeyStore(store: store)
    }

    private static func cluster(_ input: Input) throws(ServiceError) -> CustomKeyStore.Cluster {
        guard input.hasNoProxy else {
            throw .invalid("Parameters of external key stores are not valid for the type AWS_CLOUDHSM.")
        }
        guard let id = input.cloudHsmClusterId, let anchor = input.trustAnchorCertificate,
            let password = input.keyStorePassword
        else {
            throw .invalid(
                "CloudHsmClusterId, TrustAnchorCertificate and KeyStorePassword are required for the type AWS_CLOUDHSM."
            )
        }
        // A token has no such certificate; it is kept and shown.
        guard (try? Certificate(pemEncoded: anchor)) != nil else {
            throw .kms(
                .incorrectTrustAnchorException,
                "The trust anchor certificate can't be read: it has to be a certificate in PEM form.")
        }
        return CustomKeyStore.Cluster(id: id, trustAnchor: anchor, password: Secret(password))
    }

    private static func proxy(_ input: Input) throws(ServiceError) -> CustomKeyStore.Proxy {
        guard input.cloudHsmClusterId == nil, input.trustAnchorCertificate == nil, input.keyStorePassword == nil else {
            throw .invalid("Parameters of CloudHSM key stores are not valid for the type EXTERNAL_KEY_STORE.")
        }
        guard let endpoint = input.xksProxyUriEndpoint, let path = input.xksProxyUriPath,
            let credential = input.xksProxyAuthenticationCredential,
            let connectivity = input.xksProxyConnectivity.flatMap(CustomKeyStore.Proxy.Connectivity.init(rawValue:))
        else {
            throw .invalid(
                "XksProxyUriEndpoint, XksProxyUriPath, XksProxyAuthenticationCredential and XksProxyConnectivity are "
                    + "required for the type EXTERNAL_KEY_STORE.")
        }
        let proxy = CustomKeyStore.Proxy(
            connectivity: connectivity, endpoint: endpoint, path: path, accessKeyID: credential.accessKeyId,
            secretAccessKey: Secret(credential.rawSecretAccessKey), serviceName: input.xksProxyVpcEndpointServiceName,
            serviceOwner: input.xksProxyVpcEndpointServiceOwner)
        try proxy.check()
        return proxy
    }

    public static func handle(
        _ input: Input, _ new: NewKeyStore, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let stores = try records.list(CustomKeyStore.self)
        try records.check(new.store, beside: stores)
        let quota = call.quotas[.customKeyStores]
        guard stores.count < quota else {
            throw .limitExceeded("The limit of \(quota) custom key stores for the account and Region has been reached.")
        }
        if new.store.cluster != nil {
            try records.ensureServiceLinkedRole(of: KeyStoreRole.service, at: call.time)
        }
        try records.put(new.store)
        return Output(customKeyStoreId: new.store.id)
    }
}

/// A key store that is being made.
public struct NewKeyStore: Sendable {
    let store: CustomKeyStore
}

/// The role by which KMS looks after the clusters of an account.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/authorize-kms.html>
private enum KeyStoreRole {
    static let service = "cks.kms.amazonaws.com"
    static let name = "AWSServiceRoleForKeyManagementServiceCustomKeyStores"
}

extension Call {
    /// The permission to have the service-linked role made; nil when it is there.
    fileprivate var needForKeyStoreRole: Access? {
        let arn = "arn:aws:iam::\(accountID):role/aws-service-role/\(KeyStoreRole.service)/\(KeyStoreRole.name)"
        guard directory.uniqueID(ofARN: arn) == nil else { return nil }
        return Access(
            "iam:CreateServiceLinkedRole", on: arn, context: ["iam:awsservicename": .one(KeyStoreRole.service)])
    }

    /// Makes sure that the token is there, which stands for every cluster.
    /// - Throws: CloudHsmClusterNotFoundException, CloudHsmClusterNotActiveException.
    fileprivate func checkToken() async throws(ServiceError) {
        guard let token = environment.token else {
            throw .kms(.cloudHsmClusterNotFoundException, ServiceError.hasNoToken)
        }
        let result = try await SlowWork.token.run { () throws(HardwareTokenError) in try token.check() }
        // The key is made when a key store is connected.
        if case .failure(let error) = result, error.kind != .noKey {
            throw .kms(.cloudHsmClusterNotActiveException, error.message)
        }
    }

    fileprivate func checkHealth(of proxy: CustomKeyStore.Proxy) async throws(ServiceError) {
        let metadata = ExternalKeyProxy.Metadata(kmsOperation: operation, kmsRequestId: requestID)
        do throws(ProxyFailure) { try await asking(proxy).checkHealth(metadata) } catch { throw error.asKeyStoreError }
    }
}

extension CustomKeyStore.Proxy {
    fileprivate func check() throws(ServiceError) {
        guard path.hasSuffix("/kms/xks/v1") else {
            throw .kms(
                .xksProxyInvalidConfigurationException,
                "The proxy URI path must end with /kms/xks/v1: this is the version of the proxy API that KMS has.")
        }
        switch connectivity {
        case .publicEndpoint:
            guard serviceName == nil else {
                throw .invalid(
                    "XksProxyVpcEndpointServiceName is valid only with the connectivity VPC_ENDPOINT_SERVICE.")
            }
        case .endpointService:
            guard serviceName != nil else {
                throw .invalid(
                    "XksProxyVpcEndpointServiceName is required with the connectivity VPC_ENDPOINT_SERVICE.")
            }
        }
    }
}

extension View
where
    Members: KMS.MayHaveXksProxyUriEndpoint, Members: KMS.MayHaveXksProxyUriPath,
    Members: KMS.MayHaveXksProxyAuthenticationCredential, Members: KMS.MayHaveXksProxyConnectivity,
    Members: KMS.MayHaveXksProxyVpcEndpointServiceName, Members: KMS.MayHaveXksProxyVpcEndpointServiceOwner
{
    /// Whether nothing is said of a proxy.
    fileprivate var hasNoProxy: Bool {
        xksProxyUriEndpoint == nil && xksProxyUriPath == nil && xksProxyAuthenticationCredential == nil
            && xksProxyConnectivity == nil && xksProxyVpcEndpointServiceName == nil
            && xksProxyVpcEndpointServiceOwner == nil
    }
}

// MARK: - What is told about them

/// What is told is what the use of keys is decided by: both come from the index.
extension KMS.DescribeCustomKeyStores: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutKey() }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard input.customKeyStoreId == nil || input.customKeyStoreName == nil else {
            throw .invalid("Specify CustomKeyStoreId or CustomKeyStoreName, not both.")
        }
        var stores = call.environment.projection(KeyStoreIndex.self).stores(in: call.scope)
        if let id = input.customKeyStoreId { stores.removeAll { $0.id != id } }
        if let name = input.customKeyStoreName { stores.removeAll { $0.name != name } }
        if let wanted = input.customKeyStoreId ?? input.customKeyStoreName, stores.isEmpty {
            throw .noSuchKeyStore(wanted)
        }
        let page = page(stores, by: \.id, try Paging(kms: input, usual: 100))
        return Output(page.map { KMS.CustomKeyStoresListEntry($0) })
    }
}

extension KMS.CustomKeyStoresListEntry {
    fileprivate init(_ store: CustomKeyStore) {
        self.init()
        customKeyStoreId = store.id
        customKeyStoreName = store.name
        cloudHsmClusterId = store.cluster?.id
        trustAnchorCertificate = store.cluster?.trustAnchor
        connectionState = store.state.rawValue
        connectionErrorCode = store.state == .failed ? store.errorCode?.rawValue : nil
        creationDate = Timestamp(secondsSinceEpoch: store.creationDate)
        customKeyStoreType = store.type.rawValue
        xksProxyConfiguration = store.proxy.map { proxy in
            KMS.XksProxyConfigurationType {
                $0.connectivity = proxy.connectivity.rawValue
                $0.accessKeyId = proxy.accessKeyID
                $0.uriEndpoint = proxy.endpoint
                $0.uriPath = proxy.path
                $0.vpcEndpointServiceName = proxy.serviceName
                $0.vpcEndpointServiceOwner = proxy.serviceOwner
            }
        }
    }
}

// MARK: - Changing and deleting them

extension KMS.UpdateCustomKeyStore: PreparedWriteOperation {
    public static var secretMembers: Set<String> { secretsOfKeyStores }

    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onKeyStore: input.customKeyStoreId)
    }

    /// Asks a proxy under the settings that it is to have: which those are, the transaction finds out again.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        guard let store = call.keyStore(input.customKeyStoreId) else { throw .noSuchKeyStore(input.customKeyStoreId) }
        let new = try changed(store, input)
        if let cluster = new.cluster, cluster.id != store.cluster?.id { try await call.checkToken() }
        guard let proxy = new.proxy, !input.hasNoProxy else { return }
        // One behind an endpoint service is asked when it is connected.
        if proxy.connectivity == .publicEndpoint || store.state == .connected { try await call.checkHealth(of: proxy) }
    }

    /// A key store as the request wants it.
    private static func changed(_ store: CustomKeyStore, _ input: Input) throws(ServiceError) -> CustomKeyStore {
        var isSmall = input.cloudHsmClusterId == nil && input.keyStorePassword == nil
        var new = store
        if let name = input.newCustomKeyStoreName { new.name = name }
        switch store.type {
        case .cloudHSM:
            guard input.hasNoProxy else {
                throw .invalid("Parameters of external key stores are not valid for the type AWS_CLOUDHSM.")
            }
            if let id = input.cloudHsmClusterId { new.cluster?.id = id }
            if let password = input.keyStorePassword { new.cluster?.password = Secret(password) }
        case .external:
            guard isSmall else {
                throw .invalid("Parameters of CloudHSM key stores are not valid for the type EXTERNAL_KEY_STORE.")
            }
            // These can be changed while the store is in use: a credential is rotated so.
            isSmall =
                input.xksProxyUriEndpoint == nil && input.xksProxyConnectivity == nil
                && input.xksProxyVpcEndpointServiceName == nil && input.xksProxyVpcEndpointServiceOwner == nil
            new.proxy = try store.proxy.map { proxy throws(ServiceError) in try changed(proxy, input) }
        }
        try store.check(isIn: isSmall ? [.connected, .disconnected] : [.disconnected])
        return new
    }

    private static func changed(
        _ proxy: CustomKeyStore.Proxy, _ input: Input
    ) throws(ServiceError) -> CustomKeyStore.Proxy {
        var new = proxy
        if let endpoint = input.xksProxyUriEndpoint { new.endpoint = endpoint }
        if let path = input.xksProxyUriPath { new.path = path }
        if let credential = input.xksProxyAuthenticationCredential {
            new.accessKeyID = credential.accessKeyId
            new.secretAccessKey = Secret(credential.rawSecretAccessKey)
        }
        if let name = input.xksProxyVpcEndpointServiceName { new.serviceName = name }
        if let owner = input.xksProxyVpcEndpointServiceOwner { new.serviceOwner = owner }
        if let connectivity = input.xksProxyConnectivity.flatMap(CustomKeyStore.Proxy.Connectivity.init(rawValue:)),
            connectivity != proxy.connectivity
        {
            guard input.xksProxyUriEndpoint != nil else {
                throw .invalid("XksProxyUriEndpoint must be changed together with XksProxyConnectivity.")
            }
            new.connectivity = connectivity
            if connectivity == .publicEndpoint {
                new.serviceName = input.xksProxyVpcEndpointServiceName
                new.serviceOwner = input.xksProxyVpcEndpointServiceOwner
            }
        }
        try new.check()
        return new
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let new = try changed(try records.keyStore(input.customKeyStoreId), input)
        try records.check(new, beside: try records.list(CustomKeyStore.self))
        try records.put(new)
        return Output()
    }
}

extension KMS.DeleteCustomKeyStore: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onKeyStore: input.customKeyStoreId)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let store = try records.keyStore(input.customKeyStoreId)
        guard try records.referrerCount(Key.inKeyStore, to: store.id) == 0 else {
            throw .kms(
                .customKeyStoreHasCMKsException,
                "The custom key store \(store.id) contains KMS keys. Schedule their deletion, and delete it when they are "
                    + "gone.")
        }
        try store.check(isIn: [.disconnected])
        try records.delete(store)
        return Output()
    }
}
