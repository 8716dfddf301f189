import Testing

@testable import ManagedLogin

@Suite struct DomainHostTests {
    @Test(
        arguments: [
            ("myapp.auth.localhost", "myapp", nil, false),
            ("MyApp.auth.localhost:4566", "myapp", nil, false),
            ("myapp.auth.eu-west-1.localhost:4566", "myapp", "eu-west-1", false),
            ("myapp.auth.us-east-1.amazoncognito.com", "myapp", "us-east-1", false),
            ("auth.example.com:443", "auth.example.com", nil, true),
            ("x.auth.example.com", "x.auth.example.com", nil, true),
        ] as [(String, String, String?, Bool)]) func readsHosts(
            _ host: String, _ name: String, _ region: String?, _ isCustom: Bool
        ) throws
    {
        let found = try #require(DomainHost(host))
        #expect(found.name == name && found.region == region && found.isCustom == isCustom)
    }

    @Test(arguments: ["localhost", "localhost:4566", "example.com", "", "a..com", ".auth.localhost", "auth.localhost"])
    func takesNothingElse(_ host: String) { #expect(DomainHost(host) == nil) }

    @Test func keepsGatehousesOwnNames() throws {
        let own = "https://gatehouse.example.com:4566"
        for name in [
            "gatehouse.example.com", "bucket.gatehouse.example.com", "s3.us-east-1.amazonaws.com", "a.b.localhost",
        ] {
            #expect(try #require(DomainHost(name)).isReserved(by: own), "\(name)")
        }
        for name in ["auth.example.com", "xgatehouse.example.com"] {
            #expect(try !#require(DomainHost(name)).isReserved(by: own), "\(name)")
        }
    }
}
