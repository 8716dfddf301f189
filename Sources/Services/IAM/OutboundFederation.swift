import Directory
import FoundationEssentials
import IAMAPI
import OIDC
import Platform
import Wire

// Outbound identity federation: tokens with which an account's principals prove themselves elsewhere.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html>

extension IAM.EnableOutboundWebIdentityFederation: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    /// The keys, unless the account has had some before.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String {
        guard call.directory.outboundFederation(ofAccount: call.accountID) == nil else { return "" }
        do { return try await KeyMaking.run { try TokenIssuer.makeKeys() } } catch { throw .internalFailure }
    }

    public static func handle(
        _ input: Input, _ keys: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var federation: OutboundFederation
        if let known = try records.get(OutboundFederation.self, OutboundFederation.onlyID) {
            guard !known.isEnabled else {
                throw IAM.Failure.featureEnabled(
                    "Outbound web identity federation is already enabled for your account.")
            }
            federation = known
            federation.isEnabled = true
        } else {
            guard !keys.isEmpty else { throw .internalFailure }
            federation = OutboundFederation(
                accountID: call.accountID, issuerID: UUID().uuidString.lowercased(), createDate: call.time, keys: keys)
        }
        try records.put(federation)
        return Output(issuerIdentifier: call.environment.publicAddress.issuer(id: federation.issuerID))
    }
}

extension RecordReading {
    /// - Throws: FeatureDisabled.
    fileprivate func enabledFederation() throws(ServiceError) -> OutboundFederation {
        guard let federation = try get(OutboundFederation.self, OutboundFederation.onlyID), federation.isEnabled else {
            throw IAM.Failure.featureDisabled("Outbound web identity federation is disabled for your account.")
        }
        return federation
    }
}

extension IAM.DisableOutboundWebIdentityFederation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var federation = try records.enabledFederation()
        federation.isEnabled = false
        try records.put(federation)
        return Output()
    }
}

extension IAM.GetOutboundWebIdentityFederationInfo: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.access(on: "*") }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let federation = try records.enabledFederation()
        return Output(
            issuerIdentifier: call.environment.publicAddress.issuer(id: federation.issuerID),
            jwtVendingEnabled: federation.isEnabled)
    }
}
