import AWSConfigAPI
import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// A record that has tags, and by whose ARN they are found.
protocol TaggedResource: Record {
    var arn: String { get }
    var tags: [Tag] { get set }
}

/// The kinds of records that have tags.
let taggedResources: [any TaggedResource.Type] = [
    Recorder.self, Aggregator.self, AggregationAuthorization.self, StoredQuery.self, StoredRule.self,
    StoredPack.self,
]

/// The tags of all that has any, for policies that ask for them.
final class ConfigTagIndex: Projection {
    static let kinds: Set<String> = Set(taggedResources.map { $0.kind })

    /// A thing that is there.
    struct Entry: Sendable {
        let kind: String
        let scope: Scope
        let id: String
        let tags: [Tag]
    }

    private struct State {
        /// By ARN.
        var entries: [String: Entry] = [:]
        /// ARNs by kind, scope and id.
        var names: [String: String] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            guard let type = taggedResources.first(where: { $0.kind == change.kind }) else { continue }
            let key = "\(change.kind) \(change.scope.account) \(change.scope.region) \(change.id)"
            let found = try read(change, type)
            state.withLock { state in
                if let old = state.names.removeValue(forKey: key) { state.entries[old] = nil }
                guard let found else { return }
                state.names[key] = found.arn
                state.entries[found.arn] = Entry(
                    kind: change.kind, scope: change.scope, id: change.id, tags: found.tags)
            }
        }
    }

    private func read<R: TaggedResource>(
        _ change: Change, _ type: R.Type
    ) throws(LedgerError) -> (arn: String, tags: [Tag])? {
        try change.decodeAfter(type).map { ($0.arn, $0.tags) }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// nil: there is no such thing.
    func entry(of arn: String) -> Entry? { state.withLock { $0.entries[arn] } }
}

extension ResourceType {
    /// All that AWS Config has, with its tags.
    static let ofConfig = ResourceType("config", "", hasOwnTagKey: false) { access, _, call in
        call.environment.projection(ConfigTagIndex.self).entry(of: access.resource).map { Resource(tags: $0.tags) }
    }
}

extension TagRules {
    static let ofConfig = TagRules(
        keys: .exact, most: 50,
        duplicate: AWSConfig.Failure.validationException("Duplicate tag keys are not allowed."),
        reserved: { AWSConfig.Failure.validationException("Tag keys can't begin with aws:, as \($0) does.") },
        tooMany: AWSConfig.Failure.tooManyTagsException(
            "You have reached the limit of the number of tags you can use. For more information, see Service Limits in"
                + " the AWS Config Developer Guide."))
}

extension RecordReading {
    /// The thing of an ARN, if its tags can be asked for by the caller.
    /// - Throws: ResourceNotFoundException.
    fileprivate func tagged(_ arn: String, _ call: Call) throws(ServiceError) -> any TaggedResource {
        if let entry = call.environment.projection(ConfigTagIndex.self).entry(of: arn), entry.scope == scope,
            let type = taggedResources.first(where: { $0.kind == entry.kind }),
            let found = try find(type, entry.id), found.arn == arn
        {
            return found
        }
        throw AWSConfig.Failure.resourceNotFoundException("The resource '\(arn)' does not exist.")
    }

    private func find<R: TaggedResource>(_ type: R.Type, _ id: String) throws(ServiceError) -> (any TaggedResource)? {
        try get(type, id)
    }
}

extension MutableRecords {
    fileprivate func putTagged(_ record: some TaggedResource) throws(ServiceError) { try put(record) }
}

extension AWSConfig.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.configAccess(
                input.resourceArn,
                ConditionKeys.requestTags(input.tags.map { Tag(key: $0.key ?? "", value: $0.value ?? "") })))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var found = try records.tagged(input.resourceArn, call)
        found.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: found.tags)
        try records.putTagged(found)
        return Output()
    }
}

extension AWSConfig.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(input.resourceArn, ConditionKeys.tagKeys(input.tagKeys)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var found = try records.tagged(input.resourceArn, call)
        found.tags = TagRules.ofConfig.remove(input.tagKeys, from: found.tags)
        try records.putTagged(found)
        return Output()
    }
}

extension AWSConfig.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(input.resourceArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found = try records.tagged(input.resourceArn, call)
        let page = page(found.tags, by: \.key, try ConfigPage.paging(input, usual: 50))
        return Output(page) { tag in
            AWSConfig.Tag {
                $0.key = tag.key
                $0.value = tag.value
            }
        }
    }
}

extension Tag {
    /// The tags of a request.
    /// - Throws: ValidationException for one without a key.
    static func config(_ tags: [AWSConfig.Tag]?) throws(ServiceError) -> [Tag] {
        var all: [Tag] = []
        for tag in tags ?? [] {
            guard let key = tag.key else { throw AWSConfig.Failure.validationException("A tag needs a key.") }
            all.append(Tag(key: key, value: tag.value ?? ""))
        }
        return all
    }
}

/// The pages of lists.
enum ConfigPage {
    /// - Throws: InvalidNextTokenException for a token that is not one of ours.
    static func paging<F: PageRequestFields>(
        _ input: View<F>, usual: Int, most: Int = 100
    ) throws(ServiceError) -> Paging {
        try paging(input.pageToken, input.pageLimit, usual: usual, most: most)
    }

    static func paging(
        _ token: String?, _ limit: Int?, usual: Int, most: Int = 100
    ) throws(ServiceError) -> Paging {
        let asked = limit ?? 0
        do throws(ServiceError) {
            return try Paging(marker: token, maxItems: asked <= 0 ? usual : min(asked, most))
        } catch {
            throw AWSConfig.Failure.invalidNextTokenException("The specified next token is not valid.")
        }
    }
}
