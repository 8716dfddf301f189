import Learning
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
}
