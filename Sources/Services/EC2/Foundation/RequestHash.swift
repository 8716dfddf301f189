import Crypto
import Platform
import Wire

/// What tells two requests with the same client token apart.
enum RequestHash {
    /// Of what a request says.
    static func of(_ input: Structure) -> String {
        SHA256.hash(data: Array(input.json.utf8)).prefix(16).map { String($0, radix: 16) }.joined(separator: ".")
    }
}

extension String? {
    /// The text; nil also for an empty one, which clients send for what they were not given.
    var given: String? { flatMap { $0.isEmpty ? nil : $0 } }
}

extension ServiceError {
    /// For a client token that another request has used.
    static var tokenOfAnother: ServiceError {
        .ec2(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
    }
}
