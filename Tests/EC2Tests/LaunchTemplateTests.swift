import EC2API
import Testing
import Wire

@testable import EC2Service

/// What a launch template keeps, and what becomes of it in requests and answers.
@Suite struct LaunchTemplateTests {
    private let data = EC2.RequestLaunchTemplateData {
        $0.imageId = "ami-1"
        $0.ramDiskId = "ari-1"
        $0.metadataOptions = EC2.LaunchTemplateInstanceMetadataOptionsRequest {
            $0.httpTokens = "required"
            $0.httpPutResponseHopLimit = 2
        }
        $0.networkInterfaces = [
            EC2.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest {
                $0.deviceIndex = 0
                $0.groups = ["sg-1"]
            }
        ]
    }

    @Test func itIsReadAsItWasKept() throws {
        let kept = try TemplateData.kept(data)
        #expect(try TemplateData.read(kept) == data)
    }

    @Test func itBecomesARequest() throws {
        let input = EC2.RunInstances.Input(data.structure.transcribed(to: EC2.RunInstances.Input.shape))
        #expect(input.imageId == "ami-1")
        #expect(input.ramdiskId == "ari-1")
        #expect(input.metadataOptions?.httpTokens == "required")
        #expect(input.networkInterfaces?.first?.groups == ["sg-1"])
        #expect(input.instanceType == nil)
    }

    @Test func itBecomesAnAnswer() throws {
        let shown = EC2.ResponseLaunchTemplateData(
            data.structure.transcribed(to: EC2.ResponseLaunchTemplateData.shape))
        #expect(shown.ramDiskId == "ari-1")
        #expect(shown.metadataOptions?.httpPutResponseHopLimit == 2)
        #expect(shown.networkInterfaces?.first?.deviceIndex == 0)
    }

    @Test func whatIsSaidAnewHolds() throws {
        let new = EC2.RequestLaunchTemplateData {
            $0.imageId = "ami-2"
            $0.metadataOptions = EC2.LaunchTemplateInstanceMetadataOptionsRequest { $0.httpTokens = "optional" }
        }
        let both = EC2.RequestLaunchTemplateData(new.structure.over(data.structure))
        #expect(both.imageId == "ami-2")
        #expect(both.ramDiskId == "ari-1")
        #expect(both.metadataOptions?.httpTokens == "optional")
        #expect(both.metadataOptions?.httpPutResponseHopLimit == 2)
    }
}
