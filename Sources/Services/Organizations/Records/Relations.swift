import Directory

/// The relations that this service's own records declare.
extension Relation {
    /// request to make an account → its state
    static let state = "state"
    /// handshake → id of the organization that sent it
    static let organization = "organization"
    /// handshake, or transfer that is not agreed → the account's number or e-mail address that it was sent to
    static let recipient = "recipient"
    /// transfer of a responsibility → id of the organization that takes it on
    static let transferTarget = "transfer-target"
    /// transfer of a responsibility → id of the organization that has agreed to hand it over
    static let transferSource = "transfer-source"
}
