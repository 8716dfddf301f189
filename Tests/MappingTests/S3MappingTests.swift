import Policy
import Testing
import Wire

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

    @Test("Tags that an object gets are seen by policies, in the header and in the document")
    func objectTags() throws {
        let header = try accesses("PutObject", #"{"Bucket": "b", "Key": "k", "Tagging": "Team=a+b&x%3Dy=%C3%A4&e"}"#)
        #expect(header.map(\.action) == ["s3:PutObject", "s3:PutObjectTagging"])
        let document = try accesses(
            "PutObjectTagging",
            #"{"Bucket": "b", "Key": "k", "Tagging": {"TagSet": [{"Key": "Team", "Value": "a b"}, {"Key": "x=y", "Value": "\u00e4"}, {"Key": "e", "Value": ""}]}}"#
        )
        #expect(document.map(\.action) == ["s3:PutObjectTagging"])
        for access in header + document {
            #expect(access.context["s3:requestobjecttag/team"] == .one("a b"))
            #expect(access.context["s3:requestobjecttag/x=y"] == .one("\u{e4}"))
            #expect(access.context["s3:requestobjecttag/e"] == .one(""))
            #expect(access.context["s3:requestobjecttagkeys"] == .many(["Team", "x=y", "e"]))
        }
        for tags in ["a=%zz", "a=b&a=c", "a=b&%61=c", "A=1&a=2", "a=%FF"] {
            let asked = try Inputs.map("s3", "PutObject", #"{"Bucket": "b", "Key": "k", "Tagging": "\#(tags)"}"#)
            guard case .unmapped = asked else {
                Issue.record("\(tags)")
                continue
            }
        }
        let copy = #"{"Bucket": "b", "Key": "k", "CopySource": "src/a", "Tagging": "a=b"}"#
        #expect(try accesses("CopyObject", copy).first?.context["s3:requestobjecttag/a"] == nil)
        let own =
            #"{"Bucket": "b", "Key": "k", "CopySource": "src/a", "Tagging": "a=b", "TaggingDirective": "REPLACE"}"#
        #expect(try accesses("CopyObject", own).first?.context["s3:requestobjecttag/a"] == .one("b"))
        #expect(
            try accesses("PutObject", #"{"Bucket": "b", "Key": "k"}"#).first?.context["s3:requestobjecttagkeys"] == nil)
    }

    // MARK: Copies

    @Test(
        "A copy reads its source, and writes its target",
        arguments: [
            ("other/a", "s3:GetObject", "other/a"), ("/other/a", "s3:GetObject", "other/a"),
            ("other/a%2Fb%20c", "s3:GetObject", "other/a/b c"), ("other/a/b//c", "s3:GetObject", "other/a/b//c"),
            ("other/100%25", "s3:GetObject", "other/100%"), ("/other/%E6%97%A5", "s3:GetObject", "other/\u{65E5}"),
            ("other/a?versionId=v1", "s3:GetObjectVersion", "other/a"),
        ])
    func copies(_ source: String, _ action: String, _ object: String) throws {
        for (operation, more) in [("CopyObject", ""), ("UploadPartCopy", #", "PartNumber": 1, "UploadId": "u""#)] {
            let asked = try accesses(operation, #"{"Bucket": "b", "Key": "k", "CopySource": "\#(source)"\#(more)}"#)
            #expect(
                asked.map { "\($0.action) \($0.resource)" } == [
                    "s3:PutObject arn:aws:s3:::b/k", "\(action) arn:aws:s3:::\(object)",
                ])
            // A policy that refuses copies from elsewhere has to see it.
            #expect(asked.first?.context["s3:x-amz-copy-source"] == .one("/\(object)"))
            #expect(asked.last?.context["s3:x-amz-copy-source"] == nil)
            #expect(asked.last?.context["s3:versionid"] == (source.contains("?") ? .one("v1") : nil))
        }
    }

    @Test(
        "A source that servers read in more than one way is refused",
        arguments: [
            "", "/", "other", "other/", "/other/", "//other/a", "other//a", "%2Fother%2Fa", "other%2Fa", "other/a+b",
            "other/../b/c", "other/%2e%2e/c", "other/a%252Fb", "other/a%3FversionId=v1", "other/a?versionId=",
            "other/a?versionId=v1&versionId=v2", "other/a?versionId=v1?x", "other/a?x=y", "other/a%zz", "other/%FF",
            "other/a%00b", "other/a#b", "../other/a", "arn:aws:s3:us-east-1:111122223333:accesspoint/p/object/a",
            "http://h/other/a", "other/a?versionId=a%2Fb", "o*/a", "o\\\\/a",
        ])
    func sourcesThatAreNone(_ source: String) throws {
        for operation in ["CopyObject", "UploadPartCopy"] {
            let input = #"{"Bucket": "b", "Key": "k", "CopySource": "\#(source)"}"#
            guard case .unmapped = try Inputs.map("s3", operation, input) else {
                Issue.record("\(source): \(try accesses(operation, input))")
                continue
            }
        }
        guard case .unmapped = try Inputs.map("s3", "CopyObject", #"{"Bucket": "b", "Key": "k"}"#) else {
            Issue.record("a copy of nothing")
            return
        }
    }

    @Test("Tags of the source are read, and given to the copy")
    func copiedTags() throws {
        let shape = try #require(ServiceModels.aws.service("s3")?.operation(named: "CopyObject"))
        func copy(_ more: String = "", version: String = "", tags: [(key: String, value: String)]) throws
            -> [MappedAccess]
        {
            let json = #"{"Bucket": "b", "Key": "k", "CopySource": "src/a\#(version)"\#(more)}"#
            let input = Inputs.structure(try #require(shape.input), try Wire.JSONValue(parsing: Array(json.utf8)))
            let copy = try #require(S3Copy(shape, input))
            let mapped = try Inputs.map("s3", "CopyObject", json)
            guard copy.copiesTags, case .accesses(let accesses, _) = copy.addingTags(tags, to: mapped, in: Inputs.place)
            else { return try accesses("CopyObject", json) }
            return accesses
        }
        let plain = ["s3:PutObject arn:aws:s3:::b/k", "s3:GetObject arn:aws:s3:::src/a"]
        func lines(_ accesses: [MappedAccess]) -> [String] { accesses.map { "\($0.action) \($0.resource)" } }
        let tags = [(key: "Team", value: "a")]
        #expect(lines(try copy(tags: [])) == plain)
        let tagged = try copy(tags: tags)
        #expect(
            lines(tagged) == plain + ["s3:GetObjectTagging arn:aws:s3:::src/a", "s3:PutObjectTagging arn:aws:s3:::b/k"])
        for access in [tagged[0], tagged[3]] {
            #expect(access.context["s3:requestobjecttag/team"] == .one("a"))
            #expect(access.context["s3:requestobjecttagkeys"] == .many(["Team"]))
        }
        #expect(tagged[1].context["s3:requestobjecttag/team"] == nil)
        #expect(
            lines(try copy(version: "?versionId=v", tags: tags)).contains(
                "s3:GetObjectVersionTagging arn:aws:s3:::src/a"))
        // Tags of its own take their place.
        let own = try copy(#", "TaggingDirective": "REPLACE", "Tagging": "a=b""#, tags: tags)
        #expect(
            lines(own) == [
                "s3:PutObject arn:aws:s3:::b/k", "s3:PutObjectTagging arn:aws:s3:::b/k",
                "s3:GetObject arn:aws:s3:::src/a",
            ])
    }
}
