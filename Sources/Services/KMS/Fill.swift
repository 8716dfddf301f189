import FoundationEssentials
import KeyMaterial
import Ledger
public import Platform
import Wire

extension Environment {
    /// Makes keys and grants without being asked through the API, for measuring. The first key has the alias
    /// `alias/bench`; each key has its share of the grants, one of which allows the grantee everything, and the others
    /// allow it to somebody else. Their ids ascend, so that the database is written from one end to the other.
    /// - Parameter grantee: a unique id.
    public func fillKMS(account: String, keys: Int, grants: Int, grantee: String) async throws {
        let (time, scope, batch) = (now(), Scope(account: account, region: region), 200)
        let share = keys > 0 ? grants / keys : 0
        for start in stride(from: 0, to: keys, by: batch) {
            try await write(scope, requestID: "") { (records) throws(ServiceError) in
                for number in start..<min(keys, start + batch) {
                    let material = try using { () throws(KeyMaterialError) in
                        try KeyMaterial.generate(.symmetricDefault)
                    }
                    var key = Key(
                        id: "00000000-0000-4000-8000-" + digits(number, 12), accountID: account, region: scope.region,
                        creationDate: time, spec: .symmetricDefault, usage: .encryptDecrypt, origin: .kms,
                        policy: KeyPolicies.standard(account), state: .enabled)
                    key.hasGrants = share > 0
                    try key.begin(with: material, records)
                    try records.put(key)
                    if number == 0 {
                        try records.put(
                            Alias(id: "alias/bench", keyID: key.id, creationDate: time, lastUpdatedDate: time))
                    }
                    for index in 0..<share {
                        try records.put(
                            Grant(
                                id: digits(number * share + index, 64), keyID: key.id,
                                grantee: index == 0 ? grantee : "AROA\(index)", retiring: nil, retiringAccountID: nil,
                                operations: ["Encrypt", "Decrypt", "GenerateDataKey", "DescribeKey"], equals: nil,
                                subset: nil, sourceARN: nil, name: nil, issuer: account, creationDate: time,
                                tokenKey: Data(Identifiers.randomBytes(32))))
                    }
                }
            }
        }
    }
}

/// A number in so many hexadecimal digits.
private func digits(_ number: Int, _ count: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
}
