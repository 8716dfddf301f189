import InstanceMetadata
import Testing

/// An instance with everything.
private func instance() -> InstanceMetadata {
    var metadata = InstanceMetadata(id: "i-0123456789abcdef0", account: "111122223333", region: "eu-west-1")
    metadata.availabilityZone = "eu-west-1a"
    metadata.availabilityZoneID = "euw1-az1"
    metadata.imageID = "ami-0abcdef1234567890"
    metadata.launchIndex = 2
    metadata.reservationID = "r-0efghijk987654321"
    metadata.instanceType = "t3.micro"
    metadata.hostName = "ip-10-0-0-7.eu-west-1.compute.internal"
    metadata.launchTime = 1_800_000_000
    metadata.volumeDevices = ["/dev/sdb"]
    var interface = InstanceMetadata.Interface(
        mac: "02:29:96:8f:6a:2d", id: "eni-1", deviceIndex: 0, owner: "111122223333", hostName: metadata.hostName)
    interface.privateAddresses = ["10.0.0.7", "10.0.0.8"]
    interface.publicAddresses = [.init("203.0.113.25", to: "10.0.0.7")]
    interface.publicHostName = "ec2-203-0-113-25.eu-west-1.compute.amazonaws.com"
    interface.groupIDs = ["sg-1", "sg-2"]
    interface.groupNames = ["default", "web"]
    interface.subnetID = "subnet-1"
    interface.subnetBlocks = ["10.0.0.0/24"]
    interface.vpcID = "vpc-1"
    interface.vpcBlocks = ["10.0.0.0/16", "10.1.0.0/16"]
    metadata.interfaces = [interface]
    metadata.publicKey = .init(name: "my-key", text: "ssh-ed25519 AAAA my-key")
    metadata.tags = [("Name", "web"), ("a:b", "x")]
    metadata.userData = Array("#!/bin/sh".utf8)
    metadata.profile = .init(
        arn: "arn:aws:iam::111122223333:instance-profile/web", id: "AIPAX", updated: 1_800_000_000, state: .role("web"))
    return metadata
}

private func text(_ path: String, of metadata: InstanceMetadata = instance()) -> String? {
    switch metadata.answer(to: path) {
    case .list(let text), .value(.text(let text)): text
    case .value(.bytes(let bytes)): String(decoding: bytes, as: UTF8.self)
    case .value(.credentials), .value(.identity), nil: nil
    }
}

