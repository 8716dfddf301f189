import Catalogue
import Lint
import Testing

/// What the documentation of `Lint` and `Catalogue` shows.
struct LintExamples {
    let text = """
        {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
          {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}
        """

    @Test func reports() {
        let report = Linter().lint(text, as: .identity)
        for finding in report.findings {
            print("\(finding.position): \(finding.severity.name) \(finding.code.rawValue): \(finding.message)")
        }
        #expect(report.findings.map(\.code) == [.passRoleWithStarInResource, .invalidAction])
        #expect(report.findings.map(\.pathText) == ["Statement[0].Action", "Statement[1].Action"])
        let failed = report.worst.map { $0 >= .warning } ?? false
        #expect(failed)
    }

    @Test func typesAreGuessed() {
        let trust = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": "ec2.amazonaws.com"}}}
            """
        let report = Linter().lint(trust)
        #expect(report.type == .roleTrust)
        #expect(report.findings.isEmpty)
    }

    @Test func catalogue() {
        let catalogue = ServiceCatalogue.aws
        let key = catalogue.conditionKey("aws:SourceIp")
        let uploads = catalogue.service("s3")?.actions(matching: "*MultipartUpload*") ?? []
        #expect(key?.type == .ipAddress)
        #expect(uploads.contains { $0.name == "AbortMultipartUpload" })
        #expect(catalogue.service("s3")?.nearestAction(to: "GetObjekt") == "GetObject")
    }

    @Test func placesInTheCatalogue() {
        func resourceTypesOfGetObject() -> [String] {
            guard let s3 = ServiceCatalogue.aws.service("s3"), let action = s3.action("GetObject") else { return [] }
            let types = action.resourceTypes.map { s3.resourceTypes[$0].name }
            return types
        }
        #expect(resourceTypesOfGetObject().contains("object"))
    }
}
