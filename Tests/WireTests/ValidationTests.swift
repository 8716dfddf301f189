import CloudTrailAPI
import IAMAPI
import STSAPI
import Testing

@testable import Wire

@Suite struct ValidationTests {
    private func failure<Operation: OperationModel>(
        of operation: Operation.Type, by rules: ValidationRules = ValidationRules(),
        _ fill: (inout Operation.Input) -> Void
    ) -> ServiceError? {
        do {
            try validate(Operation.Input(fill).structure, of: Operation.shape, by: rules)
            return nil
        } catch {
            return error
        }
    }

    @Test func whatIsRightPasses() {
        let error = failure(of: IAM.CreateUser.self) {
            $0.userName = "analyst@example.com"
            $0.path = "/division_abc/"
            $0.tags = [
                IAM.Tag {
                    $0.key = "Größe"
                    $0.value = ""
                }
            ]
        }
        #expect(error == nil)
    }

    /// As recorded from AWS: see the reference on errors, STS.
    @Test func pattern() {
        let error = failure(of: STS.AssumeRole.self) {
            $0.roleArn = "arn:aws:iam::111122223333:role/r"
            $0.roleSessionName = "Session1:2"
        }
        #expect(
            error
                == ServiceError(
                    "ValidationError",
                    "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy "
                        + #"constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*"#))
    }

    /// As IAM words it.
    private let discreet = ValidationRules(
        quotesValues: false, elementsAreRequired: true, patternTexts: [#"[\w+=,.@-]+"#: "It must be a name."])

    /// As recorded from AWS: IAM quotes neither value nor enumeration.
    @Test func discreetServices() {
        let id = failure(of: IAM.DeleteServiceSpecificCredential.self, by: discreet) {
            $0.serviceSpecificCredentialId = "this-is-no-valid-id-at-all"
        }
        #expect(
            id?.message == "1 validation error detected: Value at 'serviceSpecificCredentialId' failed to satisfy "
                + #"constraint: Member must satisfy regular expression pattern: [\w]+"#)
        let status = failure(of: IAM.UpdateServiceSpecificCredential.self, by: discreet) {
            $0.serviceSpecificCredentialId = "satisfiesregexbutstillinvalid"
            $0.status = "Invalid"
        }
        #expect(
            status?.message == "1 validation error detected: Value at 'status' failed to satisfy constraint: "
                + "Member must satisfy enum value set")
        let absent = failure(of: IAM.GetRole.self, by: discreet) { _ in }
        #expect(
            absent?.message == "1 validation error detected: Value at 'roleName' failed to satisfy constraint: "
                + "Member must not be null")
        let keys = failure(of: IAM.UntagUser.self, by: discreet) {
            $0.userName = "u"
            $0.tagKeys = ["a", ""]
        }
        #expect(
            keys?.message == "1 validation error detected: Value at 'tagKeys' failed to satisfy constraint: "
                + "Member must satisfy constraint: [Member must have length less than or equal to 128, "
                + "Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
                + #"[\p{L}\p{Z}\p{N}_.:/=+\-@]+, Member must not be null]"#)
    }

    @Test func aServiceCanHaveAnErrorOfItsOwn() {
        let rules = ValidationRules { ServiceError("Own", "\($0) \($1.name) \($2 ?? "")") }
        let error = failure(of: IAM.UpdateAccessKey.self, by: rules) { $0.status = "On" }
        #expect(error == ServiceError("Own", "required AccessKeyId "))
        let status = failure(of: IAM.UpdateAccessKey.self, by: rules) {
            $0.accessKeyId = "AKIAEXAMPLEEXAMPLE00"
            $0.status = "On"
        }
        #expect(status == ServiceError("Own", "values Status On"))
    }

    @Test func absentAndEmptyMembers() {
        let error = failure(of: STS.AssumeRole.self) { $0.roleSessionName = "" }
        #expect(
            error?.message == "2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: "
                + "Member must not be null; Value '' at 'roleSessionName' failed to satisfy constraint: "
                + "Member must have length greater than or equal to 2")
    }

