import Directory
import Platform
import Policy
import Wire

/// Policy documents on their way in and out.
enum Documents {
    /// Checks a document before it is stored.
    /// - Throws: MalformedPolicyDocument with AWS's text.
    static func check(_ text: String, as type: PolicyType) throws(ServiceError) -> PolicyDocument {
        do throws(PolicyError) {
            return try PolicyDocument(parsing: text, as: type)
        } catch {
            throw .malformedPolicyDocument(error.message)
        }
    }

    /// Checks a role's trust policy: the document, its size, and that whom it names exists.
    /// - Throws: MalformedPolicyDocument, LimitExceeded.
    static func checkTrust(_ text: String, _ call: Call) throws(ServiceError) {
        let document = try check(text, as: .roleTrust)
        let limit = call.quotas[.assumeRolePolicySize]
        guard document.nonWhitespaceCount <= limit else { throw .quotaExceeded("ACLSizePerRole", limit) }
        for principal in document.principals.joined() {
            guard exists(principal, call) else {
                throw .malformedPolicyDocument(
                    "Invalid principal in policy: \"\(principal.type.uppercased())\":\"\(principal.value)\"")
            }
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
    private static func exists(_ principal: PrincipalEntry, _ call: Call) -> Bool {
        switch principal.type.lowercased() {
        case "aws":
            let value = principal.value
            if value == "*" || isAccountID(value) { return true }
            guard let arn = ARN(parsing: value), arn.region.isEmpty, isAccountID(arn.account) else { return false }
            if arn.resource == "root" { return arn.service == "iam" }
            guard let (type, rest) = arn.typeAndRest, let name = rest.split(separator: "/").last else { return false }
            guard call.directory.account(arn.account) != nil else { return true }
            switch (arn.service, type) {
            case ("iam", "user"):
                return call.directory.user(named: String(name), in: arn.account)?.arn == value
            case ("iam", "role"):
                return call.directory.role(named: String(name), in: arn.account)?.arn == value
            case ("sts", "assumed-role"):
                guard let role = rest.split(separator: "/").first else { return false }
                return call.directory.role(named: String(role), in: arn.account) != nil
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
