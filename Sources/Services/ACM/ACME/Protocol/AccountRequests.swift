import ACME
import FoundationEssentials
import Ledger
import Platform
import Wire

// Accounts: RFC 8555, section 7.3.

extension ACMEExchange {
    /// Makes an account, or tells of the one that the key has.
    func newAccount(_ signed: SignedRequest, _ key: AccountKey) async throws(Problem) -> WireResponse {
        let payload = try signed.object()
        let thumbprint = key.thumbprint
        let endpointID = endpoint.id
        if let known = try await account(of: thumbprint) {
            try await nonces.use(signed.nonce)
            return try respond(new: known, status: 200)
        }
        guard payload["onlyReturnExisting"] != .boolean(true) else {
            throw Problem(.accountDoesNotExist, "There is no account with this key.")
        }
        let contacts = try Self.contacts(payload) ?? []
        guard !endpoint.isContactRequired || !contacts.isEmpty else {
            throw Problem(.invalidContact, "This endpoint requires an e-mail address as contact.")
        }
        guard let document = payload["externalAccountBinding"] else {
            throw Problem(.externalAccountRequired, "This endpoint requires an external account binding.")
        }
        let url = endpoint.url(.newAccount, environment)
        let proof = try ExternalAccountBinding(document, for: key, url: url)
        let refused = Problem(.unauthorized, "The external account binding is not valid, or no longer usable.")
        guard let bindingID = ACMEBinding.id(ofKey: proof.keyID) else { throw refused }
        let (time, most) = (now, environment.quotas[.acmeAccounts])
        let id = Self.newID()
        let isProved = try await read { (records) throws(ServiceError) in
            try records.get(ACMEBindingKey.self, bindingID).map { proof.isMade(with: Array($0.secret)) } ?? false
        }
        guard isProved else { throw refused }
        try await nonces.use(signed.nonce)
        let made = try await write { (records) throws(ServiceError) -> Result<(ACMEAccount, Bool), Problem> in
            guard var binding = try records.get(ACMEBinding.self, bindingID), binding.endpointID == endpointID,
                binding.isUsable(at: time), try records.get(ACMEEndpoint.self, endpointID) != nil
            else { return .failure(refused) }
            if let known = try records.acmeAccount(of: thumbprint, endpointID) { return .success((known, false)) }
            guard try records.count(ACMEAccount.self, of: endpointID) < most else {
                return .failure(Problem(.rateLimited, "The endpoint has as many accounts as it can have."))
            }
            let account = ACMEAccount(
                endpointID: endpointID, id: id, jwk: key.canonical, thumbprint: thumbprint, contacts: contacts,
                status: .valid, created: time, bindingARN: binding.arn, roleARN: binding.roleARN)
            binding.lastUsed = time
            try records.put(binding)
            try records.put(account)
            return .success((account, true))
        }
        return try respond(new: made.0, status: made.1 ? 201 : 200)
    }

    private func account(of thumbprint: String) async throws(Problem) -> ACMEAccount? {
        let endpointID = endpoint.id
        return try await read { (records) throws(ServiceError) in try records.acmeAccount(of: thumbprint, endpointID) }
    }

    /// 32 hexadecimal digits.
    static func newID() -> String { UUID().uuidString.lowercased().filter { $0 != "-" } }

