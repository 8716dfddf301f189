import Platform
import Policy
import S3API
import Wire

/// An operation on a bucket that is there. It is found, and is the right one, before policies are asked; `handle` gets
/// it by ``Platform/Call/bucket()``.
protocol OnBucket: Operation where InputFields: S3.WithBucket {
    /// The action that policies are asked for, where it is not the operation's name.
    static var action: String { get }
    /// Its condition keys, in lower case.
    static func keys(_ input: Input) -> [String: ContextValue]
}

extension OnBucket {
    static var action: String { shape.name }

    static func keys(_ input: Input) -> [String: ContextValue] { [:] }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let entry = try call.bucket(named: input.bucket, expectedOwner: input.expectedOwner)
        return .required(call.need(action, on: entry, keys(input)))
    }
}

extension View where Members: S3.WithBucket {
    /// The account that the client takes for the bucket's owner, with the operations that have this member.
    var expectedOwner: String? {
        guard case .string(let owner) = structure["ExpectedBucketOwner"] else { return nil }
        return owner
    }
}

extension Call {
    /// The bucket of a request.
    ///
    /// - Parameter expectedOwner: the account that has to own it; nil: any.
    /// - Throws: NoSuchBucket; PermanentRedirect for a bucket of another region than the one that the request was signed
    ///   for; AccessDenied when another account owns it than expected.
    func bucket(named name: String, expectedOwner: String? = nil) throws(ServiceError) -> BucketEntry {
        if let owner = expectedOwner {
            guard owner.utf8.count == 12, owner.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw .invalidExpectedOwner(owner)
            }
        }
        guard let entry = try entry(named: name), (entry.bucket.zone != nil) == isOfDirectoryBuckets else {
            throw .noSuchBucket(name)
        }
        // Without a signature there is no region that the request was signed for.
        guard entry.bucket.region == region || caller.isAnonymous else { throw .permanentRedirect(entry.bucket) }
        guard expectedOwner == nil || expectedOwner == entry.bucket.accountID else { throw .accessDenied }
        return entry
    }

    /// What a request needs for an action on a bucket.
    func need(_ action: String, on entry: BucketEntry, _ keys: [String: ContextValue] = [:]) -> Access {
        guard entry.bucket.zone == nil else { return S3Express.need(action, on: entry, keys, self) }
        var access = Access(
            "s3:\(action)", on: entry.bucket.arn, resourceAccount: entry.bucket.accountID, context: keys)
        access.context["s3:resourceaccount"] = .one(entry.bucket.accountID)
        access.learnt = entry
        access.come(by: entry, "", caller)
        access.wordDenial(to: caller)
        return access
    }

    /// The bucket of the request, as it was when permission was asked.
    func bucket() throws(ServiceError) -> Bucket {
        guard let entry = learnt(BucketEntry.self) else { throw .internalFailure }
        return entry.bucket
    }
}

extension Access {
    /// Words a denial as S3 does: the resource in quotation marks, and to nobody in particular no more than that.
    mutating func wordDenial(to caller: Caller) {
        displayedResource = "\"\(resource)\""
        if caller.isAnonymous { denial = { _ in .accessDenied } }
    }
}

extension RecordReading {
    /// A bucket as it is in this transaction.
    /// - Throws: NoSuchBucket.
    func bucket(_ name: String) throws(ServiceError) -> Bucket {
        guard let bucket = try shared.get(Bucket.self, name) else { throw .noSuchBucket(name) }
        return bucket
    }
}

/// A write that changes the bucket itself.
protocol ChangeBucket: WriteOperation, OnBucket {
    /// Makes the change.
    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError)
}

extension ChangeBucket {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var bucket = try records.bucket(input.bucket, call)
        try change(&bucket, input, call)
        try records.shared.put(bucket)
        return Output()
    }
}

/// An answer from what the index has of the bucket.
protocol BucketRead: ComputeOperation, OnBucket {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output
}

extension BucketRead {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        try answer(call.bucket(), input, call)
    }
}
