import Catalogue
import Learning
import Policy
import Testing

/// What the documentation of `Learning` shows.
struct LearningExamples {
    @Test func policies() throws {
        let generator = PolicyGenerator()
        let policies = try generator.policies(for: [ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/a")])
        print(policies[0].text)
        #expect(policies.map(\.actions) == [["s3:GetObject"]])
        let others = [ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/b")]
        #expect(Coverage(policies).missing(of: others) == others)
    }

    private let text = #"{"Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}]}"#

    @Test func reducing() throws {
        let used: Set = ["s3:GetObject"]
        let outcome = try PolicyReduction().reduce(text) { service, action in used.contains("\(service):\(action)") }
        guard case .reduced(let left) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(left.contains("s3:GetObject") && !left.contains("s3:PutObject"))
    }

    @Test func grants() throws {
        let document = try PolicyDocument(parsing: text, as: .identity)
        let grants = ServiceGrants([document])
        for service in grants.services { print(service, grants.actions(of: service)) }
        #expect(grants.actions(of: "s3").sorted() == ["GetObject", "PutObject"])
    }
}
