import Directory
import Platform
import Policy
import Wire

/// Policy documents on their way in and out.
enum Documents {
    private static let checked = CheckedDocuments()

    /// Checks a document before it is stored.
    /// - Throws: MalformedPolicyDocument with AWS's text.
    static func check(
        _ text: String, as type: PolicyType, _ strictness: PolicyDocument.Strictness = .stored
    ) throws(ServiceError) -> PolicyDocument {
        do throws(PolicyError) {
            return try checked.document(text, as: type, strictness)
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
            guard call.directory.mayExist(principal) else {
                throw .malformedPolicyDocument(
                    "Invalid principal in policy: \"\(principal.type.uppercased())\":\"\(principal.value)\"")
            }
        }
        return document.kept(call.directory)
    }

    /// A stored trust policy as it is shown: with ARNs again, except for the unique ids of principals that no longer
    /// exist.
    static func shown(trust text: String, _ directory: IdentityDirectory) -> String {
        PolicyDocument.shown(text, as: .roleTrust, directory)
    }

    /// As AWS sends documents: percent-encoded as RFC 3986 has it.
    static func encoded(_ text: String) -> String {
        var text = text
        return text.withUTF8 { text in
            String(unsafeUninitializedCapacity: text.count * 3) { encoded in
                var count = 0
                for byte in text {
                    if isUnreserved(byte) {
                        encoded[count] = byte
                        count += 1
                    } else {
                        encoded[count] = UInt8(ascii: "%")
                        encoded[count + 1] = hexDigit(byte >> 4)
                        encoded[count + 2] = hexDigit(byte & 15)
                        count += 3
                    }
                }
                return count
            }
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") - 10 + value
    }
}
