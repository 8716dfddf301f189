public import Ledger

/// The fact that an account has opted in to a region, or out of it again. Without a record it has never opted in.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>
public struct RegionOptIn: Record {
    public static let kind = "AWS::Account::Region"

    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_Region.html>
    public enum Status: String, Sendable, CaseIterable {
        case enabled = "ENABLED"
        case enabledByDefault = "ENABLED_BY_DEFAULT"
        case enabling = "ENABLING"
        case disabling = "DISABLING"
        case disabled = "DISABLED"
    }

    /// The region's name.
    public let id: String
    public var isOptedIn: Bool
    /// When the account opted, seconds since 1970.
    public var since: Double

    /// How long a region takes to open or to close, in seconds. AWS takes minutes or hours.
    public static let transition = 5.0

    public init(id: String, isOptedIn: Bool, since: Double) {
        self.id = id
        self.isOptedIn = isOptedIn
        self.since = since
    }

    public func status(at time: Double) -> Status {
        let isOver = time >= since + Self.transition
        return switch (isOptedIn, isOver) {
        case (true, true): .enabled
        case (true, false): .enabling
        case (false, true): .disabled
        case (false, false): .disabling
        }
    }
}
