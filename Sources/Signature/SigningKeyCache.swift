import Synchronization

/// Derived signing keys by access key and scope: to derive one takes as long as several signatures. Bounded: two generations,
/// the older of which is forgotten when the younger is full.
///
/// ```swift
/// let keys = SigningKeyCache(capacity: 256)
/// let signer = SignatureSigner(credentials: credentials, region: "us-east-1", service: "iam", keys: keys)
/// ```
public final class SigningKeyCache: Sendable {
    private struct Owner: Hashable {
        var accessKeyID: String
        var scope: SigningScope
    }

    private struct Entry {
        // A key id may come back with another secret (a store that was wiped): then what is here is worthless.
        var secretAccessKey: String
        var key: SigningKey
    }

    private struct Generations {
        var young: [Owner: Entry] = [:]
        var old: [Owner: Entry] = [:]
    }

    private let generations = Mutex(Generations())
    private let generationCapacity: Int

    /// An empty cache.
    /// - Parameter capacity: how many keys to keep at most, at about half a kilobyte each.
    public init(capacity: Int) {
        generationCapacity = max(1, capacity / 2)
    }

    func key(of accessKeyID: String, scope: SigningScope, secretAccessKey: String) -> SigningKey? {
        let owner = Owner(accessKeyID: accessKeyID, scope: scope.ofKey)
        return generations.withLock { generations in
            guard let entry = generations.young[owner] ?? generations.old[owner],
                entry.secretAccessKey == secretAccessKey
            else { return nil }
            return entry.key
        }
    }

    func insert(_ key: SigningKey, of accessKeyID: String, scope: SigningScope, secretAccessKey: String) {
        let owner = Owner(accessKeyID: accessKeyID, scope: scope.ofKey)
        let entry = Entry(secretAccessKey: secretAccessKey, key: key)
        generations.withLock { generations in
            if generations.young.count >= generationCapacity {
                generations.old = generations.young
                generations.young.removeAll(keepingCapacity: true)
            }
            generations.young[owner] = entry
        }
    }

    func removeAll() {
        generations.withLock { $0 = Generations() }
    }
}