    /// E-mail addresses, each with `mailto:`; nil where a request has no such member.
    private static func contacts(_ payload: JSONValue) throws(Problem) -> [String]? {
        guard let value = payload["contact"] else { return nil }
        guard case .array(let elements) = value, elements.count <= 10 else {
            throw .malformed("The contact must be an array of at most 10 URLs.")
        }
        var contacts: [String] = []
        for element in elements {
            guard let url = element.text else { throw .malformed("A contact must be a URL.") }
            guard url.lowercased().hasPrefix("mailto:") else {
                throw Problem(.unsupportedContact, "Contacts must be mailto URLs.")
            }
            // One address, without header fields: RFC 8555, section 7.3.
            let address = url.dropFirst(7)
            let parts = address.split(separator: "@", omittingEmptySubsequences: false)
            guard address.utf8.count <= 254, parts.count == 2, !parts.contains(""),
                address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != 0x2C && $0 != 0x3F })
            else { throw Problem(.invalidContact, "A contact must be one e-mail address.") }
            contacts.append(url)
        }
        return contacts
    }

    /// Changes the contacts, or ends the account; without a payload, nothing.
    func update(_ account: ACMEAccount, _ signed: SignedRequest) async throws(Problem) -> WireResponse {
        guard !signed.payload.isEmpty else { return respond(account, status: 200) }
        let payload = try signed.object()
        let contacts = try Self.contacts(payload)
        let status = payload["status"]
        guard status == nil || status == .string("deactivated") || status == .string("valid") else {
            throw .malformed("An account can only become deactivated.")
        }
        guard contacts?.isEmpty != true || !endpoint.isContactRequired else {
            throw Problem(.invalidContact, "This endpoint requires an e-mail address as contact.")
        }
        let changed = try await write { (records) throws(ServiceError) -> Result<ACMEAccount, Problem> in
            guard var account = try records.get(ACMEAccount.self, account.key, of: account.endpointID),
                account.status == .valid
            else { return .failure(Problem(.unauthorized, "The account is deactivated or revoked.", status: 401)) }
            if let contacts { account.contacts = contacts }
            if status == .string("deactivated") { account.status = .deactivated }
            try records.put(account)
            return .success(account)
        }
        return respond(changed, status: 200)
    }

    /// The account's new key signs that it takes the old one's place: RFC 8555, section 7.3.5.
    func changeKey(
        of account: ACMEAccount, from old: AccountKey, _ signed: SignedRequest
    ) async throws(Problem) -> WireResponse {
        let inner = try SignedRequest(try signed.object())
        guard case .key(let key) = inner.signer, inner.nonce == nil, inner.url == signed.url else {
            throw .malformed("The inner request must have a jwk, the same url, and no nonce.")
        }
        guard inner.isSigned(by: key) else { throw .malformed("The inner request's signature is not valid.") }
        let change = try inner.object()
        guard change["account"]?.text == endpoint.url(.account(account.id), environment),
            try AccountKey(change["oldKey"]) == old
        else { throw .malformed("The inner request names another account, or another key.") }
        let taken = environment
        let endpoint = endpoint
        let changed = try await write { (records) throws(ServiceError) -> Result<ACMEAccount, Problem> in
            if let other = try records.acmeAccount(of: key.thumbprint, endpoint.id) {
                let location = endpoint.url(.account(other.id), taken)
                return .failure(
                    Problem(.malformed, "Another account has this key.", status: 409, location: location))
            }
            guard var account = try records.get(ACMEAccount.self, account.key, of: endpoint.id),
                account.status == .valid, account.jwk == old.canonical
            else { return .failure(Problem(.unauthorized, "The account has another key by now.")) }
            account.jwk = key.canonical
            account.thumbprint = key.thumbprint
            try records.put(account)
            return .success(account)
        }
        return respond(changed, status: 200)
    }

    private func respond(new account: ACMEAccount, status: Int) throws(Problem) -> WireResponse {
        guard account.status == .valid else {
            throw Problem(.unauthorized, "The account is deactivated or revoked.", status: 401)
        }
        return respond(account, status: status)
    }

    private func respond(_ account: ACMEAccount, status: Int) -> WireResponse {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("status", account.status.rawValue.lowercased())
        writer.key("contact")
        writer.beginArray()
        for contact in account.contacts { writer.string(contact) }
        writer.endArray()
        writer.member("orders", endpoint.url(.orders(account: account.id, after: nil), environment))
        writer.endObject()
        var response = WireResponse.json(status, writer.bytes)
        response.headers.append((name: "location", value: endpoint.url(.account(account.id), environment)))
        return response
    }

    /// The orders that are not over: RFC 8555, section 7.1.2.1.
    func orders(
        of account: ACMEAccount, after last: ACMEOrder.Place?, _ signed: SignedRequest
    ) async throws(Problem) -> WireResponse {
        try requireNothing(in: signed)
        let most = 100
        let place = last.map { (value: $0.value(of: account.id), key: ACMEOrder.key($0.id)) }
        let rows = try await read { (records) throws(ServiceError) in
            try records.list(
                ACMEOrder.self, by: ACMEOrder.byAccount, of: account.endpointID,
                RowIndexRange(RowPrefix(.text(account.id)), after: place), limit: most + 1)
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("orders")
        writer.beginArray()
        for order in rows.prefix(most) where order.status(at: now) != .invalid {
            writer.string(endpoint.url(.order(order.id), environment))
        }
        writer.endArray()
        writer.endObject()
        var response = WireResponse.json(200, writer.bytes)
        if rows.count > most, let end = rows.prefix(most).last {
            let next = endpoint.url(.orders(account: account.id, after: end.place), environment)
            response.headers.append((name: "link", value: "<\(next)>;rel=\"next\""))
        }
        return response
    }
}

extension RecordReading {
    /// The account of a key.
    func acmeAccount(of thumbprint: String, _ endpointID: String) throws(ServiceError) -> ACMEAccount? {
        try list(
            ACMEAccount.self, by: ACMEAccount.byThumbprint, of: endpointID, RowIndexRange(RowPrefix(.text(thumbprint))),
            limit: 1
        ).first
    }
}
