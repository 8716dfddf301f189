import CognitoIDPAPI
import Platform
import Wire

/// What the attributes of a federated user become, by the provider's mapping.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html>
struct MappedAttributes: Sendable {
    /// By the pool's names, in their order. An empty value deletes the attribute.
    let values: [(name: String, value: String)]
    private let provider: UserPoolProvider

    /// The attributes that have another beside them which tells whether they are verified.
    static let addresses = ["email", "phone_number"]

    /// - Parameter identity: whose claims count. What the provider does not mention stays as it is, and what the app client
    ///   may not write is left out.
    init(_ identity: FederatedProfile, _ provider: UserPoolProvider, _ client: ClientEntry) {
        self.provider = provider
        var wanted = identity.given
        for (attribute, claim) in provider.mapping where attribute != "username" {
            guard let value = identity.claims[claim] else { continue }
            if let address = Self.addresses.first(where: { attribute == "\($0)_verified" }) {
                // It is about the address that the provider tells, and about no other that the user may have. No client needs to
                // write it, for nobody but a provider can say it.
                let told = provider.mapping[address].flatMap { identity.claims[$0] } ?? ""
                guard !told.isEmpty, client.canWrite(address) else { continue }
            } else if !client.canWrite(attribute) {
                continue
            }
            wanted[attribute] = value
        }
        values = wanted.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    private func requests(_ values: [(name: String, value: String)]) -> [CognitoIDP.AttributeType] {
        values.map { value in
            CognitoIDP.AttributeType {
                $0.name = value.name
                $0.value = value.value
            }
        }
    }

    /// The attributes of a new user.
    func attributes(ofNew pool: PoolEntry) throws(FederationError) -> [PoolUser.Attribute] {
        var values = values.filter { !$0.value.isEmpty }
        try checkCharacters()
        let missing = pool.schema.required.map(\.name).filter { name in !values.contains { $0.name == name } }
        guard missing.isEmpty else { throw lacking(missing) }
        for name in Self.addresses {
            let verified = "\(name)_verified"
            if !values.contains(where: { $0.name == name }) {
                values.removeAll { $0.name == verified }
            } else if !values.contains(where: { $0.name == verified }) {
                // Providers that say nothing have not proved anything.
                values.append((name: verified, value: "false"))
            }
        }
        do throws(ServiceError) {
            return try pool.attributes(
                ofNew: requests(values), by: .administrator, ofUsername: nil, demandsRequired: true)
        } catch { throw refused(error) }
    }

    /// Changes a user to what the provider says now.
    func apply(to user: inout PoolUser, of pool: PoolEntry) throws(FederationError) {
        var changed = values.filter { $0.value != user[attribute: $0.name] ?? "" }
        guard !changed.isEmpty else { return }
        // What is said of an address is said of the new one, too.
        for value in values
        where value.name.hasSuffix("_verified") && !changed.contains(where: { $0.name == value.name }) {
            let address = value.name.dropLast("_verified".count)
            if changed.contains(where: { $0.name == address }) { changed.append(value) }
        }
        try checkCharacters()
        if let name = changed.first(where: { $0.value.isEmpty && pool.schema[$0.name]?.isRequired == true })?.name {
            throw refused("\(name): Required attribute cannot be deleted")
        }
        do throws(ServiceError) {
            try pool.check(requests(changed), by: .administrator)
        } catch { throw refused(error) }
        user.change(requests(changed))
    }

    /// Cognito takes no character of four bytes.
    private func checkCharacters() throws(FederationError) {
        for (name, value) in values where value.unicodeScalars.contains(where: { $0.value > 0xffff }) {
            throw refused("\(name): Attribute value has characters that are not supported")
        }
    }

    // MARK: What the application is told

    private func lacking(_ names: [String]) -> FederationError {
        provider.type == .saml
            ? refused(names.map { "\($0): The attribute is required" }.joined(separator: " "))
            : .told(
                code: "invalid_request", description: "attributes required: [\(names.joined(separator: ", "))]")
    }

    private func refused(_ error: ServiceError) -> FederationError {
        let prefix = "Attributes did not conform to the schema: "
        let text = error.message.hasPrefix(prefix) ? String(error.message.dropFirst(prefix.count)) : error.message
        return refused(text.split(separator: "\n").joined(separator: " "))
    }

    private func refused(_ reason: String) -> FederationError {
        let text = "Invalid user attributes: \(reason)"
        return provider.type == .saml
            ? SAMLSignOn.invalid(text) : .told(code: "invalid_request", description: text)
    }
}