    @Test func enumerationsAndRanges() {
        let error = failure(of: IAM.UpdateAccessKey.self) {
            $0.accessKeyId = "AKIAIOSFODNN7EXAMPLE"
            $0.status = "On"
        }
        #expect(
            error?.message == "1 validation error detected: Value 'On' at 'status' failed to satisfy constraint: "
                + "Member must satisfy enum value set: [Active, Inactive, Expired]")
        let range = failure(of: IAM.ListUsers.self) { $0.maxItems = 1001 }
        #expect(
            range?.message == "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: "
                + "Member must have value less than or equal to 1000")
    }

    @Test func membersOfListElementsHaveAPath() {
        let error = failure(of: STS.AssumeRole.self) {
            $0.roleArn = "arn:aws:iam::111122223333:role/r"
            $0.roleSessionName = "name"
            $0.tags = [
                STS.Tag {
                    $0.key = "ok"
                    $0.value = "v"
                },
                STS.Tag {
                    $0.key = String(repeating: "k", count: 129)
                    $0.value = "v"
                },
            ]
        }
        #expect(
            error?.message == "1 validation error detected: Value '\(String(repeating: "k", count: 129))' at "
                + "'tags.2.member.key' failed to satisfy constraint: Member must have length less than or equal to 128")
    }

    @Test func plainListElementsAreNamedTogether() {
        let error = failure(of: IAM.UntagUser.self) {
            $0.userName = "u"
            $0.tagKeys = ["a", ""]
        }
        #expect(
            error?.message == "1 validation error detected: Value '[a, ]' at 'tagKeys' failed to satisfy constraint: "
                + "Member must satisfy constraint: [Member must have length less than or equal to 128, "
                + "Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
                + #"[\p{L}\p{Z}\p{N}_.:/=+\-@]+]"#)
    }

    @Test func aPatternCanHaveATextOfItsOwn() {
        let error = failure(of: IAM.CreateRole.self, by: discreet) {
            $0.roleName = "a role"
            $0.assumeRolePolicyDocument = "{}"
        }
        #expect(
            error
                == ServiceError(
                    "ValidationError",
                    "The specified value for roleName is invalid. It must be a name."))
    }

    @Test func secretsAreNotQuoted() {
        let error = failure(of: IAM.CreateLoginProfile.self) {
            $0.userName = "u"
            $0.password = String(repeating: "s3cret", count: 50)
        }
        #expect(
            error?.message == "1 validation error detected: Value at 'password' failed to satisfy constraint: "
                + "Member must have length less than or equal to 128")
    }

    @Test func jsonServicesHaveAnotherCode() {
        let error = failure(of: CloudTrail.LookupEvents.self) { $0.maxResults = 51 }
        #expect(error?.code == "ValidationException")
        #expect(error?.status == 400)
    }

    @Test func manyFailuresMakeABoundedMessage() {
        let error = failure(of: IAM.TagUser.self) {
            $0.userName = "u"
            $0.tags = (0..<10_000).map { _ in
                IAM.Tag {
                    $0.key = ""
                    $0.value = ""
                }
            }
        }
        #expect((error?.message.utf8.count ?? 0) < 20_000)
        #expect(
            error?.message.contains(
                "'tags' failed to satisfy constraint: Member must have length less than or equal to 50") == true)
    }

    @Test func lengthsCountScalars() {
        let error = failure(of: STS.AssumeRole.self) {
            $0.roleArn = "arn:aws:iam::111122223333:role/r"
            $0.roleSessionName = "name"
            $0.tags = [
                STS.Tag {
                    $0.key = String(repeating: "é", count: 128)
                    $0.value = ""
                }
            ]
        }
        #expect(error == nil)
    }
}
