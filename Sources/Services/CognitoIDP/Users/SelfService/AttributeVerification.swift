import CognitoIDPAPI
import Platform
import Wire

// Proving an e-mail address or a phone number.

extension CognitoIDP.GetUserAttributeVerificationCode: PreparedWriteOperation, OfSignedInUser {
    public static var secretMembers: Set<String> { ["AccessToken"] }

    /// The code, and who has asked for it.
    public struct Preparation: Sendable {
        let signedIn: SignedInUser
        let code: CodeMessage
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let signedIn = try await call.signedInUser(input.accessToken)
        let (pool, user, name) = (signedIn.pool, signedIn.user, input.attributeName)
        guard let medium = Message.Medium(attribute: name) else {
            throw .invalidParameter("Attribute \(name) can not be verified.")
        }
        try await call.count(.getAttributeCode, for: user.username, of: pool)
        let pending = try await call.read { (records) throws(ServiceError) in
            try records.get(UserCode.self, UserCode.key(user.name, UserCode.Purpose.verify(name).name), of: pool.id)
        }
        // Where the pool keeps the old address until the new one is proved, that is the one to prove.
        guard let address = pending?.newValue ?? user[attribute: name] else {
            throw .invalidParameter("User has no attribute \(name)")
        }
        let context = MessageContext(
            pool: pool, user: user, clientID: signedIn.client.id, metadata: input.clientMetadata ?? [:])
        let code = try await call.makeCode(
            .verify(name), .verifyUserAttribute, to: CodeDelivery(medium, to: address), context,
            newValue: pending?.newValue)
        return Preparation(signedIn: signedIn, code: code)
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let code = prepared.code
        let user = try records.current(prepared.signedIn)
        guard code.code.newValue != nil || user[attribute: code.code.attribute] == code.code.recipient else {
            throw .concurrentModification
        }
        try records.send(code, of: prepared.signedIn.pool, call)
        return Output { $0.codeDeliveryDetails = code.delivery.details }
    }
}

extension CognitoIDP.VerifyUserAttribute: PreparedWriteOperation, OfSignedInUser {
    public static var secretMembers: Set<String> { ["AccessToken", "Code"] }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> SignedInPreparation {
        let signedIn = try await call.signedInUser(input.accessToken)
        guard Message.Medium(attribute: input.attributeName) != nil else {
            throw .invalidParameter("Attribute \(input.attributeName) can not be verified.")
        }
        let (pool, username) = (signedIn.pool, signedIn.user.username)
        try await call.count(.verifyAttribute, for: username, of: pool)
        try await call.countTry(input.code, .verify(input.attributeName), ofUserNamed: username, pool)
        return SignedInPreparation(signedIn)
    }

    public static func handle(
        _ input: Input, _ prepared: SignedInPreparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let (pool, name) = (prepared.signedIn.pool, input.attributeName)
        let old = try records.current(prepared.signedIn)
        let proved = try records.provenCode(input.code, .verify(name), of: old, at: call.time)
        var user = old
        if let value = proved.newValue { user[attribute: name] = value }
        user[attribute: "\(name)_verified"] = "true"
        user.modified = call.time
        try records.put(user, replacing: old, of: pool)
        try records.delete(UserCode.self, proved.key, of: pool.id)
        return Output()
    }
}
