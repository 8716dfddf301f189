import Ledger
import Wire

/// What ListUsers is asked for: `family_name = "Reddy"`, `phone_number ^= "+1312"`.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/how-to-manage-user-accounts.html#cognito-user-pools-searching-for-users-using-listusers-api>
struct UserFilter: Sendable, Equatable {
    enum Comparison: Sendable, Equatable {
        case equals
        case startsWith
    }

    /// `username`, `sub`, `cognito:user_status`, `status` or one of ``PoolUser/searchable``.
    let attribute: String
    let comparison: Comparison
    let value: String

    /// What is wrong with a filter, as the client is told.
    enum Fault: Error, Equatable {
        case malformed
        case notSearchable(String)
    }

    static let searchable = Set(PoolUser.searchable + ["username", "sub", "cognito:user_status", "status"])

    /// - Returns: nil for an empty filter, which all users pass.
    init?(_ text: String) throws(Fault) {
        var rest = text.unicodeScalars[...]
        func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" } }
        skipSpace()
        guard !rest.isEmpty else { return nil }
        let name = rest.prefix {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || "_:-".unicodeScalars.contains($0)
        }
        rest = rest[name.endIndex...]
        skipSpace()
        if rest.first == "^" {
            comparison = .startsWith
            rest = rest.dropFirst()
        } else {
            comparison = .equals
        }
        guard !name.isEmpty, rest.first == "=" else { throw .malformed }
        rest = rest.dropFirst()
        skipSpace()
        guard rest.first == "\"" else { throw .malformed }
        rest = rest.dropFirst()
        var value = String.UnicodeScalarView()
        while let scalar = rest.first, scalar != "\"" {
            rest = rest.dropFirst()
            guard scalar == "\\" else {
                value.append(scalar)
                continue
            }
            guard let escaped = rest.first else { throw .malformed }
            value.append(escaped)
            rest = rest.dropFirst()
        }
        guard rest.first == "\"" else { throw .malformed }
        rest = rest.dropFirst()
        skipSpace()
        guard rest.isEmpty else { throw .malformed }
        attribute = String(name)
        guard Self.searchable.contains(attribute) else { throw .notSearchable(attribute) }
        self.value = String(value)
    }

    /// Whether a user passes. The index finds no others but where values are long, or cases count.
    func accepts(_ user: PoolUser, of pool: PoolEntry) -> Bool {
        switch attribute {
        case "username": matches(user.name, pool.folded(value))
        case "sub": matches(user.sub, value.lowercased())
        case "cognito:user_status": matches(user.status.rawValue, value.uppercased())
        case "status": matches(user.isEnabled ? "Enabled" : "Disabled", value)
        default: user[attribute: attribute].map { matches($0.lowercased(), value.lowercased()) } ?? false
        }
    }

    private func matches(_ own: String, _ wanted: String) -> Bool {
        comparison == .equals ? own == wanted : own.utf8.starts(with: wanted.utf8)
    }

    /// Where the users are who pass, in the index of the attribute's name. Not for `username`, which rows are ordered by.
    var prefix: RowPrefix {
        let bytes: [UInt8] =
            switch attribute {
            case "sub": Array(value.lowercased().utf8)
            case "cognito:user_status": Array(value.uppercased().utf8)
            case "status": Array(value.utf8)
            default: PoolUser.indexedBytes(value)
            }
        // What is as long as an entry may be has been cut perhaps.
        return comparison == .equals && bytes.count < PoolUser.longestIndexed
            ? RowPrefix(.bytes(bytes)) : RowPrefix(beginning: bytes)
    }

    /// Where a user is in that index.
    func place(of user: PoolUser) -> RowKey? { user.indexes.first { $0.name == attribute }?.value }
}
