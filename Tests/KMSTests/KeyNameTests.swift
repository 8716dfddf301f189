import Testing

@testable import KMSService

@Suite struct KeyNameTests {
    @Test func idsThatAreMadeAreValid() {
        for isMultiRegion in [false, true] {
            let ids = (0..<1000).map { _ in KeyIDs.make(isMultiRegion: isMultiRegion) }
            #expect(ids.allSatisfy(KeyIDs.isValid))
            #expect(Set(ids).count == ids.count)
            #expect(ids.allSatisfy { $0.hasPrefix("mrk-") == isMultiRegion })
        }
    }

    @Test(arguments: [
        "", "mrk-", "mrk-0000000000000000000000000000000", "mrk-000000000000000000000000000000000",
        "mrk-0000000000000000000000000000000g", "12345678-1234-1234-1234-12345678901",
        "12345678-1234-1234-1234-1234567890123", "12345678+1234-1234-1234-123456789012",
        "1234567--1234-1234-1234-123456789012", "12345678-1234-1234-1234-12345678901\u{e9}",
    ])
    func whatIsNoID(text: String) {
        #expect(!KeyIDs.isValid(text))
    }

    @Test func secretsDoNotPrintThemselves() {
        let proxy = CustomKeyStore.Proxy(
            connectivity: .publicEndpoint, endpoint: "https://a", path: "/kms/xks/v1", accessKeyID: "A",
            secretAccessKey: Secret("hidden"))
        var printed = ""
        dump(proxy, to: &printed)
        #expect(!printed.contains("hidden") && !"\(proxy)".contains("hidden"))
    }
}
