import Directory
import KeyMaterial
import Ledger
import Platform
import Policy
import Wire

// Which grants count for a request. The policy engine decides by them; here they are only found.
// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html>

/// What can be granted.
enum GrantOperations {
    /// The operations that a grant may allow for a key.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations>
    static func allowed(for key: Key) -> Set<String> {
        let own: Set<String> =
            switch key.usage {
            case .encryptDecrypt where key.isSymmetricEncryptionKey:
                [
                    "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey",
                    "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
                ]
            case .encryptDecrypt: ["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GetPublicKey"]
            case .signVerify: ["Sign", "Verify", "GetPublicKey"]
            case .generateVerifyMAC: ["GenerateMac", "VerifyMac"]
            case .keyAgreement: ["DeriveSharedSecret", "GetPublicKey"]
            }
        return own.union(["CreateGrant", "DescribeKey", "RetireGrant"])
    }

    /// The actions that any grant could allow. To retire a grant is a matter of that grant alone.
    fileprivate static let all: Set<String> = [
        "Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext",
        "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext", "GetPublicKey", "Sign", "Verify", "GenerateMac",
        "VerifyMac", "DeriveSharedSecret", "CreateGrant", "DescribeKey",
    ]
}

/// Of how many grants that don't allow a request its explanation tells.
private let mostExplained = 8

extension Caller {
    /// All that a grant may call the caller.
    fileprivate var granteeNames: [String] {
        if let service = servicePrincipal { return [service.name] }
        guard isOfAWS else { return [] }
        return [uniqueID, arn, "arn:aws:iam::\(accountID):root"].compactMap { $0 }
    }
}

extension Call {
    /// The grants of a key that may allow the caller an action.
    /// - Parameters:
    ///   - tokens: the request's; a grant is in effect without its token, but a token has to be one.
    ///   - context: the request's encryption context.
    ///   - offered: the grant that is to be made by them.
    /// - Throws: InvalidGrantTokenException.
    /// - Complexity: a few look-ups in the ledger, and none for a key that never had a grant.
    func grants(
        of key: Key, forAction action: String, tokens: [String], context: [String: String], making offered: Grant?
    ) async throws(ServiceError) -> [KeyGrant] {
        let isGrantable = key.hasGrants && GrantOperations.all.contains(action)
        guard isGrantable || !tokens.isEmpty else { return [] }
        var parsed: [GrantToken] = []
        for token in tokens { parsed.append(try GrantToken(parsing: token)) }
        let (claims, names) = (parsed, caller.granteeNames)
        return try await environment.read(key.scope) { (records) throws(ServiceError) in
            for claim in claims { _ = try claim.grant(records) }
            guard isGrantable else { return [] }
            var found: [KeyGrant] = []
            // Those that nearly do are for the explanation.
            var others: [KeyGrant] = []
            for name in names {
                try records.eachGrant(of: key.id, to: name, action, context) { grant in
                    if let offered, !grant.covers(offered) { return true }
                    guard grant.allows(action, context) else {
                        if others.count < mostExplained, grant.operations.contains(action) {
                            others.append(grant.keyGrant)
                        }
                        return true
                    }
                    found.append(grant.keyGrant)
                    // One is enough, unless it depends on who asks on whose behalf.
                    return grant.sourceARN != nil
                }
            }
            return found.isEmpty ? others : found
        }
    }
}

extension Records {
    /// Passes the grants of a key to a grantee to `body`, until it returns false.
    fileprivate func eachGrant(
        of keyID: String, to grantee: String, _ action: String, _ context: [String: String],
        _ body: (Grant) -> Bool
    ) throws(ServiceError) {
        try eachReferrer(Grant.toGrantee, Grant.target(keyID, grantee), body)
        guard !context.isEmpty, !Grant.operationsWithoutContext.contains(action) else { return }
        try eachReferrer(Grant.toGranteeInContext, Grant.target(keyID, grantee, Grant.digest(of: context)), body)
    }

    private func eachReferrer(
        _ relation: String, _ target: String, _ body: (Grant) -> Bool
    ) throws(ServiceError) {
        let batch = 64
        var last: String?
        while true {
            let grants = try referrers(Grant.self, relation, to: target, after: last, limit: batch)
            for grant in grants where !body(grant) { return }
            guard grants.count == batch else { return }
            last = grants.last?.id
        }
    }
}

extension Grant {
    /// Whether it allows an action with an encryption context; the engine decides, this only saves it work.
    fileprivate func allows(_ action: String, _ context: [String: String]) -> Bool {
        guard operations.contains(action) else { return false }
        guard !Self.operationsWithoutContext.contains(action) else { return true }
        if let equals { return equals.isSameContext(as: context) }
        return context.holds(subset ?? [:])
    }

    /// Whether somebody who has the permission to make grants from this one alone may make another: it must allow no
    /// more, under conditions that are no weaker.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/create-grant-overview.html>
    func covers(_ other: Grant) -> Bool {
        guard Set(other.operations).isSubset(of: operations) else { return false }
        if let equals { guard other.equals?.isSameContext(as: equals) == true else { return false } }
        if let subset { guard (other.equals ?? other.subset)?.holds(subset) == true else { return false } }
        return sourceARN == nil || sourceARN == other.sourceARN
    }
}

extension [String: String] {
    /// Whether all pairs are among these, byte by byte: Swift would take some letters for each other that a ciphertext
    /// tells apart.
    func holds(_ pairs: [String: String]) -> Bool {
        pairs.allSatisfy { pair in
            contains { $0.key.utf8.elementsEqual(pair.key.utf8) && $0.value.utf8.elementsEqual(pair.value.utf8) }
        }
    }

    func isSameContext(as other: [String: String]) -> Bool { count == other.count && holds(other) }
}
