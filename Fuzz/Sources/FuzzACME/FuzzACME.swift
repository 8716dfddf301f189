import ACME
import FuzzDriver
import Wire

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// A request of ACME's, with what may be within it: keys, account bindings, orders. A key that is taken has to be one that can be
/// kept, and nothing signs itself.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let request = try? SignedRequest(parsing: bytes) else { return 0 }
    guard let content = try? request.object() else { return 0 }
    if case .key(let key) = request.signer {
        guard AccountKey(canonical: key.canonical) == key else { fatalError("a key can't be kept") }
        _ = request.isSigned(by: key)
        _ = request.isAuthenticated(by: bytes)
        if let binding = try? ExternalAccountBinding(
            content["externalAccountBinding"] ?? content, for: key, url: request.url)
        {
            _ = binding.isMade(with: bytes)
        }
    }
    _ = try? SignedRequest(content)
    if let names = try? OrderedName.all(in: content) {
        guard names.allSatisfy({ OrderedName($0.text) == $0 }) else { fatalError("a name is not itself") }
    }
    return 0
}
