import LogMasking
import Testing

/// What the documentation of LogMasking shows.
@Suite struct MaskingExamples {
    @Test func emailAddressesAreMasked() throws {
        let data = try SensitiveData(managed: ["EmailAddress", "IpAddress"])
        let masked = data.masked("ann@example.com from 192.0.2.7")  // *************** from *********
        #expect(masked == "*************** from *********")
    }

    @Test func aPolicyIsRead() throws {
        let document = """
            {"Name":"p","Version":"2021-06-01","Statement":[
            {"DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/IpAddress"],"Operation":{"Audit":{"FindingsDestination":{}}}},
            {"DataIdentifier":["arn:aws:dataprotection::aws:data-identifier/IpAddress"],"Operation":{"Deidentify":{"MaskConfig":{}}}}]}
            """
        let policy = try DataProtectionPolicy(parsing: document, for: .logs)
        let data = SensitiveData(policy.identifiers)
        #expect(data.masked("192.0.2.7") == "*********")
    }
}
