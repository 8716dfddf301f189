public import Ledger

/// The kinds of records that belong to no service.
public enum SharedRecords {
    public static let all: [any Record.Type] = [
        ClaimedName.self, Mail.self, FollowerCursor.self, UsageCheckpoint.self,
    ]
}