struct MetadataTreeTests {
    @Test(arguments: [
        ("/latest/meta-data/ami-id", "ami-0abcdef1234567890"), ("/latest/meta-data/ami-launch-index", "2"),
        ("/latest/meta-data/ami-manifest-path", "(unknown)"), ("/latest/meta-data/instance-id", "i-0123456789abcdef0"),
        ("/latest/meta-data/local-ipv4", "10.0.0.7"), ("/latest/meta-data/mac", "02:29:96:8f:6a:2d"),
        ("/latest/meta-data/public-ipv4", "203.0.113.25"),
        ("/latest/meta-data/public-hostname", "ec2-203-0-113-25.eu-west-1.compute.amazonaws.com"),
        ("/latest/meta-data/security-groups", "default\nweb"),
        ("/latest/meta-data/reservation-id", "r-0efghijk987654321"),
        ("/latest/meta-data/placement/availability-zone", "eu-west-1a"),
        ("/latest/meta-data/placement/region", "eu-west-1"),
        ("/latest/meta-data/placement/", "availability-zone\navailability-zone-id\nregion"),
        ("/latest/meta-data/system", "nitro"), ("/latest/meta-data/services/", "domain\npartition"),
        ("/latest/meta-data/services/domain", "amazonaws.com"),
        ("/latest/meta-data/block-device-mapping/", "ami\nebs1\nroot"),
        ("/latest/meta-data/block-device-mapping/ebs1", "sdb"), ("/latest/meta-data/public-keys/", "0=my-key"),
        ("/latest/meta-data/public-keys/0/", "openssh-key"),
        ("/latest/meta-data/public-keys/0/openssh-key", "ssh-ed25519 AAAA my-key"),
        ("/latest/meta-data/network/interfaces/macs/", "02:29:96:8f:6a:2d/"),
        ("/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2d/ipv4-associations/203.0.113.25", "10.0.0.7"),
        ("/latest/meta-data/network/interfaces/macs/02%3A29%3A96%3a8f%3A6a%3A2d/vpc-id", "vpc-1"),
        (
            "/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2d/vpc-ipv4-cidr-blocks",
            "10.0.0.0/16\n10.1.0.0/16"
        ),
        ("/latest/meta-data/network/interfaces/macs/02:29:96:8f:6a:2d/local-ipv4s", "10.0.0.7\n10.0.0.8"),
        ("/latest/meta-data/iam/", "info\nsecurity-credentials/"),
        ("/latest/meta-data/iam/security-credentials/", "web"), ("/latest/meta-data/iam/security-credentials", "web"),
        ("/latest/meta-data/tags/instance", "Name\na:b"), ("/latest/meta-data/tags/instance/Name", "web"),
        ("/latest/meta-data/tags/instance/a%3Ab", "x"), ("/latest/user-data", "#!/bin/sh"),
        ("/latest/", "dynamic\nmeta-data\nuser-data"), ("/latest", "dynamic\nmeta-data\nuser-data"),
        ("/latest/dynamic/", "fws/\ninstance-identity/"),
        ("/latest/dynamic/instance-identity/", "document\npkcs7\nrsa2048\nsignature"),
        ("/latest/dynamic/fws/instance-monitoring", "disabled"),
        ("/latest/meta-data/events/maintenance/scheduled", "[]"),
        ("/2009-04-04/meta-data/instance-id", "i-0123456789abcdef0"),
        ("//latest//meta-data/ami-id/", "ami-0abcdef1234567890"),
    ])
    func `Paths show what AWS's do`(path: String, shown: String) { #expect(text(path) == shown) }

    @Test func `The categories are in the order of their names`() {
        let all = [
            "ami-id", "ami-launch-index", "ami-manifest-path", "block-device-mapping/", "events/", "hostname", "iam/",
            "instance-action", "instance-id", "instance-life-cycle", "instance-type", "local-hostname", "local-ipv4",
            "mac", "network/", "placement/", "public-hostname", "public-ipv4", "public-keys/", "reservation-id",
            "security-groups", "services/", "system", "tags/",
        ]
        #expect(text("/latest/meta-data/") == all.joined(separator: "\n"))
    }

    @Test(arguments: [
        "/latest/meta-data/nothing", "/latest/meta-data/ami-id/x", "/newest/meta-data/", "/latest/meta-data/%zz",
        "/latest/meta-data/iam/security-credentials/other", "/latest/meta-data/identity-credentials/ec2/info",
        "/latest/meta-data/../meta-data/ami-id", "/2016-09-02/", "/latest/meta-data/ipv6", "/latest/api/token",
        "/latest/meta-data/spot/", "/latest/meta-data/tags/instance/name", "/latest/meta-data/tags/instance/Name/x",
    ])
    func `What is not there is not found`(path: String) { #expect(instance().answer(to: path) == nil) }

    @Test func `What an instance has not is not listed`() throws {
        var bare = InstanceMetadata(id: "i-1", account: "111122223333", region: "us-east-1")
        #expect(text("/latest/", of: bare) == "dynamic\nmeta-data")
        for path in ["iam/info", "tags/", "public-keys/", "public-ipv4", "local-ipv4", "mac", "network/"] {
            #expect(bare.answer(to: "/latest/meta-data/\(path)") == nil)
            let list = try #require(text("/latest/meta-data/", of: bare))
            #expect(!list.split(separator: "\n").contains { $0.hasPrefix(path.prefix { $0 != "/" }) })
        }
        #expect(bare.answer(to: "/latest/user-data") == nil)
        bare.tags = []
        #expect(text("/latest/meta-data/tags/instance/", of: bare) == "")
    }

    @Test func `Older versions have no newer categories`() throws {
        #expect(text("/1.0/") == "meta-data\nuser-data")
        #expect(instance().answer(to: "/1.0/dynamic/instance-identity/document") == nil)
        #expect(instance().answer(to: "/2011-05-01/meta-data/iam/info") == nil)
        #expect(instance().answer(to: "/2012-01-12/meta-data/iam/info") != nil)
        let list = try #require(text("/2020-10-27/meta-data/"))
        #expect(!list.contains("tags/") && !list.contains("system") && list.contains("placement/"))
        let versions = try #require(text("/")).split(separator: "\n")
        #expect(versions.first == "1.0" && versions.last == "latest" && versions.contains("2021-03-23"))
        for version in versions { #expect(text("/\(version)/meta-data/instance-id") == "i-0123456789abcdef0") }
    }

    @Test func `What has to be asked for is named`() {
        let metadata = instance()
        #expect(
            metadata.answer(to: "/latest/meta-data/iam/security-credentials/web")
                == .value(.credentials(role: "web")))
        #expect(
            metadata.answer(to: "/latest/dynamic/instance-identity/rsa2048") == .value(.identity(.rsa2048)))
    }
}
