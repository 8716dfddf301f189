import Directory
public import Mapping
public import Platform
public import Wire

/// What one operation teaches of the resource that it is about.
///
/// Whose policy or tags are kept says what the caller was allowed to touch, not what the endpoint answers: an endpoint can't make
/// Gatehouse believe anything of another resource.
struct KeptLesson: Sendable {
    /// The service in a credential scope.
    let service: String
    let operation: String
    /// Whether the answer's members say something; else it is enough that the call succeeded.
    var readsAnswer = false
    /// Whether the call changes nothing, so that what it says is mostly known.
    var isRead = false
    /// The errors that say something as well: that there is no policy.
    var codes: Set<String> = []
    let edits: @Sendable (KeptCall) -> [KeptEdit]

    /// The lessons, by service and operation.
    static let all: [String: KeptLesson] = Dictionary(
        (tables + queues + topics + functions + buses + secrets + buckets).map { ("\($0.service).\($0.operation)", $0) }
    ) { first, _ in first }

    static func of(_ operation: OperationShape) -> KeptLesson? {
        // S3 Control signs by the same name, and has operations of the same names on other things.
        guard operation.signingName != "s3" || operation.serviceID == "S3" else { return nil }
        return all["\(operation.signingName).\(operation.name)"]
    }
}

/// A call that the endpoint has answered, as lessons see it.
struct KeptCall {
    let input: Structure
    /// Empty unless the lesson reads answers.
    let output: Structure
    /// Of an answer that is one of the lesson's ``KeptLesson/codes``; nil: the call succeeded.
    let code: String?
    /// What the caller was allowed to touch by actions of the service itself, each once; without patterns.
    let resources: [ARN]
    let place: Place

    /// The one resource that the call is about; nil where it is about several, or about none that has a name.
    var resource: ARN? { resources.count == 1 ? resources.first : nil }

    /// A member of the input that is a text.
    func text(_ member: String) -> String? { input.text(member) }

    /// Changes what is kept of the one resource.
    func edit(_ change: @escaping @Sendable (inout KeptResource) -> Void) -> [KeptEdit] {
        resource.map { [KeptEdit(arn: $0, change: change)] } ?? []
    }

    /// Forgets the one resource, and what belongs to it.
    var forget: [KeptEdit] { resource.map { [.forget($0)] } ?? [] }
}

/// A change of what is kept of one resource.
struct KeptEdit: Sendable {
    let arn: ARN
    /// Whether all that was known before no longer counts, also of what is part of the resource: it is new, or gone.
    var startsAnew = false
    var change: @Sendable (inout KeptResource) -> Void = { _ in }

    static func forget(_ arn: ARN) -> KeptEdit { KeptEdit(arn: arn, startsAnew: true) }

    func apply(_ records: MutableRecords) throws(ServiceError) {
        let records = records.of(KeptResource.scope(arn))
        let id = KeptResource.id(arn)
        let known = try records.get(KeptResource.self, id)
        if startsAnew { try forgetParts(of: id, records) }
        var kept = (startsAnew ? nil : known) ?? KeptResource(arn: arn)
        change(&kept)
        if kept.isEmpty {
            if let known { try records.delete(known) }
        } else if known.map({ !$0.isLike(kept) }) ?? true {
            try records.put(kept)
        }
    }

    /// Versions of a function, and what belongs to a table or a stream: their ARNs begin with that of the whole. Elsewhere a
    /// longer name is another resource.
    private func forgetParts(of id: String, _ records: MutableRecords) throws(ServiceError) {
        let marks = ["lambda": ":", "dynamodb": "/", "kinesis": "/"]
        guard let mark = marks[arn.service] else { return }
        let beginning = id + mark
        var last = beginning
        while true {
            let parts = try records.list(KeptResource.self, after: last, limit: 100)
            for part in parts {
                guard part.id.utf8.starts(with: beginning.utf8) else { return }
                try records.delete(part)
            }
            guard parts.count == 100, let next = parts.last?.id else { return }
            last = next
        }
    }
}

extension KeptResources {
    /// Whether an operation's answer has to be read for what is kept of it; else it can pass without being looked at.
    public static func readsAnswer(to operation: OperationShape) -> Bool {
        KeptLesson.of(operation)?.readsAnswer ?? false
    }

