import Platform
import Testing

@Suite struct PublicAddressTests {
    @Test(
        arguments: [
            ("https://cognito.example.com", "cognito.example.com", true, true),
            ("https://cognito.example.com", "Cognito.Example.com:443", true, true),
            ("https://cognito.example.com", "cognito.example.com:8443", true, false),
            ("https://cognito.example.com:8443", "cognito.example.com:8443", true, true),
            ("http://10.1.2.3:4566", "10.1.2.3:4566", false, true),
            ("http://10.1.2.3:4566", "10.1.2.4:4566", false, false),
            // The browser's own machine, by whatever port it is reached there.
            ("http://127.0.0.1:4566", "localhost:8080", false, true),
            ("https://cognito.example.com", "[::1]:4566", true, true),
            ("http://127.0.0.1:4566", "evil.example", false, false),
            ("http://127.0.0.1:4566", "127.0.0.1.evil.example:4566", false, false),
            ("http://127.0.0.1:4566", "127.0.0.1:4566@evil.example", false, false),
            ("http://127.0.0.1:4566", "evil.example/127.0.0.1:4566", false, false),
            ("http://127.0.0.1:4566", "localhost.", false, false), ("http://127.0.0.1:4566", "", false, false),
        ] as [(String, String, Bool, Bool)])
    func knowsItsNames(_ url: String, _ host: String, _ isSecure: Bool, _ isNamed: Bool) {
        #expect(PublicAddress(fixed: url).isNamed(by: host, isSecure: isSecure) == isNamed)
    }
}
