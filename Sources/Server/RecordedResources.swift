import Catalogue
import Directory
import Platform
public import Policy
public import Wire

/// The resource's side of requests, as a Gatehouse's data has it.
public struct RecordedResource: Sendable {
    /// Its ARN.
    public let arn: String
    /// The account that owns it.
    public let owner: String
    /// Patterns for it and for what is in it, such as a bucket's objects.
    public let patterns: [String]
    private let found: AnalyzedResource
    /// The resource control policies of its account.
    private let resourceControl: [PolicySet]?

    fileprivate init(_ found: AnalyzedResource, holding inner: [String], _ resourceControl: [PolicySet]?) {
        arn = found.arn
        patterns = [arn] + inner.map { found.arn + $0 }
        owner = found.owner
        self.found = found
        self.resourceControl = resourceControl
    }

    /// Takes what the resource says into what binds a caller.
    /// - Parameter action: whose service resource control policies are for, or not.
    public func bind(_ inputs: inout PolicyInputs, for action: String) {
        if found.policy?.source.type == .roleTrust {
            // Only whoever asks for a session is asked for the trust policy.
            if action.lowercased().hasPrefix("sts:") { inputs.roleTrust = found.policy }
        } else {
            inputs.resource = found.policy
        }
        inputs.accessControlList = found.accessControlList
        inputs.restrictsPublicBuckets = found.restrictsPublicBuckets
        inputs.grants = found.grants
        if !found.isBeyondResourceControl, ResourceControl.governs(action: action) {
            inputs.resourceControlLevels = resourceControl
        }
    }

    /// The condition keys that the resource brings, in lower case; nil: it has no such key.
    public func context(_ keys: Set<String>) -> [String: String?] {
        var context: [String: String?] = [:]
        for key in keys {
            if case .one(let value)? = found.context[key] { context[key] = value }
            if key == "aws:resourceaccount" { context[key] = owner }
            guard key.hasPrefix("aws:resourcetag/") else { continue }
            let name = key.dropFirst("aws:resourcetag/".count)
            context[key] = .some(found.tags.first { $0.key.lowercased() == name }?.value)
        }
        return context
    }
}

extension RecordedEstate {
    /// The resources that a pattern for an action's resources may be about, of the types whose side is known: buckets,
    /// KMS keys and roles.
    ///
    /// - Parameters:
    ///   - pattern: an ARN, or one with `*` and `?`.
    ///   - action: the action; one with a wildcard before the colon is about all services.
    /// - Throws: `StartError` for what can't be read.
    public func resources(_ pattern: String, for action: String) async throws(StartError) -> [RecordedResource] {
        let service = action.prefix { $0 != ":" }.lowercased()
        var found: [RecordedResource] = []
        do throws(ServiceError) {
            for type in environment.analyzedResources where service == "*" || type.actionPrefix == service {
                for arn in try await arns(of: type, pattern) {
                    guard let resource = try await type.fetch(arn, environment) else { continue }
                    let levels = environment.directory.membership(ofAccount: resource.owner)?.resourceControl
                    found.append(RecordedResource(resource, holding: type.innerResources, levels))
                }
            }
        } catch {
            throw StartError(error.logText)
        }
        return found
    }

    /// The resources of a type that a pattern names, or that hold what it names.
    private func arns(of type: AnalyzedResourceType, _ pattern: String) async throws(ServiceError) -> [String] {
        let isPattern = pattern.contains { $0 == "*" || $0 == "?" }
        if !isPattern, type.innerResources.isEmpty { return [pattern] }
        if let bucket = Self.bucket(pattern), !bucket.contains(where: { $0 == "*" || $0 == "?" }) {
            return ["arn:aws:s3:::\(bucket)"]
        }
        let wanted = Wildcards(pattern)
        var arns: [String] = []
        for account in accounts {
            for region in type.isGlobal ? [environment.region] : Regions.all {
                var after: String?
                repeat {
                    let part = try await type.list(account, region, after, 256, environment)
                    arns += part.arns.filter { arn in
                        wanted.matches(arn) || type.innerResources.contains { Self.overlaps(pattern, arn + $0) }
                    }
                    after = part.next
                } while after != nil
            }
        }
        return arns
    }

    private static func bucket(_ pattern: String) -> String? {
        let prefix = "arn:aws:s3:::"
        guard pattern.hasPrefix(prefix) else { return nil }
        return String(pattern.dropFirst(prefix.utf8.count).prefix { $0 != "/" })
    }

    /// Whether a pattern may be about something within a resource: what comes before the first wildcards agrees.
    private static func overlaps(_ pattern: String, _ other: String) -> Bool {
        let fixed = pattern.prefix { $0 != "*" && $0 != "?" }
        let stem = other.prefix { $0 != "*" }
        return fixed.hasPrefix(stem) || stem.hasPrefix(fixed)
    }
}
