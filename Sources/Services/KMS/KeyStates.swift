import Platform
import Wire

/// The states of a key that an operation refuses.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
struct RefusedStates: Sendable {
    private let states: Set<Key.State>
    /// Whether only what is pending deletion is not refused.
    private var needsPendingDeletion = false

    private init(_ states: Set<Key.State>) { self.states = states }

    static let none = RefusedStates([])
    /// Using the key.
    static let unusable = RefusedStates([
        .disabled, .pendingDeletion, .pendingReplicaDeletion, .pendingImport, .unavailable, .creating,
    ])
    /// Granting its use.
    static let notGrantable = RefusedStates([
        .disabled, .pendingDeletion, .pendingReplicaDeletion, .pendingImport, .creating,
    ])
    /// Making replicas of it.
    static let notReplicable = RefusedStates([
        .disabled, .pendingDeletion, .pendingReplicaDeletion, .pendingImport, .unavailable, .creating, .updating,
    ])
    /// Making another key the primary one.
    static let notPromotable = RefusedStates([
        .disabled, .pendingDeletion, .pendingReplicaDeletion, .pendingImport, .unavailable, .creating,
    ])
    /// Switching it on and off.
    static let notSwitchable = RefusedStates([
        .pendingDeletion, .pendingReplicaDeletion, .pendingImport, .creating, .updating,
    ])
    /// Rotating it, or saying when.
    static let notRotatable = RefusedStates([
        .disabled, .pendingDeletion, .pendingReplicaDeletion, .pendingImport, .unavailable, .creating,
    ])
    static let pendingDeletion = RefusedStates([.pendingDeletion, .pendingReplicaDeletion])
    static let notSchedulable = RefusedStates([.pendingDeletion, .pendingReplicaDeletion, .updating])
    static let notDeletableMaterial = RefusedStates([.creating, .updating])
    static let notImportable = RefusedStates([.pendingDeletion, .pendingReplicaDeletion, .creating])
    static let noParametersForImport = RefusedStates([
        .pendingDeletion, .pendingReplicaDeletion, .creating, .updating,
    ])
    /// Everything but what is pending deletion.
    static let notPendingDeletion: RefusedStates = {
        var refused = RefusedStates(Set(Key.State.allCases).subtracting([.pendingDeletion, .pendingReplicaDeletion]))
        refused.needsPendingDeletion = true
        return refused
    }()

    /// - Throws: DisabledException, KMSInvalidStateException.
    func check(_ key: Key, _ call: Call) throws(ServiceError) {
        let state = call.state(of: key)
        guard states.contains(state) else { return }
        if needsPendingDeletion { throw .invalidState("\(key.arn) is not pending deletion.") }
        if state == .unavailable, key.origin == .externalKeyStore {
            throw .invalidState(
                "This KMS key is in a custom key store that is not connected to its external key store proxy. Connect the "
                    + "external key store and try the request again.")
        }
        throw state.refusal(of: key.arn)
    }
}

extension Key.State {
    fileprivate func refusal(of arn: String) -> ServiceError {
        switch self {
        case .disabled: .kms(.disabledException, "\(arn) is disabled.")
        case .pendingDeletion: .invalidState("\(arn) is pending deletion.")
        case .pendingReplicaDeletion: .invalidState("\(arn) is pending replica deletion.")
        case .pendingImport: .invalidState("\(arn) is pending import.")
        case .unavailable: .invalidState("\(arn) is unavailable.")
        case .creating: .invalidState("\(arn) is creating.")
        case .updating: .invalidState("\(arn) is updating.")
        case .enabled: .invalidState("\(arn) is enabled.")
        }
    }
}
