/// The names besides its own by which the operator lets this Gatehouse be reached: those that custom domains of user pools
/// answer at. Anybody who may create a domain can call it what they like, so none answers by its host that isn't here.
public struct CustomDomains: Sendable {
    /// The account that may have the name; nil: any.
    private let accounts: [String: String?]

    /// - Parameter accounts: by names in lower case, such as `auth.example.com`, the one account that may have it; nil: any
    ///   may.
    public init(_ accounts: [String: String?] = [:]) { self.accounts = accounts }

    /// Whether requests to a host are for the custom domain of this name that an account has.
    public func answer(_ name: String, of account: String) -> Bool {
        guard let owner = accounts[name] else { return false }
        return owner == nil || owner == account
    }

    /// Whether an account may have a custom domain of this name. Where the operator says nothing of it, it is only a record, and
    /// anybody may.
    public func admit(_ name: String, of account: String) -> Bool {
        guard let named = accounts[name], let owner = named else { return true }
        return owner == account
    }
}
