import Testing
import ThreatDetection
import ThreatScenarios
import WAF

/// What is found in one call, and what is not.
struct CallRulesTests {
    @Test func rootIsToldApart() {
        let watched = Watched()
        let root: (inout Made) -> Void = { $0.type = "Root" }
        #expect(watched.types("s3", "ListBuckets", root) == ["Policy:IAMUser/RootCredentialUsage"])
        // A call that was denied is use of the credentials, too.
        #expect(
            watched.types("iam", "DeleteUser") {
                root(&$0)
                $0.error = "AccessDenied"
            } == ["Policy:IAMUser/RootCredentialUsage"])
        #expect(
            watched.types("s3", "ListBuckets") {
                root(&$0)
                $0.session = #","sessionContext":{"attributes":{"mfaAuthenticated":"false"},"assumedRoot":"true"}"#
            } == ["Policy:IAMUser/ShortTermRootCredentialUsage"])
        #expect(
            watched.types("kms", "Decrypt") {
                root(&$0)
                $0.session = #","invokedBy":"s3.amazonaws.com""#
            } == [])
        #expect(watched.types("s3", "ListBuckets") == [])
    }

    @Test func trailsThatEnd() {
        let watched = Watched()
        let stealth: Set = ["Stealth:IAMUser/CloudTrailLoggingDisabled"]
        #expect(watched.types("cloudtrail", "StopLogging") { $0.request = #"{"name":"main"}"# } == stealth)
        #expect(watched.types("cloudtrail", "DeleteTrail") { $0.request = #"{"name":"main"}"# } == stealth)
        #expect(
            watched.types("cloudtrail", "UpdateTrail") {
                $0.request = #"{"name":"main","isMultiRegionTrail":false}"#
            } == stealth)
        #expect(
            watched.types("cloudtrail", "UpdateTrail") { $0.request = #"{"name":"main","s3BucketName":"b"}"# } == [])
        #expect(
            watched.types("cloudtrail", "StopLogging") {
                $0.request = #"{"name":"main"}"#
                $0.error = "AccessDenied"
            } == [])
    }

    @Test func passwordPolicies() throws {
        let watched = Watched()
        let weak: Set = ["Stealth:IAMUser/PasswordPolicyChange"]
        let strict =
            #"{"minimumPasswordLength":14,"requireSymbols":true,"requireNumbers":true,"requireUppercaseCharacters":true,"requireLowercaseCharacters":true,"maxPasswordAge":90,"passwordReusePrevention":24}"#
        #expect(watched.types("iam", "UpdateAccountPasswordPolicy") { $0.request = strict } == [])
        // An attempt counts, and changes nothing of what is known.
        #expect(
            watched.types("iam", "UpdateAccountPasswordPolicy") {
                $0.request = #"{"minimumPasswordLength":6}"#
                $0.error = "AccessDenied"
            } == weak)
        let shorter = strict.replacing("14", with: "12")
        let one = watched.see(Made("iam", "UpdateAccountPasswordPolicy") { $0.request = shorter })
        let first = try #require(one.first)
        #expect(first.severity == 2)
        #expect(first.unusual.first?.seen.contains("12 characters instead of 14") == true)
        #expect(watched.types("iam", "UpdateAccountPasswordPolicy") { $0.request = shorter } == [])
        let gone = watched.see(Made("iam", "DeleteAccountPasswordPolicy"))
        let last = try #require(gone.first)
        #expect(last.severity == 8)
        #expect(watched.types("iam", "DeleteAccountPasswordPolicy") { $0.error = "NoSuchEntityException" } == [])
    }

    @Test func blocksThatAreRemoved() {
        let watched = Watched()
        let all =
            #"{"bucketName":"box","publicAccessBlockConfiguration":{"blockPublicAcls":true,"ignorePublicAcls":true,"blockPublicPolicy":true,"restrictPublicBuckets":true}}"#
        #expect(watched.types("s3", "PutBucketPublicAccessBlock") { $0.request = all } == [])
        #expect(
            watched.types("s3", "PutBucketPublicAccessBlock") {
                $0.request = all.replacing("\"blockPublicPolicy\":true", with: "\"blockPublicPolicy\":false")
            } == ["Policy:S3/BucketBlockPublicAccessDisabled"])
        #expect(
            watched.types("s3", "DeleteBucketPublicAccessBlock") { $0.request = #"{"bucketName":"box"}"# }
                == ["Policy:S3/BucketBlockPublicAccessDisabled"])
        #expect(
            watched.types("s3", "DeleteAccountPublicAccessBlock") { $0.request = #"{"accountId":"111122223333"}"# }
                == ["Policy:S3/AccountBlockPublicAccessDisabled"])
    }

    @Test func bucketsThatAreOpened() {
        let watched = Watched()
        func policy(_ principal: String, _ condition: String = "") -> String {
            #"{"bucketName":"box","policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\#(principal),\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::box/*\"\#(condition)}]}"}"#
        }
        let open: Set = ["Policy:S3/BucketAnonymousAccessGranted"]
        #expect(watched.types("s3", "PutBucketPolicy") { $0.request = policy(#"\"*\""#) } == open)
        #expect(
            watched.types("s3", "PutBucketPolicy") {
                $0.request = policy(#"\"*\""#, #",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.0/24\"}}"#)
            } == [])
        #expect(
            watched.types("s3", "PutBucketPolicy") {
                $0.request = policy(#"{\"AWS\":\"arn:aws:iam::444455556666:root\"}"#)
            }
                == [])
        #expect(
            watched.types("s3", "PutBucketAcl") { $0.request = #"{"bucketName":"box","x-amz-acl":"public-read"}"# }
                == open)
        #expect(
            watched.types("s3", "PutBucketAcl") {
                $0.request = #"{"bucketName":"box","x-amz-acl":"authenticated-read"}"#
            } == ["Policy:S3/BucketPublicAccessGranted"])
        #expect(
            watched.types("s3", "PutBucketAcl") {
                $0.request =
                    #"{"bucketName":"box","accessControlPolicy":{"grants":[{"grantee":{"type":"Group","uRI":"http://acs.amazonaws.com/groups/global/AllUsers"},"permission":"READ"}]}}"#
            } == open)
        watched.around.isRestricted = { $0 == "box" }
        #expect(watched.types("s3", "PutBucketPolicy") { $0.request = policy(#"\"*\""#) } == [])
    }

    @Test func accessLogs() {
        let watched = Watched()
        #expect(
            watched.types("s3", "PutBucketLogging") { $0.request = #"{"bucketName":"box","bucketLoggingStatus":{}}"# }
                == ["Stealth:S3/ServerAccessLoggingDisabled"])
        #expect(
            watched.types("s3", "PutBucketLogging") {
                $0.request = #"{"bucketName":"box","bucketLoggingStatus":{"loggingEnabled":{"targetBucket":"logs"}}}"#
            } == [])
    }

    @Test(arguments: [
        ("Boto3/1.40 Linux/6.6.9-kali1-amd64", "KaliLinux"), ("aws-cli/2 Linux/6.5.0-13parrot1-amd64", "ParrotLinux"),
        ("aws-cli/2 Linux/6.1-pentoo", "PentooLinux"),
    ])
    func attackSystems(agent: String, name: String) {
        let watched = Watched()
        #expect(watched.types("iam", "ListUsers") { $0.agent = agent } == ["PenTest:IAMUser/\(name)"])
        #expect(
            watched.types("s3", "GetObject") {
                ($0.agent, $0.isOfData, $0.request) = (agent, true, #"{"bucketName":"box","key":"a"}"#)
            } == ["PenTest:S3/\(name)"])
        #expect(watched.types("iam", "ListUsers") { $0.agent = "Alkaline/1 kaliningrad-app/2 parroting" } == [])
    }

    @Test func listsOfAddresses() throws {
        let watched = Watched()
        let network = try #require(Network("203.0.113.0/24"))
        watched.around.threats = AddressLists([
            AddressLists.List(name: "bad", isCustom: true, [network]),
            AddressLists.List(name: "known", isCustom: false, [network]),
        ])
        watched.around.tor = AddressLists([AddressLists.List(name: "tor", isCustom: false, [network])])
        let bad = { (made: inout Made) in made.address = "203.0.113.9" }
        #expect(
            watched.types("iam", "ListUsers", bad) == [
                "Recon:IAMUser/MaliciousIPCaller", "Recon:IAMUser/MaliciousIPCaller.Custom",
                "Recon:IAMUser/TorIPCaller",
            ])
        #expect(
            watched.types("iam", "CreateUser", bad) == [
                "UnauthorizedAccess:IAMUser/MaliciousIPCaller", "UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom",
                "UnauthorizedAccess:IAMUser/TorIPCaller",
            ])
        #expect(
            watched.types("s3", "DeleteObject") {
                bad(&$0)
                ($0.isOfData, $0.request) = (true, #"{"bucketName":"box","key":"a"}"#)
            } == [
                "Impact:S3/MaliciousIPCaller", "UnauthorizedAccess:S3/MaliciousIPCaller.Custom",
                "UnauthorizedAccess:S3/TorIPCaller",
            ])
        #expect(watched.types("iam", "ListUsers") == [])
        watched.around.trusted = AddressLists([AddressLists.List(name: "mine", isCustom: true, [network])])
        #expect(
            watched.types("iam", "ListUsers") {
                bad(&$0)
                $0.type = "Root"
            } == [])
    }

    @Test func credentialsOfInstances() {
        let watched = Watched()
        watched.around.instance = { id in
            guard id == "i-0a" else { return nil }
            return (account: "111122223333", addresses: ["10.0.0.5", "198.51.100.5"])
        }
        watched.around.owner = { address in
            switch address {
            case "198.51.100.99": "444455556666"
            case "198.51.100.98": "111122223333"
            default: nil
            }
        }
        func types(_ address: String, _ more: String = "") -> Set<String> {
            watched.types("s3", "ListBuckets") {
                ($0.type, $0.principal, $0.address, $0.more) = ("AssumedRole", "AROAX:i-0a", address, more)
                $0.session = #","sessionContext":{"sessionIssuer":{"userName":"web"},"ec2RoleDelivery":"2.0"}"#
            }
        }
        #expect(types("10.0.0.5") == [])
        #expect(types("198.51.100.5") == [])
        #expect(types("192.0.2.66") == ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"])
        #expect(types("198.51.100.99") == ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS"])
        #expect(types("198.51.100.98") == [])
        #expect(
            types("10.9.9.9", #","vpcEndpointId":"vpce-1","vpcEndpointAccountId":"444455556666""#)
                == ["UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS"])
        #expect(types("10.9.9.9", #","vpcEndpointId":"vpce-1","vpcEndpointAccountId":"111122223333""#) == [])
        watched.around.isAffiliated = { $0 == "444455556666" }
        let own = watched.see(
            Made("s3", "ListBuckets") {
                ($0.type, $0.principal, $0.address) = ("AssumedRole", "AROAX:i-0a", "198.51.100.99")
                $0.session = #","sessionContext":{"sessionIssuer":{"userName":"web"},"ec2RoleDelivery":"2.0"}"#
            })
        #expect(own.first?.severity == 5 && own.first?.isAffiliated == true)
        // A session of the role by AssumeRole is nobody's instance.
        #expect(
            watched.types("s3", "ListBuckets") {
                ($0.type, $0.principal, $0.address) = ("AssumedRole", "AROAX:i-0a", "192.0.2.66")
            } == [])
    }

    @Test func signInsFromTwoPlaces() {
        let watched = Watched()
        func login(_ address: String, _ minutes: Double, _ result: String = "Success") -> Set<String> {
            watched.types("signin", "ConsoleLogin") {
                ($0.address, $0.time, $0.response) = (
                    address, Made.start + minutes * 60, #"{"ConsoleLogin":"\#(result)"}"#
                )
                $0.isReadOnly = false
            }
        }
        #expect(login("192.0.2.1", 0) == [])
        #expect(login("192.0.7.1", 5) == [])
        #expect(login("203.0.113.1", 10, "Failure") == [])
        #expect(login("203.0.113.1", 10) == ["UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B"])
        #expect(login("198.51.100.1", 200) == [])
    }
}
