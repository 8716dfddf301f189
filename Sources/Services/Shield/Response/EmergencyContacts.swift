import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

// Who is to be told of attacks, and whether AWS's team calls of itself. Nobody does here: it is kept as it is set.
// <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-srt-proactive-engagement.html>

extension ShieldAdvanced.DescribeEmergencyContactSettings: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        Output(emergencyContactList: try records.subscription(call).contacts.map { $0.view })
    }
}

extension ShieldAdvanced.UpdateEmergencyContactSettings: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        let contacts = (input.emergencyContactList ?? []).map { StoredSubscription.Contact($0) }
        if subscription.proactiveEngagement == "ENABLED" { try checkHasPhone(contacts) }
        subscription.contacts = contacts
        try records.put(subscription)
        return Output()
    }
}

extension ShieldAdvanced.AssociateProactiveEngagementDetails: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        let contacts = input.emergencyContactList.map { StoredSubscription.Contact($0) }
        try checkHasPhone(contacts)
        guard subscription.proactiveEngagement == nil else {
            throw .shieldOperation(
                "Proactive engagement details are already associated with the subscription. "
                    + "Please use Enable/DisableProactiveEngagement APIs to update it's status")
        }
        subscription.contacts = contacts
        // AWS's team would look at it before it is enabled.
        subscription.proactiveEngagement = "PENDING"
        try records.put(subscription)
        return Output()
    }
}

extension ShieldAdvanced.EnableProactiveEngagement: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        guard subscription.proactiveEngagement != nil else { throw .noEngagement }
        try checkHasPhone(subscription.contacts)
        subscription.proactiveEngagement = "ENABLED"
        try records.put(subscription)
        return Output()
    }
}

extension ShieldAdvanced.DisableProactiveEngagement: WriteOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subscription = try records.subscription(call)
        guard subscription.proactiveEngagement != nil else { throw .noEngagement }
        subscription.proactiveEngagement = "DISABLED"
        try records.put(subscription)
        return Output()
    }
}

extension ServiceError {
    fileprivate static var noEngagement: ServiceError {
        .shieldOperation("Proactive engagement details are not associated with the subscription.")
    }
}

/// - Throws: InvalidParameterException for contacts whom nobody could call.
private func checkHasPhone(_ contacts: [StoredSubscription.Contact]) throws(ServiceError) {
    guard contacts.contains(where: { $0.phone != nil }) else {
        throw .invalidParameter(
            "EmergencyContactList", "You must provide at least one phone number in the emergency contact list.")
    }
}

extension StoredSubscription.Contact {
    fileprivate init(_ view: ShieldAdvanced.EmergencyContact) {
        email = view.emailAddress
        phone = view.phoneNumber
        notes = view.contactNotes
    }

    fileprivate var view: ShieldAdvanced.EmergencyContact {
        ShieldAdvanced.EmergencyContact {
            $0.emailAddress = email
            $0.phoneNumber = phone
            $0.contactNotes = notes
        }
    }
}
