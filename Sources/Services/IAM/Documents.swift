import Directory
import Platform
import Policy
import Wire

/// Policy documents on their way in and out.
enum Documents {
    /// Checks a document before it is stored.
    /// - Throws: MalformedPolicyDocument with AWS's text.
    static func check(
        _ text: String, as type: PolicyType, _ strictness: PolicyDocument.Strictness = .stored
    ) throws(ServiceError) -> PolicyDocument {
        do throws(PolicyError) {
            return try PolicyDocument(parsing: text, as: type, strictness: strictness)
        } catch {
            throw .malformedPolicyDocument(error.message)
        }
    }

    /// Checks a role's trust policy (the document, its size, and that whom it names exists), and gives it as it is
    /// kept: with users and roles of this Gatehouse named by their unique ids, so that a later namesake is not trusted.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-users>
    /// - Throws: MalformedPolicyDocument, LimitExceeded.
    static func kept(trust text: String, _ call: Call) throws(ServiceError) -> String {
        let document = try check(text, as: .roleTrust)
        let limit = call.quotas[.assumeRolePolicySize]
        guard document.nonWhitespaceCount <= limit else { throw .quotaExceeded("ACLSizePerRole", limit) }
        for principal in document.principals.joined() {
            guard exists(principal, call.directory) else {
                throw .malformedPolicyDocument(
                    "Invalid principal in policy: \"\(principal.type.uppercased())\":\"\(principal.value)\"")
            }
        }
        return replacingPrincipals(in: document) { uniqueID(ofARN: $0, call.directory) }
    }

    /// A stored trust policy as it is shown: with ARNs again, except for the unique ids of principals that no longer
    /// exist.
    static func shown(trust text: String, _ directory: IdentityDirectory) -> String {
        guard mayNameUniqueID(text),
            let document = try? PolicyDocument(parsing: text, as: .roleTrust, strictness: .evaluable)
        else { return text }
        return replacingPrincipals(in: document) {
            directory.user(uniqueID: $0)?.arn ?? directory.role(uniqueID: $0)?.arn
        }
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
    private static func replacingPrincipals(
        in document: PolicyDocument, with replacement: (String) -> String?
    ) -> String {
        var bytes = Array(document.text.utf8)
        // From last to first, so that earlier positions remain valid.
        for principal in document.principals.joined().reversed() where principal.type.lowercased() == "aws" {
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

    private static func uniqueID(ofARN text: String, _ directory: IdentityDirectory) -> String? {
        guard let arn = ARN(parsing: text), arn.service == "iam", let (type, rest) = arn.typeAndRest,
            let name = rest.split(separator: "/").last
        else { return nil }
        switch type {
        case "user": return directory.user(named: String(name), in: arn.account)?.uniqueID
        case "role": return directory.role(named: String(name), in: arn.account)?.uniqueID
        default: return nil
        }
    }

    /// As AWS sends documents: percent-encoded as RFC 3986 has it.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count * 2)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Users and roles of accounts that are here must exist. Of other accounts nothing is known.
    private static func exists(_ principal: PrincipalEntry, _ directory: IdentityDirectory) -> Bool {
        switch principal.type.lowercased() {
        case "aws":
            let value = principal.value
            if value == "*" || isAccountID(value) { return true }
            if directory.user(uniqueID: value) != nil || directory.role(uniqueID: value) != nil { return true }
            guard let arn = ARN(parsing: value), arn.region.isEmpty, isAccountID(arn.account) else { return false }
            if arn.resource == "root" { return arn.service == "iam" }
            guard let (type, rest) = arn.typeAndRest, let name = rest.split(separator: "/").last else { return false }
            guard directory.account(arn.account) != nil else { return true }
            switch (arn.service, type) {
            case ("iam", "user"):
                return directory.user(named: String(name), in: arn.account)?.arn == value
            case ("iam", "role"):
                return directory.role(named: String(name), in: arn.account)?.arn == value
            case ("sts", "assumed-role"):
                guard let role = rest.split(separator: "/").first else { return false }
                return directory.role(named: String(role), in: arn.account) != nil
            case ("sts", "federated-user"): return true
            default: return false
            }
        case "service":
            return principal.value.hasSuffix(".amazonaws.com") || principal.value.hasSuffix(".aws.internal")
        default:
            return true
        }
    }

    private static func isAccountID(_ text: String) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
