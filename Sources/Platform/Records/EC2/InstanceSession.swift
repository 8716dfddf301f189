public import Ledger
public import Wire

/// The credentials that an instance is given at the moment: the same to all who ask, until new ones are due.
public struct InstanceSession: Record, CustomStringConvertible, CustomReflectable {
    public static let kind = "Gatehouse::InstanceSession"
    public static let keepsHistory = false
    public static let journalsBefore = false
    fileprivate static let instance = "instance"

    /// The instance's id, and ``delivery`` behind a slash.
    public var id: String { Self.id(instanceID, delivery) }
    /// `i-…`
    public let instanceID: String
    /// `1.0` and `2.0`: the version of the metadata service that they are for. `container`: they are for neither.
    public let delivery: String
    /// The association with the instance profile that they were made for: with another one there are new ones.
    public let associationID: String
    /// The unique id of the role.
    public let roleID: String
    /// `ASIA…`
    public let accessKeyID: String
    /// What requests are signed with.
    public let secretAccessKey: String
    /// The session token that goes with the key.
    public let token: String
    /// Seconds since 1970.
    public let issued: Double
    /// Seconds since 1970.
    public let expires: Double

    /// - Parameters: see the properties.
    public init(
        instanceID: String, delivery: String, associationID: String, roleID: String, accessKeyID: String,
        secretAccessKey: String, token: String, issued: Double, expires: Double
    ) {
        self.instanceID = instanceID
        self.delivery = delivery
        self.associationID = associationID
        self.roleID = roleID
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.token = token
        self.issued = issued
        self.expires = expires
    }

    /// The id that a record of these has.
    public static func id(_ instanceID: String, _ delivery: String) -> String { "\(instanceID)/\(delivery)" }

    public var references: [Reference] { [Reference(Self.instance, to: instanceID)] }

    /// Without the secrets, so that no log ever shows them.
    public var description: String { "InstanceSession(\(accessKeyID))" }
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

extension MutableRecords {
    /// Forgets the credentials that an instance was given: when it is terminated, or has no instance profile any more. They stay
    /// valid until they expire, as in AWS.
    public func forgetSessions(ofInstance id: String) throws(ServiceError) {
        for session in try referrers(InstanceSession.self, InstanceSession.instance, to: id) { try delete(session) }
    }
}
