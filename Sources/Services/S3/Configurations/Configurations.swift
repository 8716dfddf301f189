import Ledger
import Platform
import Policy
import S3API
import Wire

// What a bucket is told by one operation and tells by another: it is kept as it came. What acts on it reads it from
// here.

extension RecordReading {
    /// All configurations of a bucket, in the order of their ids.
    /// - Complexity: linear in their number.
    func configurations(
        of bucket: String, _ subject: BucketConfiguration.Subject? = nil
    ) throws(ServiceError) -> [BucketConfiguration] {
        let prefix = subject.map { BucketConfiguration.id(bucket, $0) } ?? bucket + "/"
        var found: [BucketConfiguration] = []
        var after = prefix
        while true {
            let some = try shared.list(BucketConfiguration.self, after: after, limit: 100)
            for configuration in some {
                guard configuration.id.utf8.starts(with: prefix.utf8) else { return found }
                found.append(configuration)
                after = configuration.id
            }
            guard some.count == 100 else { return found }
        }
    }

    func configuration(
        of bucket: String, _ subject: BucketConfiguration.Subject, _ name: String = ""
    ) throws(ServiceError) -> BucketConfiguration? {
        try shared.get(BucketConfiguration.self, BucketConfiguration.id(bucket, subject, name))
    }
}

extension BucketConfiguration.Subject {
    /// What actions call it, after what they do with it.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
    fileprivate var inActions: String {
        switch self {
        case .accelerate: "AccelerateConfiguration"
        case .analytics: "AnalyticsConfiguration"
        case .cors: "BucketCORS"
        case .encryption: "EncryptionConfiguration"
        case .intelligentTiering: "IntelligentTieringConfiguration"
        case .inventory: "InventoryConfiguration"
        case .lifecycle: "LifecycleConfiguration"
        case .logging: "BucketLogging"
        case .metadata, .metadataTable: "BucketMetadataTableConfiguration"
        case .metrics: "MetricsConfiguration"
        case .notification: "BucketNotification"
        case .objectLock: "BucketObjectLockConfiguration"
        case .replication: "ReplicationConfiguration"
        case .requestPayment: "BucketRequestPayment"
        case .website: "BucketWebsite"
        }
    }
}

/// An operation on one subject of a bucket's configuration.
protocol OnConfiguration: OnBucket {
    static var subject: BucketConfiguration.Subject { get }
    /// Which of several; empty for a subject of which there is one.
    static func name(_ input: Input) -> String
}

extension OnConfiguration {
    static func name(_ input: Input) -> String { "" }
}

/// Reading, for which one action is asked whether it is of one or of all.
protocol ReadsConfiguration: ReadOperation, OnConfiguration {}

extension ReadsConfiguration {
    static var action: String { "Get\(subject.inActions)" }
}

/// Writing, for which one action is asked, whether something is put or deleted.
protocol WritesConfiguration: WriteOperation, OnConfiguration {}

extension WritesConfiguration {
    static var action: String { "Put\(subject.inActions)" }
}

extension OnConfiguration where InputFields: S3.WithId {
    static func name(_ input: Input) -> String { input.id }
}

/// Keeps the request's payload.
protocol PutConfiguration: WritesConfiguration {
    /// Checks what the model doesn't say.
    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError)
    /// What is kept of the payload, with what S3 adds to it.
    static func kept(_ structure: Structure, _ input: Input) -> Structure
    static func answer(_ input: Input) -> Output
}

extension PutConfiguration {
    static func kept(_ structure: Structure, _ input: Input) -> Structure { structure }

    static func answer(_ input: Input) -> Output { Output() }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {}

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        try check(input, bucket, call, records)
        guard let payload = input.structure.shape.payload,
            case .structure(let structure) = input.structure[member: payload]
        else { throw .malformedXML }
        let name = name(input)
        if !name.isEmpty, case .string(let id) = structure["Id"], id != name {
            throw .s3("IdMismatch", "Document ID does not match the specified configuration ID.")
        }
        try records.shared.put(
            BucketConfiguration(bucket: bucket.name, subject: subject, name: name, json: kept(structure, input).json))
        return answer(input)
    }
}

/// Answers what was kept.
protocol GetConfiguration: ReadsConfiguration {
    /// The answer where nothing was put.
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output
}

extension GetConfiguration {
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { throw .noSuchConfiguration }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bucket = try call.bucket()
        guard let kept = try records.configuration(of: bucket.name, subject, name(input)) else {
            return try absent(bucket)
        }
        return Output(try Structure(kept: kept.json, answering: OutputFields.shape))
    }
}

/// Forgets what was kept; nothing happens where nothing was.
protocol DeleteConfiguration: WritesConfiguration {}

extension DeleteConfiguration {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let bucket = try records.bucket(input.bucket, call)
        if let kept = try records.configuration(of: bucket.name, subject, name(input)) {
            try records.shared.delete(kept)
        }
        return Output()
    }
}

extension Structure {
    /// The answer with what was kept: as its payload, or with its members among the answer's own.
    fileprivate init(kept json: String, answering shape: StructureShape) throws(ServiceError) {
        self.init(shape)
        if let payload = shape.payload, case .structure(let part) = shape.members[payload].shape {
            self[member: payload] = .structure(try Structure(json: json, of: part))
        } else {
            self = try Structure(json: json, of: shape)
        }
    }
}

extension ServiceError {
    static var noSuchConfiguration: ServiceError {
        .s3("NoSuchConfiguration", "The specified configuration does not exist.", status: 404)
    }
}
