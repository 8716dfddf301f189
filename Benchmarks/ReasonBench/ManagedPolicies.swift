import BundledData
import Policy
import Reasoning

/// AWS's managed policies, as they are bundled.
struct ManagedPolicies {
    let named: [(name: String, document: String)]

    init() {
        let bytes = UnsafeBufferPointer(
            start: gatehouse_managed_policies(), count: gatehouse_managed_policies_length())
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        named = lines.compactMap { line in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard let name = columns.first, let document = columns.last, document.hasPrefix("{") else { return nil }
            return (String(name), String(document))
        }
    }

    static func compiled(_ name: String, _ text: String, _ type: PolicyType = .identity) -> CompiledPolicy {
        do {
            let document = try PolicyDocument(parsing: text, as: type, strictness: .evaluable)
            return CompiledPolicy(document, source: PolicySource(type: type, name: name))
        } catch {
            fatalError("\(name): \(error)")
        }
    }
}
