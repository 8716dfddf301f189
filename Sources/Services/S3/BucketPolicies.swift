import Directory
import Platform
import Policy
import S3API
import Wire

// Bucket policies. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>

enum BucketPolicies {
    /// Bytes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>
    static let longest = 20 << 10

    /// - Parameter text: a bucket policy as it is stored. One that can't be read denies everything.
    static func compiled(_ text: String) -> CompiledPolicy {
        let source = PolicySource(type: .resource, name: "bucket policy")
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }

    /// Checks the policy that a bucket is to have: the document, whom it names, and that it is about this bucket.
    /// - Returns: the document.
    /// - Throws: MalformedPolicy with the first thing that is wrong.
    static func check(_ text: String, of bucket: Bucket, _ call: Call) throws(ServiceError) -> PolicyDocument {
        guard text.utf8.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") else {
            throw .malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
        }
        guard text.utf8.count <= longest else { throw .malformedPolicy("Policy exceeds the maximum allowed size") }
        let document: PolicyDocument
        do throws(PolicyError) { document = try PolicyDocument(parsing: text, as: .resource) } catch {
            throw .malformedPolicy(error.message)
        }
        guard document.principals.joined().allSatisfy({ call.directory.mayExist($0) }) else {
            throw .malformedPolicy("Invalid principal in policy")
        }
        for statement in document.statements {
            try check(statement, of: bucket)
        }
        return document
    }

    /// Resources are this bucket and objects in it; each of a statement's actions has to have one that it applies to.
    private static func check(_ statement: Statement, of bucket: Bucket) throws(ServiceError) {
        let resources = (statement.resources?.values ?? []).map(\.value)
        guard resources.allSatisfy({ isResource($0, of: bucket) }) else {
            throw .malformedPolicy("Policy has invalid resource")
        }
        let (hasBucket, hasObjects) = (
            resources.contains { !$0.utf8.contains(UInt8(ascii: "/")) },
            resources.contains { $0.utf8.contains(UInt8(ascii: "/")) || $0.utf8.contains(UInt8(ascii: "*")) }
        )
        for action in statement.actions.values {
            let lowercased = action.value.lowercased()
            guard lowercased == "*" || lowercased.hasPrefix("s3") else {
                throw .malformedPolicy("Policy has invalid action")
            }
            let isOfObjects = S3Actions.isOfObjects(lowercased)
            guard isOfObjects == nil || (isOfObjects == true ? hasObjects : hasBucket) else {
                throw .malformedPolicy("Action does not apply to any resource(s) in statement")
            }
        }
    }

    private static func isResource(_ text: String, of bucket: Bucket) -> Bool {
        guard text.hasPrefix("arn:aws:s3:::") else { return text == "*" }
        let name = text.utf8.dropFirst("arn:aws:s3:::".utf8.count).prefix { $0 != UInt8(ascii: "/") }
        return name.elementsEqual(bucket.name.utf8)
    }
}

extension S3.PutBucketPolicy: WriteOperation, OnBucket {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var bucket = try records.bucket(input.bucket)
        let document = try BucketPolicies.check(input.policy, of: bucket, call)
        guard !call.publicAccessBlock(of: bucket).blockPublicPolicy || !document.isPublic else {
            throw .s3(
                "AccessDenied",
                "User: \(call.caller.arn) is not authorized to perform: s3:PutBucketPolicy on resource: \"\(bucket.arn)\""
                    + " because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                status: 403)
        }
        bucket.policy = document.kept(call.directory)
        try records.shared.put(bucket)
        return Output()
    }
}

extension S3.GetBucketPolicy: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let policy = bucket.policy else { throw .noSuchBucketPolicy(bucket.name) }
        return Output { $0.policy = PolicyDocument.shown(policy, as: .resource, call.directory) }
    }
}

extension S3.DeleteBucketPolicy: ChangeBucket {
    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        bucket.policy = nil
    }
}

extension S3.GetBucketPolicyStatus: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let policy = bucket.policy else { throw .noSuchBucketPolicy(bucket.name) }
        let isPublic = BucketPolicies.compiled(policy).document.isPublic
        return Output { $0.policyStatus = S3.PolicyStatus { $0.isPublic = isPublic } }
    }
}

extension ServiceError {
    fileprivate static func noSuchBucketPolicy(_ name: String) -> ServiceError {
        .s3("NoSuchBucketPolicy", "The bucket policy does not exist", status: 404, ["BucketName": name])
    }
}
