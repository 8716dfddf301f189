import Testing

@testable import S3Service

struct DirectoryBucketNameTests {
    @Test(arguments: [
        ("box--use1-az4--x-s3", "use1-az4"), ("a-b--c--usw2-lax1-az1--x-s3", "usw2-lax1-az1"),
        ("0--apne1-az1--x-s3", "apne1-az1"),
    ])
    func zones(name: String, zone: String) {
        #expect(DirectoryBucketName(name)?.zone == zone)
    }

    @Test(arguments: [
        "box", "--x-s3", "box--x-s3", "--use1-az4--x-s3", "-box--use1-az4--x-s3", "Box--use1-az4--x-s3",
        "box.a--use1-az4--x-s3", "box--use1--x-s3", "box--use1-az--x-s3", "box--use1-az44--x-s3",
        "box--a-b-c-az1--x-s3", "sthree-box--use1-az4--x-s3", "box--use1-az4--x-s3-", "",
    ])
    func others(name: String) {
        #expect(DirectoryBucketName(name) == nil)
    }

    @Test(arguments: [
        ("use1-az4", "us-east-1"), ("usw2-lax1-az1", "us-west-2"), ("apne1-az1", "ap-northeast-1"),
        ("apse2-az1", "ap-southeast-2"), ("euc1-az1", "eu-central-1"), ("sae1-az1", "sa-east-1"),
    ])
    func regions(zone: String, region: String) throws {
        let name = try #require(DirectoryBucketName("box--\(zone)--x-s3"))
        #expect(name.isIn(region))
        #expect(!name.isIn("eu-west-3") && !name.isIn("nowhere") && !name.isIn("us-east-11"))
    }
}
