import Platform

/// Ids in the formats of Organizations: a prefix, and lower-case letters and digits.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
enum OrganizationIDs {
    static func organization() -> String { "o-" + Identifiers.lowercase(10) }
    static func root() -> String { "r-" + Identifiers.lowercase(4) }
    /// A unit's id has its root's in it.
    static func unit(below rootID: String) -> String { "ou-\(rootID.dropFirst(2))-" + Identifiers.lowercase(8) }
    static func accountRequest() -> String { "car-" + Identifiers.lowercase(32) }
    static func handshake() -> String { "h-" + Identifiers.lowercase(32) }
    static func responsibilityTransfer() -> String { "rt-" + Identifiers.lowercase(8) }
    static func policy() -> String { "p-" + Identifiers.lowercase(8) }
    static func resourcePolicy() -> String { "rp-" + Identifiers.lowercase(8) }
}
