import Policy
import Testing

@testable import Mapping

/// AWS: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
struct S3MappingTests {
    private func accesses(_ operation: String, _ input: String) throws -> [MappedAccess] {
        guard case .accesses(let accesses, _) = try Inputs.map("s3", operation, input) else { return [] }
        return accesses
    }

    @Test func whatAnObjectGetsIsAskedForAsWell() throws {
        let asked = try accesses(
            "PutObject",
            #"{"Bucket": "b", "Key": "a:b/c", "ACL": "public-read", "Tagging": "a=b", "ServerSideEncryption": "aws:kms"}"#
        )
        #expect(asked.map(\.action) == ["s3:PutObject", "s3:PutObjectTagging", "s3:PutObjectAcl"])
        #expect(asked.allSatisfy { $0.resource == "arn:aws:s3:::b/a:b/c" })
        // A policy that refuses public objects, or those without encryption, has to see it.
        #expect(asked.first?.context["s3:x-amz-acl"] == .one("public-read"))
        #expect(asked.first?.context["s3:x-amz-server-side-encryption"] == .one("aws:kms"))
    }

    @Test func aPlainObjectNeedsOnePermission() throws {
        let asked = try accesses("PutObject", #"{"Bucket": "b", "Key": "k"}"#)
        #expect(asked.map(\.action) == ["s3:PutObject"])
        #expect(asked.first?.context["s3:x-amz-acl"] == nil)
    }

    @Test(
        arguments: [
            ("AbortMultipartUpload", "s3:AbortMultipartUpload"), ("CompleteMultipartUpload", "s3:PutObject"),
            ("ListParts", "s3:ListMultipartUploadParts"), ("GetObjectRetention", "s3:GetObjectRetention"),
            ("RestoreObject", "s3:RestoreObject"), ("UploadPart", "s3:PutObject"),
        ])
    func keysMayHaveColons(_ operation: String, _ action: String) throws {
        let asked = try accesses(operation, #"{"Bucket": "b", "Key": "/a:b/ c"}"#)
        #expect(asked.map { "\($0.action) \($0.resource)" } == ["\(action) arn:aws:s3:::b//a:b/ c"])
    }
}
