public import Ledger

/// The fact that an account has opted in to a region, or out of it again. Without a record it has never opted in.
/// <https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html>
public struct RegionOptIn: Record {
    public static let kind = "AWS::Account::Region"

    /// <https://docs.aws.amazon.com/accounts/latest/reference/API_Region.html>
    public enum Status: String, Sendable, CaseIterable {
        /// Opted in, and open.
        case enabled = "ENABLED"
        /// One of the regions that every account has and can't opt out of; these have no record.
        case enabledByDefault = "ENABLED_BY_DEFAULT"
        /// Opted in, and opening.
        case enabling = "ENABLING"
        /// Opted out, and closing.
        case disabling = "DISABLING"
        /// Opted out, and closed. A region that requires opting in and has no record is disabled as well.
        case disabled = "DISABLED"
    }

    /// The region's name.
    public let id: String
    /// What was asked for last, whether or not the region has opened or closed already.
    public var isOptedIn: Bool
    /// When the account opted, seconds since 1970.
    public var since: Double

    /// How long a region takes to open or to close, in seconds. AWS takes minutes or hours.
    public static let transition = 5.0

    /// Records that an account opted in to a region, or out of it, at a time (seconds since 1970).
    public init(id: String, isOptedIn: Bool, since: Double) {
        self.id = id
        self.isOptedIn = isOptedIn
        self.since = since
    }

    /// Whether the region is open, closed or on its way there at a time (seconds since 1970).
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
