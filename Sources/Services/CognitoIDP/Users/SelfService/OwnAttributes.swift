import CognitoIDPAPI
import Platform
import Wire

// What users do with their own attributes.
// <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-email-phone-verification.html>

/// A change of attributes that a user or an administrator asks for, with the codes that it brings.
struct AttributeChange: Sendable {
    let pool: PoolEntry
    let user: PoolUser
    /// What is changed at once.
    let immediate: [CognitoIDP.AttributeType]
    let codes: [CodeMessage]

    /// - Throws: what the trigger CustomMessage refuses with.
    init(
        _ requested: [CognitoIDP.AttributeType], of context: MessageContext, _ call: Call
    ) async throws(ServiceError) {
        let (pool, user) = (context.pool, context.user)
        var (immediate, codes) = ([CognitoIDP.AttributeType](), [CodeMessage]())
        for attribute in requested {
            let (name, value) = (attribute.name, attribute.value ?? "")
            let isStated = requested.contains { $0.name == "\(name)_verified" && $0.value == "true" }
            guard let medium = Message.Medium(attribute: name), !value.isEmpty, value != user[attribute: name],
                !isStated
            else {
                immediate.append(attribute)
                continue
            }
            let isKept = pool.attributesVerifiedBeforeUpdate.contains(name) && user[attribute: name] != nil
            if !isKept { immediate.append(attribute) }
            guard isKept || pool.autoVerifiedAttributes.contains(name) else { continue }
            codes.append(
                try await call.makeCode(
                    .verify(name), .updateUserAttribute, to: CodeDelivery(medium, to: value), context,
                    newValue: isKept ? value : nil))
        }
        (self.pool, self.user, self.immediate, self.codes) = (pool, user, immediate, codes)
    }

    /// - Parameter signedIn: the user, who asks for it; nil: an administrator does.
    func perform(
        _ call: Call, _ records: MutableRecords, by signedIn: SignedInUser? = nil
    ) throws(ServiceError) {
        let old: PoolUser
        if let signedIn { old = try records.current(signedIn) } else { old = try records.current(user, of: pool) }
        var changed = old
        try apply(to: &changed, call, records)
        changed.modified = call.time
        try records.put(changed, replacing: old, of: pool)
    }

    /// Changes what is changed at once, without storing it, and sends the codes.
    func apply(to changed: inout PoolUser, _ call: Call, _ records: MutableRecords) throws(ServiceError) {
        changed.change(immediate)
        if let attribute = changed.signInAttribute, changed[attribute: attribute] == nil {
            throw .schemaBroken(["\(attribute): The attribute is required"])
        }
        for code in codes {
            try records.checkIsFree(code.code.attribute, code.delivery.recipient, for: changed, of: pool)
        }
        for code in codes { try records.send(code, of: pool, call) }
    }
}

extension RecordReading {
    /// Checks that an address that will be a user's name is nobody's yet.
    /// - Throws: AliasExistsException.
    fileprivate func checkIsFree(
        _ attribute: String, _ value: String, for user: PoolUser, of pool: PoolEntry
    ) throws(ServiceError) {
        guard user.signInAttribute == attribute else { return }
        let key = UserAlias.key(attribute, pool.folded(value))
        let alias = try of(pool.scope).get(UserAlias.self, key, of: pool.id)
        guard alias == nil || alias?.user == user.name else { throw .aliasExists(attribute) }
    }
}

extension CognitoIDP.UpdateUserAttributes: PreparedWriteOperation, OfSignedInUser {
    public static var secretMembers: Set<String> { ["AccessToken"] }

    /// The change, checked.
    public struct Preparation: Sendable {
        let signedIn: SignedInUser
        let change: AttributeChange
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let signedIn = try await call.signedInUser(input.accessToken)
        try signedIn.pool.check(input.userAttributes, by: .user(signedIn.client))
        let context = MessageContext(
            pool: signedIn.pool, user: signedIn.user, clientID: signedIn.client.id,
            metadata: input.clientMetadata ?? [:])
        return Preparation(
            signedIn: signedIn, change: try await AttributeChange(input.userAttributes, of: context, call))
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try prepared.change.perform(call, records, by: prepared.signedIn)
        return Output { $0.codeDeliveryDetailsList = prepared.change.codes.map(\.delivery.details) }
    }
}

extension PoolEntry {
    /// Checks that attributes can be deleted.
    /// - Throws: InvalidParameterException, NotAuthorizedException.
    func checkDeletion(_ names: [String], by writer: AttributeWriter) throws(ServiceError) {
        let blank = names.map { name in
            CognitoIDP.AttributeType {
                $0.name = name
                $0.value = ""
            }
        }
        try check(blank, by: writer)
    }
}

extension PoolUser {
    /// Takes attributes from the user.
    mutating func delete(_ names: [String]) throws(ServiceError) {
        for name in names {
            guard signInAttribute != name else {
                throw .schemaBroken(["\(name): The attribute is required"])
            }
            self[attribute: name] = nil
            if Message.Medium(attribute: name) != nil { self[attribute: "\(name)_verified"] = nil }
        }
    }
}

extension CognitoIDP.DeleteUserAttributes: PreparedWriteOperation, OfSignedInUser {
    public static var secretMembers: Set<String> { ["AccessToken"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> SignedInPreparation {
        let signedIn = try await call.signedInUser(input.accessToken)
        try signedIn.pool.checkDeletion(input.userAttributeNames, by: .user(signedIn.client))
        return SignedInPreparation(signedIn)
    }

    public static func handle(
        _ input: Input, _ prepared: SignedInPreparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = prepared.signedIn.pool
        let old = try records.current(prepared.signedIn)
        var user = old
        try user.delete(input.userAttributeNames)
        user.modified = call.time
        try records.put(user, replacing: old, of: pool)
        return Output()
    }
}
