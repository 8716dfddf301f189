import Catalogue
import Testing

@Suite struct ServiceCatalogueTests {
    private let catalogue = ServiceCatalogue.aws

    @Test func hasTheServices() throws {
        #expect(catalogue.prefixes.count > 400)
        #expect(catalogue.hasService("S3"))
        #expect(!catalogue.hasService("s33"))
        #expect(!catalogue.hasService("aws"))
        #expect(catalogue.hasARNService("execute-api"))
    }

    @Test func knowsWhatAnActionTakes() throws {
        let s3 = try #require(catalogue.service("s3"))
        let action = try #require(s3.action("getobject"))
        #expect(action.name == "GetObject" && action.accessLevel == .read)
        #expect(action.resourceTypes.contains { s3.resourceTypes[$0].name == "object" })
        let tag = try #require(s3.conditionKey("s3:ExistingObjectTag/team"))
        #expect(s3.action(action, takes: tag))
        let prefix = try #require(s3.conditionKey("s3:prefix"))
        #expect(!s3.action(action, takes: prefix))
        #expect(s3.actions(matching: "Get*Tagging").map(\.name).contains("GetObjectTagging"))
        #expect(s3.actions(matching: "Nothing*").isEmpty)
    }

    @Test func knowsWhatAnActionDependsOn() throws {
        let lambda = try #require(catalogue.service("lambda"))
        #expect(lambda.action("CreateFunction")?.dependentActions.contains("iam:PassRole") == true)
    }

    @Test func everyNumberOfTheDataPointsSomewhere() throws {
        for prefix in catalogue.prefixes {
            let service = try #require(catalogue.service(prefix))
            #expect(!service.actions.isEmpty, "\(prefix)")
            for action in service.actions {
                #expect(action.resourceTypes.allSatisfy(service.resourceTypes.indices.contains))
                #expect(action.conditionKeys.allSatisfy(service.conditionKeys.indices.contains))
                #expect(Set(action.requiredResourceTypes).isSubset(of: action.resourceTypes))
                #expect(service.action(action.name.uppercased())?.name.lowercased() == action.name.lowercased())
            }
            for type in service.resourceTypes {
                #expect(type.conditionKeys.allSatisfy(service.conditionKeys.indices.contains))
                #expect(type.arn.count == 6, "\(prefix) \(type.name)")
            }
        }
    }

    @Test func knowsGlobalKeysAndThoseOfProviders() throws {
        #expect(catalogue.conditionKey("aws:sourceip")?.type == .ipAddress)
        #expect(catalogue.conditionKey("aws:ResourceTag/a:b")?.name == "aws:ResourceTag/${TagKey}")
        #expect(catalogue.conditionKey("aws:TagKeys")?.isMultivalued == true)
        #expect(catalogue.conditionKey("saml:aud") != nil)
        #expect(catalogue.conditionKey("accounts.google.com:sub") != nil)
        #expect(catalogue.conditionKey("aws:nothing") == nil)
    }
}
