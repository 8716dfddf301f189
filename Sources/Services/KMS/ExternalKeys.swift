import KMSAPI
import KeyMaterial
import Ledger
import Platform
import Wire

// What is done with the keys of external key stores.

extension Quota {
    /// How long the proxy of an external key store may take for an answer, its connection included, in milliseconds.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/keystore-external.html>
    static let externalKeyStorePatience = Quota("KMSExternalKeyStoreTimeout", 250)
}

extension ExternalKeyProxy {
    init(_ proxy: CustomKeyStore.Proxy, region: String, _ environment: Environment, time: Double) {
        self.init(
            proxy: proxy, region: region, servers: environment.outsideServers,
            patience: .milliseconds(environment.quotas[.externalKeyStorePatience]), time: time)
    }
}

extension Call {
    /// The way to a proxy.
    func asking(_ proxy: CustomKeyStore.Proxy) -> ExternalKeyProxy {
        ExternalKeyProxy(proxy, region: region, environment, time: clientTime)
    }

    /// What a proxy is told about a call.
    /// - Parameter key: nil: the key is yet to be made.
    func proxyMetadata(_ key: Key?) -> ExternalKeyProxy.Metadata {
        var metadata = ExternalKeyProxy.Metadata(kmsOperation: operation, kmsRequestId: requestID)
        metadata.awsPrincipalArn = caller.servicePrincipal?.name ?? caller.principalARN
        metadata.kmsKeyArn = key?.arn
        metadata.kmsViaService = source.calledVia.last?.split(separator: ".").first.map(String.init)
        return metadata
    }

    /// The proxy and the external key behind a KMS key.
    /// - Throws: KMSInvalidStateException when the key's store isn't connected.
    private func externalKey(of key: Key) throws(ServiceError) -> (proxy: CustomKeyStore.Proxy, id: String) {
        guard let store = keyStore(of: key), let proxy = store.proxy, let id = key.externalKeyID else {
            throw .internalFailure
        }
        return (proxy, id)
    }

    /// Has the external key encrypt what KMS has encrypted.
    func sealedExternally(_ blob: [UInt8], with key: Key) async throws(ServiceError) -> [UInt8] {
        let (proxy, id) = try externalKey(of: key)
        let header = ExternalCiphertext.header(key.authenticatedARN)
        do throws(ProxyFailure) {
            let sealed = try await asking(proxy).encrypt(blob, with: id, authenticating: header, proxyMetadata(key))
            return ExternalCiphertext(keyARN: key.authenticatedARN, sealed).blob
        } catch {
            throw error.asUseError
        }
    }

    /// Has the external key decrypt, so that KMS can.
    func openedExternally(_ ciphertext: ExternalCiphertext, with key: Key) async throws(ServiceError) -> Ciphertext {
        let (proxy, id) = try externalKey(of: key)
        do throws(ProxyFailure) {
            let blob = try await asking(proxy).decrypt(
                ciphertext.sealed, with: id, authenticating: ExternalCiphertext.header(ciphertext.keyARN),
                proxyMetadata(key))
            guard let inner = try? Ciphertext(blob), inner.keyARN == ciphertext.keyARN else { throw .wrongPlaintext }
            return inner
        } catch {
            throw error.asUseError
        }
    }
}
