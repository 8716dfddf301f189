import Testing

@testable import Directory

struct ServiceLinkedRoleCatalogTests {
    @Test func everyTemplateIsWhole() throws {
        #expect(ServiceLinkedRoleCatalog.all.count == 275)
        var names: Set<String> = []
        for template in ServiceLinkedRoleCatalog.all {
            #expect(template.service.hasSuffix(".amazonaws.com"))
            #expect(template.roleName.hasPrefix("AWSServiceRoleFor") && template.roleName.utf8.count <= 64)
            #expect(names.insert(template.roleName).inserted, "\(template.roleName) twice")
            #expect(ManagedPolicyCatalog.aws.entry(arn: template.policyARN) != nil, "\(template.policyARN)")
        }
    }

    @Test func suffixes() throws {
        let autoScaling = try #require(ServiceLinkedRoleCatalog.template(ofService: "autoscaling.amazonaws.com"))
        #expect(autoScaling.takesSuffix)
        #expect(autoScaling.roleName(suffix: "x") == "AWSServiceRoleForAutoScaling_x")
        #expect(autoScaling.roleName(suffix: nil) == "AWSServiceRoleForAutoScaling")
        #expect(ServiceLinkedRoleCatalog.template(ofService: "nobody.amazonaws.com") == nil)
    }

    @Test func someHaveADescription() throws {
        let described = ServiceLinkedRoleCatalog.all.filter { $0.description != nil }.map(\.service)
        #expect(described == ["rds.amazonaws.com", "ssm.amazonaws.com", "sso.amazonaws.com"])
    }
}
