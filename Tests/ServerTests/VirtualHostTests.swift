import Testing

@testable import Edge

/// What stands before a service's host name. Clients see the rest of it in `Tests/Clients/test_s3_paths.py`.
@Suite struct VirtualHostTests {
    /// A service's endpoint stands in its model, and S3's takes longer to read than most requests to answer.
    @Test(arguments: ["localhost", "localhost:4566", "127.0.0.1", "127.0.0.1:4566", "x"])
    func theModelIsNotReadForHostsWithoutNamesBelowThem(_ host: String) {
        var isRead = false
        func endpoint() -> String {
            isRead = true
            return "s3"
        }
        // `#expect` would ask for it itself.
        let isNamed = VirtualHost.names(endpoint(), in: host)
        let label = VirtualHost.label(of: host, before: endpoint(), publicAddress: "http://127.0.0.1:4566")
        #expect(!isNamed && label == nil && !isRead)
        let isBucketNamed = VirtualHost.names(endpoint(), in: "bucket.s3.localhost")
        #expect(isBucketNamed && isRead)
    }
}
