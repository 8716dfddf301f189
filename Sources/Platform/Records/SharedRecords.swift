public import Ledger

/// The kinds of records that belong to no service.
public enum SharedRecords {
    /// The types of the records.
    public static let all: [any Record.Type] = [
        ClaimedName.self, Mail.self, FollowerCursor.self, UsageCheckpoint.self, BodyStoreMark.self, SignedOut.self,
        ListenedBus.self, InstanceSession.self, InstanceIdentityKey.self,
    ]
}