    /// What has to be kept now that an endpoint has answered a call. It is to be written in the transaction that records the
    /// call, before the client gets the answer.
    ///
    /// Two calls that change the same resource at the same time may be written here in another order than the endpoint took them
    /// in; the next answer that shows the policy or the tags sets it right.
    ///
    /// - Parameters:
    ///   - operation: what was asked for.
    ///   - input: the request.
    ///   - answer: the output of a call that succeeded, empty unless ``readsAnswer(to:)`` says that it is needed; or its error.
    ///   - accesses: what the policies were asked about, and allowed.
    ///   - place: where the request was made.
    /// - Returns: nil where nothing changes.
    public func learn(
        from operation: OperationShape, _ input: Structure, _ answer: Result<Structure, ServiceError>,
        allowed accesses: [MappedAccess], in place: Place
    ) -> (@Sendable (MutableRecords) throws(ServiceError) -> Void)? {
        guard let lesson = KeptLesson.of(operation) else { return nil }
        let output: Structure
        var code: String?
        switch answer {
        case .success(let answer): output = answer
        case .failure(let error):
            guard lesson.codes.contains(error.code) else { return nil }
            (output, code) = (Structure(operation.output ?? .empty), error.code)
        }
        let call = KeptCall(
            input: input, output: output, code: code, resources: resources(of: accesses, lesson), place: place)
        let edits = lesson.edits(call).filter { !lesson.isRead || changesAnything($0) }
        guard !edits.isEmpty else { return nil }
        return { (records) throws(ServiceError) in
            for edit in edits { try edit.apply(records) }
        }
    }

    private func changesAnything(_ edit: KeptEdit) -> Bool {
        guard !edit.startsAnew else { return kept(edit.arn) != nil }
        let known = kept(edit.arn) ?? KeptResource(arn: edit.arn)
        var kept = known
        edit.change(&kept)
        return !kept.isLike(known)
    }

    /// The resources of the operation's own action, where that was asked about; else those of the service's other actions.
    private func resources(of accesses: [MappedAccess], _ lesson: KeptLesson) -> [ARN] {
        let own = accesses.filter { $0.action == "\(lesson.service):\(lesson.operation)" }
        var found: [ARN] = []
        for access in own.isEmpty ? accesses : own where access.action.utf8.starts(with: "\(lesson.service):".utf8) {
            guard let arn = ARN(parsing: access.resource), arn.service == lesson.service,
                arn.account.utf8.count == 12 || arn.isBucket
            else { continue }
            let canonical = canonical(arn)
            guard !canonical.resource.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }),
                !found.contains(canonical)
            else { continue }
            found.append(canonical)
        }
        return found
    }
}

extension Structure {
    /// A member that is a text.
    func text(_ member: String) -> String? {
        guard case .string(let text)? = self[member] else { return nil }
        return text
    }

    /// An entry of a member that is a map of texts.
    func text(_ member: String, _ key: String) -> String? {
        guard case .map(let entries)? = self[member],
            case .string(let text)? = entries.first(where: { $0.key == key })?.value
        else { return nil }
        return text
    }

    /// The elements of a member that is a list of texts.
    func texts(_ member: String) -> [String] {
        guard case .list(let elements)? = self[member] else { return [] }
        return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Tags, as the services have them: a map, or a list of keys and values. What is longer than any service allows is none.
    func tags(_ member: String) -> [Tag] {
        allTags(member).filter { $0.key.utf8.count <= 512 && $0.value.utf8.count <= 1024 }
    }

    private func allTags(_ member: String) -> [Tag] {
        switch self[member] {
        case .map(let entries)?:
            return entries.prefix(KeptResource.mostTags).compactMap { entry in
                if case .string(let value) = entry.value { Tag(key: entry.key, value: value) } else { nil }
            }
        case .list(let elements)?:
            return elements.prefix(KeptResource.mostTags).compactMap { element in
                guard case .structure(let tag) = element,
                    let key = tag.text("Key") ?? tag.text("key") ?? tag.text("TagKey")
                else { return nil }
                return Tag(key: key, value: tag.text("Value") ?? tag.text("value") ?? tag.text("TagValue") ?? "")
            }
        default: return []
        }
    }
}
