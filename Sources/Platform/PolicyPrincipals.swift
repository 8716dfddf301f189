public import Directory
public import Policy
import Wire

// Whom resource-based policies name. A policy is kept with the unique ids of users and roles in place of their ARNs, so
// that a later namesake gets nothing by it.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-users>

extension PolicyDocument {
    /// The document's text as it is kept: with the users and roles of this Gatehouse named by their unique ids.
    public func kept(_ directory: IdentityDirectory) -> String {
        replacingPrincipals { directory.uniqueID(ofARN: $0) }
    }

    /// A kept document as it is shown: with ARNs again, except for the unique ids of principals that no longer exist.
    /// A text that can't be read is shown as it is.
    /// - Parameter type: what kind of policy it is.
    public static func shown(_ text: String, as type: PolicyType, _ directory: IdentityDirectory) -> String {
        guard mayNameUniqueID(text),
            let document = try? PolicyDocument(parsing: text, as: type, strictness: .evaluable)
        else { return text }
        return document.replacingPrincipals { directory.arn(ofUniqueID: $0) }
    }

    /// Whether `AIDA` or `AROA` is in a text.
    private static func mayNameUniqueID(_ text: String) -> Bool {
        var last: UInt32 = 0
        return text.utf8.contains { byte in
            last = last << 8 | UInt32(byte)
            return last == 0x41_49_44_41 || last == 0x41_52_4F_41
        }
    }

    /// The document's text with its AWS principals replaced where there is something to replace them with; all else
    /// stays as it was written.
    private func replacingPrincipals(with replacement: (String) -> String?) -> String {
        var bytes = Array(text.utf8)
        // From last to first, so that earlier positions remain valid.
        for principal in principals.joined().reversed() where principal.type.lowercased() == "aws" {
            guard let new = replacement(principal.value) else { continue }
            let start = principal.position.offset
            guard bytes.indices.contains(start), bytes[start] == UInt8(ascii: "\"") else { continue }
            var end = start + 1
            while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
                end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard end < bytes.count else { continue }
            // A path may hold quotation marks.
            var writer = JSONWriter()
            writer.string(new)
            bytes.replaceSubrange(start...end, with: writer.bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension IdentityDirectory {
    /// The unique id of the user or role with an ARN; nil when there is none here.
    public func uniqueID(ofARN text: String) -> String? {
        guard let arn = ARN(parsing: text), arn.service == "iam", let (type, rest) = arn.typeAndRest,
            let name = rest.split(separator: "/").last
        else { return nil }
        switch type {
        case "user": return user(named: String(name), in: arn.account)?.uniqueID
        case "role": return role(named: String(name), in: arn.account)?.uniqueID
        default: return nil
        }
    }

    /// The ARN of the user or role with a unique id; nil when there is none, or no longer.
    public func arn(ofUniqueID id: String) -> String? { user(uniqueID: id)?.arn ?? role(uniqueID: id)?.arn }

    /// Whether a resource-based policy may name a principal: users and roles of accounts that are here must exist. Of
    /// other accounts nothing is known.
    public func mayExist(_ principal: PrincipalEntry) -> Bool {
        switch principal.type.lowercased() {
        case "aws": principal.value == "*" || mayExist(principal.value)
        case "service":
            principal.value.hasSuffix(".amazonaws.com") || principal.value.hasSuffix(".aws.internal")
        default: true
        }
    }

    /// Whether a text names an account, or a user, role or session of one that may exist.
    public func mayExist(_ value: String) -> Bool {
        if isAccountID(value) { return true }
        if user(uniqueID: value) != nil || role(uniqueID: value) != nil { return true }
        guard let arn = ARN(parsing: value), arn.region.isEmpty, isAccountID(arn.account) else { return false }
        if arn.resource == "root" { return arn.service == "iam" }
        guard let (type, rest) = arn.typeAndRest, let name = rest.split(separator: "/").last else { return false }
        guard account(arn.account) != nil else { return true }
        switch (arn.service, type) {
        case ("iam", "user"): return user(named: String(name), in: arn.account)?.arn == value
        case ("iam", "role"): return role(named: String(name), in: arn.account)?.arn == value
        case ("sts", "assumed-role"):
            guard let role = rest.split(separator: "/").first else { return false }
            return self.role(named: String(role), in: arn.account) != nil
        case ("sts", "federated-user"): return true
        default: return false
        }
    }

    private func isAccountID(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
