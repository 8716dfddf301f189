import CloudTrailAPI
import IAMAPI
import STSAPI
import Testing

@testable import Wire

@Suite struct SchemaTests {
    /// The counts of the models of botocore 1.43.11.
    @Test(arguments: [
        (IAM.service, 176, 571, "iam", ProtocolName.query), (STS.service, 11, 98, "sts", ProtocolName.query),
        (CloudTrail.service, 60, 381, "cloudtrail", ProtocolName.json),
    ])
    func theWholeModelIsThere(
        service: ServiceShape, operations: Int, shapes: Int, signingName: String, protocolName: ProtocolName
    ) {
        #expect(service.operationNames.count == operations)
        #expect(service.shapes.count == shapes)
        #expect(service.signingName == signingName)
        #expect(service.protocols == [protocolName])
        for name in service.operationNames {
            #expect(service.operation(named: name)?.name == name)
        }
    }

    @Test(arguments: [IAM.service, STS.service, CloudTrail.service])
    func everyReferenceIsResolved(service: ServiceShape) {
        for (name, shape) in service.shapes {
            #expect(shape.name == name)
            switch shape {
            case .list(let list): #expect(!list.element.name.isEmpty, "\(name)")
            case .map(let map): #expect(!map.key.name.isEmpty && !map.value.name.isEmpty, "\(name)")
            case .structure(let structure):
                for member in structure.members { #expect(service.shapes[member.shape.name] != nil) }
            default: break
            }
        }
    }

    @Test func metadata() {
        #expect(IAM.service.apiVersion == "2010-05-08")
        #expect(IAM.service.xmlNamespace?.uri == "https://iam.amazonaws.com/doc/2010-05-08/")
        #expect(IAM.service.globalEndpoint == "iam.amazonaws.com")
        #expect(CloudTrail.service.targetPrefix == "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101")
        #expect(CloudTrail.service.jsonVersion == "1.1")
    }

    @Test func operations() throws {
        let operation = try #require(IAM.service.operation(named: "CreateUser"))
        #expect(operation === IAM.CreateUser.shape)
        #expect(operation.input === IAM.CreateUserRequest.shape)
        #expect(operation.output === IAM.CreateUserResponse.shape)
        #expect(operation.resultWrapper == "CreateUserResult")
        #expect(operation.errors.compactMap(\.error?.code).contains("EntityAlreadyExists"))
        #expect(IAM.service.operation(named: "DeleteUser")?.output == nil)
        #expect(STS.service.operation(named: "AssumeRoleWithWebIdentity")?.isUnsigned == true)
        #expect(STS.AssumeRole.shape.isUnsigned == false)
    }

    @Test func errorsHaveTheModelsCodeStatusAndFault() {
        #expect(IAM.service.error(code: "NoSuchEntity")?.status == 404)
        #expect(IAM.Failure.noSuchEntity("gone") == ServiceError("NoSuchEntity", "gone", status: 404))
        #expect(IAM.Failure.serviceFailure("x").fault == .receiver)
        #expect(CloudTrail.Failure.trailNotFoundException("x").status == 400)
        #expect(IAM.service.error(code: "NoSuchThing") == nil)
    }

    @Test func sensitiveMembersAreKnown() {
        let member = IAM.CreateLoginProfileRequest.shape.members.first { $0.name == "Password" }
        #expect(member?.isSensitive == true)
        #expect(member?.isRequired == false)
        #expect(IAM.AccessKey.shape.members.first { $0.name == "SecretAccessKey" }?.isSensitive == true)
    }

    @Test func viewsReadAndWriteMembers() {
        var user = IAM.User {
            $0.userName = "analyst"
            $0.tags = [
                IAM.Tag {
                    $0.key = "team"
                    $0.value = "a"
                }
            ]
        }
        #expect(user.structure["UserName"] == .string("analyst"))
        #expect(user.tags?.first?.value == "a")
        #expect(user.path == "")
        #expect(user.permissionsBoundary == nil)
        user.tags = nil
        #expect(user.structure["Tags"] == nil)
        #expect(IAM.User(IAM.Tag().wireValue) == nil)
    }
}
