import Testing
import Wire

@testable import EC2Service
@testable import Platform

@Suite struct MachineTests {
    /// <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html>
    @Test func volumesHaveWhatTheirTypeAllows() throws {
        let usual = try VolumeSize(size: 10, type: "gp3", iops: nil, throughput: nil)
        #expect(usual.iops == 3000 && usual.throughput == 125)
        #expect(try VolumeSize(size: 1, type: "gp2", iops: nil, throughput: nil).iops == 100)
        #expect(try VolumeSize(size: 400, type: "gp2", iops: nil, throughput: nil).iops == 1200)
        #expect(try VolumeSize(size: 16_384, type: "gp2", iops: nil, throughput: nil).iops == 16_000)
        #expect(try VolumeSize(size: 125, type: "st1", iops: nil, throughput: nil).iops == nil)
        let refused: [(Int, String, Int?, Int?)] = [
            (0, "gp3", nil, nil), (16_385, "gp2", nil, nil), (124, "sc1", nil, nil), (1025, "standard", nil, nil),
            (10, "io1", nil, nil), (10, "io1", 501, nil), (10, "gp3", 2999, nil), (10, "gp3", nil, 124),
            (10, "st1", 500, nil), (10, "gp9", nil, nil), (Int.max, "gp3", nil, nil), (Int.min, "gp3", nil, nil),
        ]
        for (size, type, iops, throughput) in refused {
            #expect(throws: ServiceError.self, "\(size) \(type)") {
                try VolumeSize(size: size, type: type, iops: iops, throughput: throughput)
            }
        }
    }

    /// As AWS's pages list them.
    @Test(arguments: [
        ("t2.micro", 1, 1024, "x86_64", 1), ("t3.nano", 2, 512, "x86_64", 2), ("t4g.2xlarge", 8, 32_768, "arm64", 1),
        ("m5.large", 2, 8192, "x86_64", 2), ("m7g.medium", 1, 4096, "arm64", 1), ("c5n.large", 2, 5376, "x86_64", 2),
        ("c6i.32xlarge", 128, 262_144, "x86_64", 2), ("r6gd.4xlarge", 16, 131_072, "arm64", 1),
        ("m6a.48xlarge", 192, 786_432, "x86_64", 2), ("c7a.large", 2, 4096, "x86_64", 1),
        ("r4.large", 2, 15_616, "x86_64", 2),
        ("c4.xlarge", 4, 7680, "x86_64", 2), ("m7i-flex.large", 2, 8192, "x86_64", 2),
    ]) func instanceTypesAreWhatTheyAre(
        name: String, virtualCPUs: Int, memory: Int, architecture: String, threads: Int
    ) throws {
        let facts = try #require(InstanceTypeFacts.byName[name])
        #expect(facts.virtualCPUs == virtualCPUs && facts.memoryMiB == memory)
        #expect(facts.architecture == architecture && facts.threadsPerCore == threads)
    }

    @Test func nothingButAPublicKeyIsOne() throws {
        let made = NewKeyPair.ed25519(comment: "me")
        let line = made.publicKey.openSSH
        let read = try #require(SSHPublicKeyText(imported: Array("\(line) me@here\n".utf8)))
        #expect(read.comment == "me@here" && read.openSSH == line && read.bits == 256)
        let rsa = try NewKeyPair.rsa()
        #expect(SSHPublicKeyText(imported: Array(rsa.publicKey.openSSH.utf8))?.openSSH == rsa.publicKey.openSSH)
        #expect(rsa.publicKey.bits == 2048)
        // Cut anywhere, a key is none, and nothing worse.
        let blob = rsa.publicKey.blob
        for count in 0..<blob.count { #expect(SSHPublicKeyText(blob: Array(blob.prefix(count))) == nil) }
        for text in [
            "", "ssh-rsa", "ssh-rsa !", "ssh-dss AAAA", "-----BEGIN PUBLIC KEY-----", "---- BEGIN SSH2 PUBLIC KEY ----",
        ] {
            #expect(SSHPublicKeyText(imported: Array(text.utf8)) == nil, "\(text)")
        }
        #expect(SSHPublicKeyText(imported: [0xFF, 0xFE]) == nil)
    }
}
