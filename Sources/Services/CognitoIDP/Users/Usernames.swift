import CognitoIDPAPI
import FoundationEssentials
import Platform
import Wire

/// What a new user is called.
struct NewUsername: Sendable {
    let username: String
    let sub: String
    /// The attribute that the user signs in with, where the pool has no user names.
    let attribute: PoolUser.Attribute?

    /// - Parameter requested: `Username` of the request.
    /// - Throws: InvalidParameterException for one that the pool does not allow.
    init(_ requested: String, of pool: PoolEntry) throws(ServiceError) {
        sub = UUID().uuidString.lowercased()
        let (isEmail, isPhone) = (AddressFormat.isEmail(requested), AddressFormat.isPhoneNumber(requested))
        let names = pool.usernameAttributes
        guard names.isEmpty else {
            switch (names.contains("email"), names.contains("phone_number")) {
            case (true, true) where !isEmail && !isPhone:
                throw .invalidParameter("Username should be either an email or a phone number.")
            case (true, false) where !isEmail: throw .invalidParameter("Username should be an email.")
            case (false, true) where !isPhone: throw .invalidParameter("Username should be a phone number.")
            default: break
            }
            username = sub
            attribute = PoolUser.Attribute(name: isEmail ? "email" : "phone_number", value: requested)
            return
        }
        if isEmail, pool.aliasAttributes.contains("email") {
            throw .invalidParameter(
                "Username cannot be of email format, since user pool is configured for email alias.")
        }
        if isPhone, pool.aliasAttributes.contains("phone_number") {
            throw .invalidParameter(
                "Username cannot be of phone number format, since user pool is configured for phone number alias.")
        }
        username = requested
        attribute = nil
    }
}

extension NewUsername {
    /// That of a user whom a provider knows: in pools without user names, too.
    init(ofFederated username: String) {
        self.username = username
        sub = UUID().uuidString.lowercased()
        attribute = nil
    }
}

extension RecordReading {
    /// Checks that nobody has a name yet, nor can be found by it otherwise: an alias, or `sub`.
    /// - Parameter message: what is said of a user name that is taken.
    /// - Throws: UsernameExistsException.
    func checkIsFree(_ name: NewUsername, of pool: PoolEntry, _ message: String) throws(ServiceError) {
        let records = of(pool.scope)
        if let attribute = name.attribute {
            let key = UserAlias.key(attribute.name, pool.folded(attribute.value))
            guard try records.get(UserAlias.self, key, of: pool.id) == nil else {
                throw .cognito(
                    .usernameExistsException, "An account with the given \(attribute.name) already exists.")
            }
        } else {
            guard try records.user(named: name.username, of: pool) == nil else {
                throw .cognito(.usernameExistsException, message)
            }
        }
    }
}
