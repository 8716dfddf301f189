import HardwareToken
import KMSAPI
import KeyMaterial
import Platform
import Wire

// Connecting custom key stores and disconnecting them, and the keys in them.
// <https://docs.aws.amazon.com/kms/latest/developerguide/connect-keystore.html>

extension KMS.ConnectCustomKeyStore: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onKeyStore: input.customKeyStoreId)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var store = try records.keyStore(input.customKeyStoreId)
        try store.check(isIn: [.connected, .connecting, .disconnected])
        guard store.state == .disconnected else { return Output() }
        store.state = .connecting
        store.errorCode = nil
        try records.put(store)
        try records.schedule(ConnectKeyStore(), id: store.id, at: call.time)
        return Output()
    }
}

extension KMS.DisconnectCustomKeyStore: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onKeyStore: input.customKeyStoreId)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var store = try records.keyStore(input.customKeyStoreId)
        try store.check(isIn: [.connected, .connecting, .failed])
        store.state = .disconnecting
        store.errorCode = nil
        try records.put(store)
        try records.cancel(ConnectKeyStore.self, id: store.id)
        try records.schedule(DisconnectKeyStore(), id: store.id, at: call.time)
        return Output()
    }
}

/// Connects the key store of its id, or finds out why that can't be done.
struct ConnectKeyStore: Job {
    static let kind = "KMS::ConnectKeyStore"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        let store = try await context.environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(CustomKeyStore.self, id)
        }
        guard let store, store.state == .connecting else { return }
        let errorCode = try await problem(store, context)
        try await context.finish { (records) throws(ServiceError) in
            guard var store = try records.get(CustomKeyStore.self, id), store.state == .connecting else { return }
            store.state = errorCode == nil ? .connected : .failed
            store.errorCode = errorCode
            try records.put(store)
        }
    }

    private func problem(
        _ store: CustomKeyStore, _ context: JobContext
    ) async throws(ServiceError) -> CustomKeyStore.ConnectionErrorCode? {
        let environment = context.environment
        if let cluster = store.cluster {
            guard let token = environment.token else { return .clusterNotFound }
            guard token.isPIN(cluster.password.text) else { return .invalidCredentials }
            let result = try await SlowWork.token.run { () throws(HardwareTokenError) in try token.makeKey() }
            guard case .failure(let error) = result else { return nil }
            return switch error.kind {
            case .absent: .insufficientModules
            case .pin: .invalidCredentials
            case .locked: .userLockedOut
            default: .internalError
            }
        }
        guard let proxy = store.proxy else { return .internalError }
        let now = environment.now()
        let metadata = ExternalKeyProxy.Metadata(
            kmsOperation: "ConnectCustomKeyStore", kmsRequestId: RequestIDs.make(time: now))
        do throws(ProxyFailure) {
            try await ExternalKeyProxy(
                proxy, region: context.scope.region, environment, time: now - environment.clock.moved
            ).checkHealth(metadata)
            return nil
        } catch {
            return error.asConnectionErrorCode
        }
    }
}

/// Ends the disconnecting of the key store of its id. Nothing is open that would have to be closed.
struct DisconnectKeyStore: Job {
    static let kind = "KMS::DisconnectKeyStore"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        try await context.finish { (records) throws(ServiceError) in
            guard var store = try records.get(CustomKeyStore.self, id), store.state == .disconnecting else { return }
            store.state = .disconnected
            try records.put(store)
        }
    }
}

// MARK: - Keys in them

extension Call {
    /// Material for a key that is to be in a key store, once what the store stands for has agreed.
    /// - Throws: CustomKeyStoreNotFoundException, CustomKeyStoreInvalidStateException and what a proxy has against the
    ///   external key.
    func materialInKeyStore(of key: Key) async throws(ServiceError) -> NewMaterial {
        guard let id = key.keyStoreID else { throw .internalFailure }
        let store = try connectedKeyStore(id)
        guard store.type.origin == key.origin else {
            throw .invalid(
                "A KMS key in the custom key store \(id) must have the origin \(store.type.origin.rawValue).")
        }
        var new = NewMaterial(material: try await .making(key.spec))
        if let proxy = store.proxy, let externalID = key.externalKeyID {
            do throws(ProxyFailure) {
                try await asking(proxy).checkKey(externalID, proxyMetadata(nil))
            } catch {
                throw error.asNewKeyError
            }
            return new
        }
        guard let token = environment.token else { throw .invalidKeyStoreState(ServiceError.hasNoToken) }
        let material = new.material
        let secret = try using { () throws(KeyMaterialError) in try material.stored() }
        let context = key.tokenContext(try material.materialID(of: key))
        let sealed = try await SlowWork.token.run { () throws(HardwareTokenError) in
            try token.seal(secret, authenticating: context)
        }
        do throws(HardwareTokenError) { new.sealed = try sealed.get() } catch {
            throw .invalidKeyStoreState("KMS cannot communicate with your CloudHSM cluster: \(error.message)")
        }
        return new
    }
}

extension CustomKeyStore.StoreType {
    fileprivate var origin: Key.Origin {
        switch self {
        case .cloudHSM: .cloudHSM
        case .external: .externalKeyStore
        }
    }
}

extension MutableRecords {
    /// Makes sure that a new key's store is still there, and its external key is no other key's.
    func checkKeyStore(of key: Key, _ call: Call) throws(ServiceError) {
        guard let id = key.keyStoreID else { return }
        try keyStore(id).checkConnected()
        guard let externalID = key.externalKeyID else { return }
        guard try referrerCount(Key.ofExternalKey, to: Key.externalKey(externalID, in: id)) == 0 else {
            throw .kms(
                .xksKeyAlreadyInUseException,
                "The external key \(externalID) is already associated with another KMS key in the custom key store \(id)."
            )
        }
    }
}
