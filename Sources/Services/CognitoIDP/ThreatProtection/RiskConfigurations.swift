import CognitoIDPAPI
import Ledger
import Platform
import Policy
import Wire

// What threat protection does, as a pool or one of its app clients is told; whoever signs users in acts by it.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html>

extension ServiceModule {
    static let protectionSettings: [any Platform.Operation.Type] = [
        CognitoIDP.SetRiskConfiguration.self, CognitoIDP.DescribeRiskConfiguration.self,
        CognitoIDP.SetLogDeliveryConfiguration.self, CognitoIDP.GetLogDeliveryConfiguration.self,
    ]
}

/// The risk configuration of a pool, or of one of its app clients.
struct RiskConfiguration: PoolPart {
    static let kind = "AWS::Cognito::UserPoolRiskConfigurationAttachment"
    static let ofPool = "risk-configuration-of-pool"

    let poolID: String
    /// nil: of all clients that have none of their own.
    let clientID: String?
    /// The members of `RiskConfigurationType`, as JSON, without ids and date.
    var settings: String
    /// Seconds since 1970.
    var modified: Double

    var id: String { Self.id(clientID, of: poolID) }

    static func id(_ clientID: String?, of poolID: String) -> String {
        clientID.map { "\(poolID)/\($0)" } ?? poolID
    }

    /// As it is in answers.
    func view() throws(ServiceError) -> CognitoIDP.RiskConfigurationType {
        let shape = CognitoIDP.RiskConfigurationType.shape
        var view = CognitoIDP.RiskConfigurationType(try Structure(json: settings, of: shape))
        view.userPoolId = poolID
        view.clientId = clientID
        view.lastModifiedDate = Timestamp(secondsSinceEpoch: modified)
        return view
    }
}

extension RecordReading {
    /// The risk configuration that holds for a client: its own, or its pool's; nil: none was set.
    func riskConfiguration(
        ofClient clientID: String?, _ poolID: String
    ) throws(ServiceError) -> RiskConfiguration? {
        if let clientID,
            let own = try get(RiskConfiguration.self, RiskConfiguration.id(clientID, of: poolID))
        {
            return own
        }
        return try get(RiskConfiguration.self, RiskConfiguration.id(nil, of: poolID))
    }

    /// - Throws: ResourceNotFoundException; UserPoolAddOnNotEnabledException for a pool without threat protection.
    fileprivate func checkRisks(of poolID: String, client clientID: String?) throws(ServiceError) {
        let settings = try userPool(poolID).readSettings()
        if let clientID { _ = try userPoolClient(clientID, of: poolID) }
        guard settings.userPoolAddOns.map({ $0.advancedSecurityMode != "OFF" }) ?? false else {
            throw .noThreatProtection(poolID)
        }
    }
}

extension CognitoIDP.SetRiskConfiguration: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.checkRisks(of: input.userPoolId, client: input.clientId)
        try check(input)
        let id = RiskConfiguration.id(input.clientId, of: input.userPoolId)
        var view = CognitoIDP.RiskConfigurationType()
        view.compromisedCredentialsRiskConfiguration = input.compromisedCredentialsRiskConfiguration?.completed
        view.accountTakeoverRiskConfiguration = input.accountTakeoverRiskConfiguration
        view.riskExceptionConfiguration = input.riskExceptionConfiguration
        let isEmpty = view.structure.isEmpty
        let configuration = RiskConfiguration(
            poolID: input.userPoolId, clientID: input.clientId, settings: view.structure.json, modified: call.time)
        if isEmpty {
            if let old = try records.get(RiskConfiguration.self, id) { try records.delete(old) }
        } else {
            try records.put(configuration)
        }
        return Output(riskConfiguration: try configuration.view())
    }

    /// - Throws: InvalidParameterException.
    private static func check(_ input: Input) throws(ServiceError) {
        let exceptions = input.riskExceptionConfiguration
        for range in (exceptions?.blockedIPRangeList ?? []) + (exceptions?.skippedIPRangeList ?? []) {
            guard range.contains("/"), AddressRange(Array(range.utf8).span) != nil else {
                throw .invalidParameter("Invalid IP address range: \(range)")
            }
        }
        guard let takeover = input.accountTakeoverRiskConfiguration else { return }
        let actions = [takeover.actions.lowAction, takeover.actions.mediumAction, takeover.actions.highAction]
        guard takeover.notifyConfiguration != nil || !actions.contains(where: { $0?.notify == true }) else {
            throw .invalidParameter("NotifyConfiguration is required when an action notifies users.")
        }
    }
}

extension CognitoIDP.CompromisedCredentialsRiskConfigurationType {
    /// With all events, where none are named.
    fileprivate var completed: CognitoIDP.CompromisedCredentialsRiskConfigurationType {
        var completed = self
        completed.eventFilter = eventFilter ?? ["SIGN_IN", "PASSWORD_CHANGE", "SIGN_UP"]
        return completed
    }
}

extension CognitoIDP.DescribeRiskConfiguration: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        try records.checkRisks(of: input.userPoolId, client: input.clientId)
        let id = RiskConfiguration.id(input.clientId, of: input.userPoolId)
        guard let configuration = try records.get(RiskConfiguration.self, id) else {
            return Output(
                riskConfiguration: CognitoIDP.RiskConfigurationType {
                    $0.userPoolId = input.userPoolId
                    $0.clientId = input.clientId
                })
        }
        return Output(riskConfiguration: try configuration.view())
    }
}
