import CLibCrypto
import Crypto
import Testing

@testable import KeyMaterial

/// Answers that are known from standards.
struct VectorTests {
    struct Signed: Sendable, CustomTestStringConvertible {
        var spec: KeySpec
        var algorithm: SigningAlgorithm
        var privateKey: String
        var publicKey: String
        var message: String
        var signature: String
        var testDescription: String { "\(spec.rawValue) \(message)" }
    }

    static let signatures = [
        // RFC 6979, appendix A.2.5 to A.2.7.
        Signed(
            spec: .eccNISTP256, algorithm: .ecdsaSHA256,
            privateKey: """
                308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420c9afa9d845ba75166b5c215767b1d6934e
                50c3db36e89b127b8a622b120f6721a1440342000460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6
                7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299
                """,
            publicKey: """
                3059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669
                622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299
                """,
            message: "sample",
            signature: """
                3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716022100f7cb1c942d657c41d436c7a1b6
                e29f65f3e900dbb9aff4064dc4ab2f843acda8
                """),
        Signed(
            spec: .eccNISTP384, algorithm: .ecdsaSHA384,
            privateKey: """
                3081b6020100301006072a8648ce3d020106052b8104002204819e30819b02010104306b9d3dad2e1b8c1c05b19875b6659f4de23c
                3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5a16403620004ec3a4e415b4e19a4568618029f427fa5da
                9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c621896708a59367f9
                dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720
                """,
            publicKey: """
                3076301006072a8648ce3d020106052b8104002203620004ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b
                300c64def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b
                231c3ae0d4fe7344fd2533264720
                """,
            message: "sample",
            signature: """
                306602310094edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46
                02310099ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8
                """),
        Signed(
            spec: .eccNISTP521, algorithm: .ecdsaSHA512,
            privateKey: """
                3081ee020100301006072a8648ce3d020106052b810400230481d63081d3020101044200fad06daa62ba3b25d2fb40133da757205d
                e67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538a181890381
                86000401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d
                38ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db2574
                1b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5
                """,
            publicKey: """
                30819b301006072a8648ce3d020106052b81040023038186000401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a71
                67db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e
                64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5
                """,
            message: "sample",
            signature: """
                308187024200c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b53
                4931d7d4e8455cc91f9b15bf05ec36e377fa0241617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af2826
                23eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a
                """),
        // The generator is the public key of 1 (SEC 2, section 2.4.1); a signature made as in RFC 6979.
        Signed(
            spec: .eccSECGP256K1, algorithm: .ecdsaSHA256,
            privateKey: """
                308184020100301006072a8648ce3d020106052b8104000a046d306b02010104200000000000000000000000000000000000000000
                000000000000000000000001a1440342000479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada
                7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8
                """,
            publicKey: """
                3056301006072a8648ce3d020106052b8104000a0342000479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16
                f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8
                """,
            message: "Satoshi Nakamoto",
            signature: """
                3045022100934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d802202442ce9d2b916064108014783e92
                3ec36b49743e2ffa1c4496f01a512aafd9e5
                """),
        // RFC 8032, section 7.1, tests 1 and 2, in the forms of RFC 8410.
        Signed(
            spec: .eccNISTEdwards25519, algorithm: .ed25519SHA512,
            privateKey:
                "302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: """
                e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f059
                5bbe24655141438e7a100b
                """),
        Signed(
            spec: .eccNISTEdwards25519, algorithm: .ed25519SHA512,
            privateKey:
                "302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "r",
            signature: """
                92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4
                302aeeb00d291612bb0c00
                """),
    ]

    @Test(arguments: signatures) func signature(_ vector: Signed) throws {
        let key = try KeyMaterial(importing: hex(vector.privateKey), as: vector.spec)
        #expect(try key.publicKey() == hex(vector.publicKey))
        #expect(try key.stored() == hex(vector.privateKey))
        let message = text(vector.message)
        #expect(try key.verify(hex(vector.signature), of: message, .raw, vector.algorithm))
        if vector.spec == .eccNISTEdwards25519 {
            #expect(try key.sign(message, .raw, vector.algorithm) == hex(vector.signature))
        }
    }

    /// The test vectors of NIST's CAVP for SP 800-56A, P-256, count 0.
    @Test func agreement() throws {
        let key = try KeyMaterial(
            importing: hex(
                """
                308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b02010104207d7dc5f71eb29ddaf80d6214632eeae03d
                9058af1fb6d22ed80badb62bc1a534a14403420004ead218590119e8876b29146ff89ca61770c4edbbf97d38ce385ed281d8a6b230
                28af61281fd35e2fa7002523acc85a429cb06ee6648325389f59edfce1405141
                """), as: .eccNISTP256)
        let peer = hex(
            """
            3059301306072a8648ce3d020106082a8648ce3d03010703420004700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc83
            8833d287db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac
            """)
        let secret = hex("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b")
        #expect(try key.sharedSecret(with: peer) == secret)
        // The point is on no curve any more.
        for spoilt in spoilt(peer) {
            #expect(throws: KeyMaterialError.malformed) { try key.sharedSecret(with: spoilt) }
        }
    }

    /// RFC 4231, section 4.2.
    @Test(arguments: [
        (libcrypto_sha224, "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"),
        (libcrypto_sha256, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            libcrypto_sha384,
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6"
        ),
        (
            libcrypto_sha512,
            """
            87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1
            702e696c203a126854
            """
        ),
    ]) func mac(hash: libcrypto_hash, expected: String) throws {
        let key = [UInt8](repeating: 0x0b, count: 20)
        let message = text("Hi There")
        let mac = try bytes(64) { output, _ in
            libcrypto_hmac(hash, key, key.count, message, message.count, output)
        }
        #expect(mac == hex(expected))
    }

    /// RFC 5649, section 6.
    @Test(arguments: [
        (
            "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
            "c37b7e6492584340bed12207808941155068f738"
        ),
        ("afbeb0f07dfbf5419200f2ccb50bb24f", "466f7250617369"),
    ]) func unwrapping(wrapped: String, expected: String) throws {
        let key = hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
        func unwrap(_ wrapped: [UInt8]) throws -> [UInt8] {
            try bytes(64) { output, _ in libcrypto_unwrap(key, key.count, wrapped, wrapped.count, output) }
        }
        #expect(try unwrap(hex(wrapped)) == hex(expected))
        for spoilt in spoilt(hex(wrapped)) { #expect(throws: KeyMaterialError.failed) { try unwrap(spoilt) } }
        for count in 0..<hex(wrapped).count {
            #expect(throws: KeyMaterialError.failed) { try unwrap(Array(hex(wrapped).prefix(count))) }
        }
    }

    /// The seed in RFC 9881's form, and the hash of the public key, as Python's `cryptography` 50 has them.
    @Test(arguments: [
        (
            KeySpec.mlDSA65,
            """
            3034020100300b060960864801650304031204228020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
            """, "b8b62131bfbe84433efb2273d7f5b87f7a22854a2cfd366fc2aead86d837c52d"
        ),
        (
            .mlDSA87,
            """
            3034020100300b060960864801650304031304228020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
            """, "07e57c4f14dbad1267f621ec3777b4e2e6c4fbc4c22fbb87510ff8e0b3c6a642"
        ),
    ]) func moduleLattices(spec: KeySpec, privateKey: String, publicKeyHash: String) throws {
        let key = try KeyMaterial(importing: hex(privateKey), as: spec)
        #expect(try key.stored() == hex(privateKey))
        #expect(Array(SHA256.hash(data: try key.publicKey())) == hex(publicKeyHash))
    }

    /// What was encrypted once is decrypted for ever. Made with Python's `cryptography` from the description of the form.
    @Test func ciphertext() throws {
        let material = try KeyMaterial(importing: Array(100..<132), as: .symmetricDefault)
        let id = "5afc03541a0483155081e5fb5366934318d0c1a05ab9c1d54421b4d772385720"
        #expect(try material.id(of: "1234abcd-12ab-34cd-56ef-1234567890ab") == id)
        let ciphertext = try Ciphertext(
            hex(
                """
                014b61726e3a6177733a6b6d733a75732d656173742d313a3131313132323232333333333a6b65792f31323334616263642d313261
                622d333463642d353665662d3132333435363738393061625afc03541a0483155081e5fb5366934318d0c1a05ab9c1d54421b4d772
                385720000102030405060708090a0b0c0d0e0f000102030405060708090a0b1c524defb2fd1d73ae8f06170a6b211bf1a31cabef41
                c4d2d3a50001c84d
                """))
        #expect(ciphertext.keyARN == "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")
        #expect(ciphertext.materialID == id)
        let context = EncryptionContext(["Stage": "prod", "Department": "finance"])
        #expect(try material.decrypt(ciphertext, context: context) == text("attack at dawn"))
    }
}
