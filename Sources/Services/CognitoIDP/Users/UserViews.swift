import CognitoIDPAPI
import Platform
import Wire

// Users as answers have them.

extension PoolUser {
    /// All attributes in an answer: `sub` first, `identities` last.
    var attributeViews: [CognitoIDP.AttributeType] {
        var all = [Attribute(name: "sub", value: sub)] + attributes
        if let identitiesJSON { all.append(Attribute(name: "identities", value: identitiesJSON)) }
        return all.map { attribute in
            CognitoIDP.AttributeType {
                $0.name = attribute.name
                $0.value = attribute.value
            }
        }
    }

    /// `identities`: what the user is known by to providers, as JSON; nil: no provider knows the user.
    var identitiesJSON: String? {
        guard !identities.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.beginArray()
        for identity in identities {
            writer.beginObject()
            writer.member("userId", identity.userID)
            writer.member("providerName", identity.providerName)
            writer.member("providerType", identity.providerType)
            writer.key("issuer")
            if let issuer = identity.issuer { writer.string(issuer) } else { writer.null() }
            writer.key("primary")
            writer.boolean(identity.isPrimary)
            writer.key("dateCreated")
            writer.integer(Int(clamping: RequestIDs.milliseconds(identity.linked)))
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// The second factors that are set up: `UserMFASettingList`.
    var factorNames: [String] {
        var names: [String] = []
        if factors.isSMSEnabled { names.append("SMS_MFA") }
        if factors.isEmailEnabled { names.append("EMAIL_OTP") }
        if factors.isSoftwareTokenEnabled { names.append("SOFTWARE_TOKEN_MFA") }
        return names
    }
}

extension CognitoIDP.UserType {
    /// - Parameter names: which attributes are wanted; nil: all.
    init(_ user: PoolUser, only names: Set<String>? = nil) {
        self.init()
        username = user.username
        attributes = user.attributeViews.filter { names?.contains($0.name) ?? true }
        userCreateDate = Timestamp(secondsSinceEpoch: user.created)
        userLastModifiedDate = Timestamp(secondsSinceEpoch: user.modified)
        enabled = user.isEnabled
        userStatus = user.status.rawValue
    }
}
