import CognitoIDPAPI
import FoundationEssentials
import Platform
import Wire

/// Takes lines out of pieces of a file.
struct LineReader {
    private var rest: [UInt8] = []

    /// In bytes; a row has at most 16,000 characters.
    static let longest = 64_000

    /// The lines that are complete with the next piece, without their ends; nil in the place of one that is too long, or no
    /// UTF-8.
    mutating func lines(with piece: [UInt8]) -> [String?] {
        var lines: [String?] = []
        for part in (rest + piece).split(separator: 0x0a, omittingEmptySubsequences: false) {
            lines.append(Self.text(part))
        }
        // What is after the last line feed goes on.
        let last = (rest + piece).lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        rest = Array((rest + piece)[last...])
        lines.removeLast()
        // Of a line that never ends, no more is kept than shows that it is too long.
        if rest.count > 2 * Self.longest { rest = Array(rest.prefix(2 * Self.longest)) }
        return lines
    }

    /// The last line, if the file does not end with a line feed.
    func last() -> [String?] { rest.isEmpty ? [] : [Self.text(rest[...])] }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard bytes.count <= longest else { return nil }
        return String(validating: bytes.last == 0x0d ? bytes.dropLast() : bytes, as: UTF8.self)
    }
}

/// The fields of a line: a comma with a backslash before it parts none.
func importedFields(_ line: String) -> [String] {
    var (fields, field, isEscaped) = ([String](), "", false)
    for letter in line {
        if isEscaped {
            if letter != "," { field.append("\\") }
            field.append(letter)
            isEscaped = false
        } else if letter == "\\" {
            isEscaped = true
        } else if letter == "," {
            fields.append(field)
            field = ""
        } else {
            field.append(letter)
        }
    }
    if isEscaped { field.append("\\") }
    fields.append(field)
    return fields.map { String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
}

/// A user of a file, as a pool takes them.
struct ImportedUser: Sendable {
    let name: NewUsername
    let user: PoolUser

    /// - Parameters:
    ///   - columns: the file's header.
    ///   - time: seconds since 1970.
    /// - Throws: InvalidParameterException for a line that is none of a user's.
    init(_ line: String, columns: [String], of pool: PoolEntry, at time: Double) throws(ServiceError) {
        let fields = importedFields(line)
        guard fields.count == columns.count else { throw .invalidParameter("The number of fields is wrong.") }
        let values = Dictionary(zip(columns, fields)) { $1 }
        guard let username = values["cognito:username"], !username.isEmpty, username.count <= 128,
            !username.contains(where: \.isWhitespace)
        else { throw .invalidParameter("cognito:username is missing.") }
        name = try NewUsername(username, of: pool)
        var requested: [CognitoIDP.AttributeType] = []
        for column in columns where !column.hasPrefix("cognito:") {
            guard let value = values[column], !value.isEmpty else { continue }
            requested.append(
                CognitoIDP.AttributeType {
                    $0.name = column
                    $0.value = Self.value(value, of: column)
                })
        }
        let attributes = try pool.attributes(
            ofNew: requested, by: .administrator, ofUsername: name.attribute, demandsRequired: true)
        guard
            pool.autoVerifiedAttributes.contains(where: { needed in
                attributes.contains { $0.name == "\(needed)_verified" && $0.value == "true" }
            })
        else {
            throw .invalidParameter(
                "The User Record does not set any of the auto verified attributes to true. "
                    + "(Example: email_verified to true).")
        }
        var user = PoolUser(
            poolID: pool.id, username: name.username, name: pool.folded(name.username), sub: name.sub,
            signInAttribute: name.attribute?.name, attributes: attributes, created: time, modified: time,
            isEnabled: true, status: .resetRequired)
        if pool.signsInWithoutPassword(user) { user.status = .confirmed }
        try Self.setFactor(values["cognito:mfa_enabled"]?.lowercased() ?? "", of: &user, pool)
        self.user = user
    }

    /// Dates are `mm/dd/yyyy` in files, and truth values in any case.
    private static func value(_ text: String, of column: String) -> String {
        if column.hasSuffix("_verified") { return text.lowercased() }
        let parts = text.split(separator: "/")
        guard column == "birthdate", parts.map(\.count) == [2, 2, 4] else { return text }
        return "\(parts[2])-\(parts[0])-\(parts[1])"
    }

    private static func setFactor(_ value: String, of user: inout PoolUser, _ pool: PoolEntry) throws(ServiceError) {
        let isWanted: Bool
        switch (value, pool.multiFactorMode) {
        case ("", let mode): isWanted = mode == .on
        case ("true", .on), ("true", .optional): isWanted = true
        case ("false", .off), ("false", .optional): isWanted = false
        default: throw .invalidParameter("cognito:mfa_enabled does not agree with the user pool.")
        }
        user.factors.isSMSEnabled =
            isWanted && pool.hasSMSFactor && user[attribute: "phone_number_verified"] == "true"
    }
}

extension PoolEntry {
    /// Whether a user can sign in by a code that is sent.
    fileprivate func signsInWithoutPassword(_ user: PoolUser) -> Bool {
        allowedFirstFactors.contains("EMAIL_OTP") && user[attribute: "email"] != nil
            || allowedFirstFactors.contains("SMS_OTP") && user[attribute: "phone_number"] != nil
    }
}
