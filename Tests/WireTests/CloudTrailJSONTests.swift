import IAMAPI
import STSAPI
import Testing

@testable import Wire

@Suite struct CloudTrailJSONTests {
    private func dump(_ structure: Structure, _ secrets: Secrets = Secrets()) -> String {
        var writer = JSONWriter()
        writeCloudTrailJSON(structure, to: &writer, secrets)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func namesTimesAndLists() {
        let output = STS.AssumeRoleResponse {
            $0.credentials = STS.Credentials {
                $0.accessKeyId = "ASIAEXAMPLE"
                $0.secretAccessKey = "wJalrXUtnFEMI"
                $0.sessionToken = "token"
                $0.expiration = Timestamp(secondsSinceEpoch: 1_795_226_584)
            }
            $0.packedPolicySize = 3
        }
        #expect(
            dump(output.structure, Secrets(["SessionToken"]))
                == #"{"credentials":{"accessKeyId":"ASIAEXAMPLE","secretAccessKey":"HIDDEN_DUE_TO_SECURITY_REASONS","#
                + #""sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS","expiration":"Nov 21, 2026, 2:03:04 AM"},"#
                + #""packedPolicySize":3}"#)
        let input = IAM.CreateUserRequest {
            $0.userName = "u"
            $0.tags = [
                IAM.Tag {
                    $0.key = "k"
                    $0.value = "v"
                }
            ]
        }
        #expect(dump(input.structure) == #"{"userName":"u","tags":[{"key":"k","value":"v"}]}"#)
    }

    @Test func secretsCanBeLeftOut() {
        let output = STS.AssumeRoleResponse {
            $0.credentials = STS.Credentials {
                $0.accessKeyId = "ASIAEXAMPLE"
                $0.secretAccessKey = "wJalrXUtnFEMI"
                $0.sessionToken = "token"
            }
        }
        let secrets: Set = ["SessionToken"]
        #expect(
            dump(output.structure, Secrets(secrets, kept: secrets))
                == #"{"credentials":{"accessKeyId":"ASIAEXAMPLE","sessionToken":"HIDDEN_DUE_TO_SECURITY_REASONS"}}"#)
        #expect(
            dump(output.structure, Secrets(secrets, kept: []))
                == #"{"credentials":{"accessKeyId":"ASIAEXAMPLE"}}"#)
    }

    @Test func onlyTheFirstLetterChanges() {
        let output = IAM.ListMFADevicesResponse {
            $0.mfaDevices = []
            $0.isTruncated = false
        }
        #expect(dump(output.structure) == #"{"mFADevices":[],"isTruncated":false}"#)
    }

    /// No sensitive value of any shape of the models is written.
    @Test func secretsNeverAppear() {
        let input = IAM.CreateLoginProfileRequest {
            $0.userName = "u"
            $0.password = "correct horse"
        }
        #expect(dump(input.structure) == #"{"userName":"u","password":"HIDDEN_DUE_TO_SECURITY_REASONS"}"#)
        let device = IAM.CreateVirtualMFADeviceResponse {
            $0.virtualMFADevice = IAM.VirtualMFADevice { $0.base32StringSeed = Blob(Array("SEED".utf8)) }
        }
        #expect(!dump(device.structure).contains(base64(Array("SEED".utf8))))
    }
}
