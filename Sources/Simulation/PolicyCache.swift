import Policy

/// Compiled documents that were seen lately, by what they were read as. What it keeps is bounded.
struct PolicyCache {
    private struct Key: Hashable {
        var place: String
        var text: ArraySlice<UInt8>

        func hash(into hasher: inout Hasher) {
            hasher.combine(place)
            text.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    private var policies: [Key: CompiledPolicy] = [:]
    private var size = 0
    /// In bytes of documents; what is compiled of them takes a multiple.
    private let limit: Int

    init(limit: Int = 2 << 20) {
        self.limit = limit
    }

    /// Organizations stores no other control policies than those that it has checked, so none can bind a request.
    private static func strictness(of type: PolicyType) -> PolicyDocument.Strictness {
        switch type {
        case .serviceControl, .resourceControl: .stored
        case .identity, .permissionsBoundary, .session, .resource, .roleTrust, .endpoint: .evaluable
        }
    }

    /// - Parameter place: where the document stands in its case (`scps[0][1]`); it becomes the policy's name.
    /// - Throws: with AWS's words, the place, line and column.
    mutating func policy(
        _ json: RawJSON, as type: PolicyType, at place: String
    ) throws(SimulationError) -> CompiledPolicy {
        let key = Key(place: place, text: json.bytes)
        if let known = policies[key] { return known }
        guard json.isObject || json.isString else {
            throw SimulationError("\(place) is no policy document: that is an object, or a string that holds one")
        }
        let text = try json.string() ?? String(decoding: json.bytes, as: UTF8.self)
        let document: PolicyDocument
        do throws(PolicyError) {
            document = try PolicyDocument(parsing: text, as: type, strictness: Self.strictness(of: type))
        } catch {
            throw SimulationError("\(place): \(error)")
        }
        let policy = CompiledPolicy(document, source: PolicySource(type: type, name: place))
        if size >= limit {
            policies.removeAll(keepingCapacity: true)
            size = 0
        }
        // A copy of its own, so that it does not keep the whole line.
        policies[Key(place: place, text: ArraySlice(Array(json.bytes)))] = policy
        size += json.bytes.count
        return policy
    }
}
