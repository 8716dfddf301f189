import Directory
import Platform
import Policy
import S3API
import Wire

// Bucket policies. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>

enum BucketPolicies {
    /// Bytes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>
    static let longest = 20 << 10

    /// - Parameter text: a bucket's or access point's policy as it is stored. One that can't be read denies everything.
    static func compiled(
        _ text: String, _ source: PolicySource = PolicySource(type: .resource, name: "bucket policy")
    ) -> CompiledPolicy {
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }

    /// Checks the policy that a bucket or access point is to have: the document, whom it names, and that it is about this
    /// one and its objects.
    /// - Parameter arn: of the bucket or access point.
    /// - Returns: the document.
    /// - Throws: MalformedPolicy with the first thing that is wrong.
    static func check(
        _ text: String, of arn: String, objects: String, _ call: Call
    ) throws(ServiceError) -> PolicyDocument {
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
            try check(statement, of: arn, objects: objects)
        }
        return document
    }

    /// Resources are this bucket and objects in it; each of a statement's actions has to have one that it applies to.
    private static func check(_ statement: Statement, of arn: String, objects: String) throws(ServiceError) {
        // By bytes: an accent at the beginning of a key would be one letter with the slash.
        func isObject(_ resource: String) -> Bool { resource.utf8.starts(with: objects.utf8) }
        let resources = (statement.resources?.values ?? []).map(\.value)
        guard resources.allSatisfy({ $0 == "*" || $0 == arn || isObject($0) }) else {
            throw .malformedPolicy("Policy has invalid resource")
        }
        let (hasBucket, hasObjects) = (
            resources.contains { !isObject($0) },
            resources.contains { isObject($0) || $0.utf8.contains(UInt8(ascii: "*")) }
        )
        for action in statement.actions.values {
            let lowercased = action.value.lowercased()
            let prefix = arn.hasPrefix("arn:aws:s3express:") ? "s3express:" : "s3"
            guard lowercased == "*" || lowercased.hasPrefix(prefix) else {
                throw .malformedPolicy("Policy has invalid action")
            }
            let isOfObjects = S3Actions.isOfObjects(lowercased)
            guard isOfObjects == nil || (isOfObjects == true ? hasObjects : hasBucket) else {
                throw .malformedPolicy("Action does not apply to any resource(s) in statement")
            }
        }
    }
}

extension S3.PutBucketPolicy: WriteOperation, OnBucket {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var bucket = try records.bucket(input.bucket, call)
        let document = try BucketPolicies.check(input.policy, of: bucket.arn, objects: bucket.arn + "/", call)
        guard !call.publicAccessBlock(of: bucket).blockPublicPolicy || !document.isPublic else {
            throw .s3(
                "AccessDenied",
                "User: \(call.caller.arn) is not authorized to perform: \(call.service):PutBucketPolicy on resource: \"\(bucket.arn)\""
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
