import Ledger

// How users are stored: a member of PoolUser that is not written and read here is lost.
//
// A page of SQLite's has four kilobytes, and a row of more than one goes on in a page of its own: as JSON, with the verifier of
// the password in base64, nearly every user would take one.

extension PoolUser {
    static let form = RowForm<Self>.short(version: 1) { user, output in
        output.append(user.poolID)
        output.append(user.sub)
        output.append(user.username == user.sub ? nil : user.username)
        output.append(user.name == user.username ? nil : user.name)
        output.append(user.signInAttribute)
        output.append(count: user.attributes.count)
        for attribute in user.attributes {
            output.append(attribute.name)
            output.append(attribute.value)
        }
        output.append(user.created)
        output.append(user.modified)
        output.append(user.isEnabled)
        output.append(user.status.rawValue)
        output.append(user.password)
        output.append(user.temporaryUntil)
        output.append(count: user.earlierPasswords.count)
        for password in user.earlierPasswords { output.append(password) }
        output.append(user.signedOutBefore)
        output.append(user.resetRequiredAt)
        output.append(user.softwareToken)
        output.append(user.unverifiedSoftwareToken)
        output.append(user.lastStep)
        try output.append(json: user.factors, unless: Factors())
        try output.append(json: user.identities, unless: [])
    } read: { input, _ in
        let (poolID, sub) = (try input.text(), try input.text())
        let username = try input.optionalText() ?? sub
        return PoolUser(
            poolID: poolID, username: username, name: try input.optionalText() ?? username, sub: sub,
            signInAttribute: try input.optionalText(),
            attributes: try (0..<input.count()).map { _ in
                Attribute(name: try input.text(), value: try input.text())
            },
            created: try input.double(), modified: try input.double(), isEnabled: try input.boolean(),
            status: try input.status(), password: try input.boolean() ? try input.passwordVerifier() : nil,
            temporaryUntil: try input.optionalDouble(),
            earlierPasswords: try (0..<input.count()).map { _ in try input.passwordVerifier() },
            signedOutBefore: try input.optionalDouble(), resetRequiredAt: try input.optionalDouble(),
            softwareToken: try input.optionalText(), unverifiedSoftwareToken: try input.optionalText(),
            lastStep: try input.boolean() ? Int(clamping: try input.number()) : nil,
            factors: try input.json(unless: Factors()), identities: try input.json(unless: []))
    }
}

extension RowOutput {
    fileprivate mutating func append(_ number: Double?) {
        append(number != nil)
        if let number { append(number) }
    }

    fileprivate mutating func append(_ number: Int?) {
        append(number != nil)
        if let number { append(Int64(number)) }
    }

    fileprivate mutating func append(_ verifier: PasswordVerifier?) {
        append(verifier != nil)
        if let verifier { append(verifier) }
    }

    fileprivate mutating func append(_ verifier: PasswordVerifier) {
        append(verifier.srp.salt)
        append(verifier.srp.verifier)
    }

    /// What most users have takes a byte.
    fileprivate mutating func append<Value: Encodable & Equatable>(json value: Value, unless usual: Value) throws {
        append(value != usual)
        if value != usual { try append(json: value) }
    }
}

extension RowInput {
    fileprivate mutating func optionalDouble() throws -> Double? { try boolean() ? try double() : nil }

    fileprivate mutating func status() throws -> PoolUser.Status {
        guard let status = PoolUser.Status(rawValue: try text()) else { throw UnknownStatus() }
        return status
    }

    fileprivate mutating func passwordVerifier() throws -> PasswordVerifier {
        PasswordVerifier(SRPVerifier(salt: try data(), verifier: try data()))
    }

    fileprivate mutating func json<Value: Decodable>(unless usual: Value) throws -> Value {
        try boolean() ? try json(Value.self) : usual
    }
}

private struct UnknownStatus: Error {}
