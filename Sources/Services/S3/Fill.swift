import FoundationEssentials
import Ledger
public import Platform
import Wire

extension Environment {
    /// Makes a bucket full of small objects without being asked through the API, for measuring: a thousand in each folder,
    /// in ascending order of their keys, so that the database is written from one end to the other.
    public func fillS3(account: String, bucket: String, objects: Int) async throws {
        guard objects > 0 else { return }
        let keys = (0..<objects).lazy.map { "folder-\(padded($0 / 1000))/object-\(padded($0))" }
        try await fillS3(account: account, bucket: bucket, keys: keys)
    }

    /// Makes a bucket of small objects, all of the same content, without being asked through the API.
    /// - Parameter keys: each once.
    public func fillS3(account: String, bucket: String, keys: some Sequence<String>) async throws {
        let (time, batch) = (now(), 1000)
        let scope = Scope(account: account, region: region)
        let body = Data("a small object".utf8)
        try await write(scope, requestID: "") { (records) throws(ServiceError) in
            try records.shared.put(Bucket(name: bucket, accountID: account, region: scope.region, creationDate: time))
        }
        var (rest, sequence) = (keys.makeIterator(), Int64(0))
        while true {
            var versions: [ObjectVersion] = []
            while versions.count < batch, let key = rest.next() {
                sequence += 1
                var version = ObjectVersion(key: key, sequence: sequence, versionID: nil, modified: time)
                version.size = Int64(body.count)
                version.etag = "5d41402abc4b2a76b9719d911017c592"
                version.content = ObjectVersion.Content(rest: .plain(body))
                versions.append(version)
            }
            guard !versions.isEmpty else { return }
            try await write(scope, requestID: "") { [versions] (records) throws(ServiceError) in
                for version in versions { try records.shared.put(CurrentObject(bucket: bucket, version: version)) }
            }
        }
    }
}

/// A number in eight digits.
private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
}
