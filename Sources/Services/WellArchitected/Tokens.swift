import Crypto
import Ledger
import Platform
import Wire

// Requests that are sent again with their client request token make nothing a second time.
// <https://docs.aws.amazon.com/wellarchitected/latest/APIReference/API_CreateWorkload.html>

extension MutableRecords {
    /// Makes something, unless a request with the same token already has.
    /// - Parameter make: gives the id of what was made.
    /// - Returns: the id, of what was made now or then.
    /// - Throws: what `make` throws; ConflictException for a token that came with another request.
    func once(
        _ token: String, _ input: Structure, _ call: Call, _ make: () throws(ServiceError) -> String
    ) throws(ServiceError) -> String {
        guard !token.isEmpty else { return try make() }
        let digest = Self.digest("\(call.operation) \(token)")
        let request = Self.digest(input.json)
        if let known = try get(AnsweredToken.self, RowKey(.text(digest))), known.expires > call.time {
            guard known.request == request else {
                throw .reviewConflict(
                    "CLIENT_REQUEST_TOKEN", token, "The client request token was used with another request.")
            }
            return known.made
        }
        for old in try list(AnsweredToken.self, by: AnsweredToken.byExpiration, limit: 16) where old.expires < call.time
        {
            try delete(AnsweredToken.self, old.key)
        }
        let made = try make()
        try put(AnsweredToken(digest: digest, request: request, made: made, expires: call.time + AnsweredToken.life))
        return made
    }

    private static func digest(_ text: String) -> String { ReviewName.hex(SHA256.hash(data: Array(text.utf8))) }
}
