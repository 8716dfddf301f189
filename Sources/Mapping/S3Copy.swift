import Policy
public import Wire

/// A copy in S3: CopyObject or UploadPartCopy, which read the object that the header `x-amz-copy-source` names.
///
/// AWS: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
public struct S3Copy: Sendable, Equatable {
    /// The bucket of the source.
    public let bucket: String
    /// The key of the source, decoded.
    public let key: String
    /// nil: the current version.
    public let versionID: String?
    /// Whether the source's tags are copied, if it has any. Only S3 knows whether it has.
    public let copiesTags: Bool

    /// Nil for other operations, and for a source that can't be read: then the request is not mapped.
    public init?(_ operation: OperationShape, _ input: Structure) {
        guard Self.isCopy(operation), let copy = try? S3Copy(reading: operation, input) else { return nil }
        self = copy
    }

    static func isCopy(_ operation: OperationShape) -> Bool {
        operation.serviceID == "S3" && operation.input?.index(of: "CopySource") != nil
    }

    /// - Throws: for a text that servers read in more than one way.
    init(reading operation: OperationShape, _ input: Structure) throws(MappingFailure) {
        guard case .string(let text)? = input["CopySource"] else {
            throw MappingFailure(reason: "the request lacks the object that it copies")
        }
        let parts = text.split(separator: "?", omittingEmptySubsequences: false)
        let path = parts[0].utf8.first == UInt8(ascii: "/") ? parts[0].dropFirst() : parts[0]
        let names = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count < 3, names.count == 2, Self.isBucket(names[0]), let key = Self.key(names[1]) else {
            throw MappingFailure(reason: "which object x-amz-copy-source names can't be told")
        }
        if parts.count == 2 {
            let id = parts[1].dropFirst("versionId=".count)
            guard parts[1].hasPrefix("versionId="), !id.isEmpty,
                id.utf8.allSatisfy({ MappingWords.isLetterOrDigit($0) || [0x2D, 0x2E, 0x5F].contains($0) })
            else { throw MappingFailure(reason: "which version x-amz-copy-source names can't be told") }
            versionID = String(id)
        } else {
            versionID = nil
        }
        bucket = String(names[0])
        self.key = key
        copiesTags = operation.name == "CopyObject" && input["TaggingDirective"] != .string("REPLACE")
    }

    /// A name of a bucket. An ARN of an access point is none.
    private static func isBucket(_ text: Substring) -> Bool {
        text.utf8.count > 2 && text != ".."
            && text.utf8.allSatisfy { byte in
                MappingWords.isLetterOrDigit(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
            }
    }

    /// A key out of its percent-encoding; nil for one that a server could decode, resolve or cut to another.
    private static func key(_ text: Substring) -> String? {
        guard !text.utf8.contains(UInt8(ascii: "+")), let key = text.percentDecoded(), !key.isEmpty,
            !key.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
            ),
            key.utf8.first != UInt8(ascii: "/")
        else { return nil }
        // What is encoded twice is another key for who decodes twice.
        if let again = key[...].percentDecoded(), again != key { return nil }
        let segments = key.split(separator: "/", omittingEmptySubsequences: false)
        return segments.contains { $0 == "." || $0 == ".." } ? nil : key
    }

    // MARK: What it asks for

    private var source: String { "\(bucket)/\(key)" }

    /// To read the source.
    func reading(in place: Place) throws(MappingFailure) -> MappedAccess {
        try access(versionID == nil ? "GetObject" : "GetObjectVersion", in: place)
    }

    private func access(_ action: String, in place: Place) throws(MappingFailure) -> MappedAccess {
        let arn = "arn:\(place.partition):s3:::\(source)"
        guard arn.utf8.count < 2048 else { throw MappingFailure(reason: "the key of the source is too long") }
        return MappedAccess(
            action: "s3:\(action)", resource: arn, context: versionID.map { ["s3:versionid": .one($0)] } ?? [:])
    }

    /// The condition keys that the copy itself has, besides those that its other members are.
    var keys: [String: ContextValue] { ["s3:x-amz-copy-source": .one("/\(source)")] }

    /// What is asked when the source's tags are copied with it: to read them, and to give them to the copy.
    /// - Parameters:
    ///   - tags: of the source.
    ///   - mapped: what is asked for the copy.
    public func addingTags(_ tags: [(key: String, value: String)], to mapped: MappedRequest, in place: Place)
        -> MappedRequest
    {
        guard !tags.isEmpty, case .accesses(var accesses, let source) = mapped,
            let written = accesses.first(where: { $0.action == "s3:PutObject" }),
            let reading = try? access(versionID == nil ? "GetObjectTagging" : "GetObjectVersionTagging", in: place)
        else { return mapped }
        var context = written.context
        context.merge(S3ObjectTags.context(of: tags)) { $1 }
        for index in accesses.indices where accesses[index].action.hasPrefix("s3:Put") {
            accesses[index].context.merge(context) { own, _ in own }
        }
        accesses.append(reading)
        if !accesses.contains(where: { $0.action == "s3:PutObjectTagging" }) {
            accesses.append(MappedAccess(action: "s3:PutObjectTagging", resource: written.resource, context: context))
        }
        return .accesses(accesses, by: source)
    }

    /// What is asked of the source, for people.
    static let described = MappingDescription.Access(
        action: "s3:GetObject", resources: ["arn:{partition}:s3:::{CopySource}"],
        conditions: ["or s3:GetObjectVersion, if it names a version"], keys: [])
}
