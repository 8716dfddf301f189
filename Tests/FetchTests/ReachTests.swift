import Testing

@testable import Fetch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where clients may connect to.
@Suite struct ReachTests {
    @Test(arguments: [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "168.63.129.16",
        "2002:7f00:1::", "ff02::1", "localhost", "",
    ])
    func whatIsNotOfThePublicInternet(address: String) {
        #expect(!PublicInternet.contains(address))
    }

    @Test(arguments: [
        "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "168.63.129.17", "2606:4700:4700::1111",
        "64:ff9b::808:808",
    ])
    func whatIsOfThePublicInternet(address: String) {
        #expect(PublicInternet.contains(address))
    }

    /// A server answers at 127.0.0.1; what it is called by does not matter, nor what a name's addresses were before.
    @Test(arguments: ["127.0.0.1", "localhost"])
    func whatIsNearIsNotConnectedTo(host: String) async throws {
        let server = try await Server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        let address = try #require(WebAddress("http://\(host):\(try server.address.port)/", mayBePlain: true))
        func ask(_ reach: Reach) async throws(FetchError) -> Int {
            var limits = Fetch.Limits()
            limits.time = .seconds(300)
            return try await Fetch(trust: ServerTrust(), limits: limits, reach: reach).get(address).status
        }
        #expect(try await ask(.anywhere) == 200)
        await #expect(throws: FetchError.unreachable("it is not on the public internet")) {
            try await ask(.publicInternet())
        }
        #expect(server.connections == 1)
        // The operator knows it, by its name and port, or its network.
        #expect(try await ask(.publicInternet(and: [address])) == 200)
        #expect(try await ask(.publicInternet(networks: { $0 == "127.0.0.1" })) == 200)
        let other = try #require(WebAddress("http://\(host):1/", mayBePlain: true))
        await #expect(throws: FetchError.self) {
            try await ask(.publicInternet(and: [other], networks: { $0 == "192.168.0.1" }))
        }
        #expect(server.connections == 3)
    }

    /// Sockets that have never been connected or bound: what is refused must not leave any.
    private var idleSockets: Int {
        (Int32(0)..<4096).count { descriptor in
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let result = withUnsafeMutableBytes(of: &storage) { bytes in
                getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
            }
            guard result == 0, [AF_INET, AF_INET6].contains(Int32(storage.ss_family)) else { return false }
            return withUnsafeBytes(of: storage) { $0[2] == 0 && $0[3] == 0 }
        }
    }

    /// 127.0.0.1 is refused, or of a name's addresses the first, while the second answers. Tests beside it have few such
    /// sockets.
    @Test(arguments: [("127.0.0.1", "192.168.0.1"), ("localhost", "192.168.0.1"), ("localhost", "127.0.0.1")])
    func whatIsRefusedLeavesNoSocketOpen(host: String, allowed: String) async throws {
        let server = try await Server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        let address = try #require(WebAddress("http://\(host):\(try server.address.port)/", mayBePlain: true))
        let before = idleSockets
        for _ in 0..<100 {
            let fetch = Fetch(trust: ServerTrust(), reach: .publicInternet(networks: { $0 == allowed }))
            _ = try? await fetch.get(address)
        }
        #expect(idleSockets < before + 50)
    }

    @Test func noCertificateIsTakenFromWhatIsNear() async throws {
        let server = try await Server("")
        let address = try #require(WebAddress("https://127.0.0.1:\(try server.address.port)/"))
        await #expect(throws: FetchError.unreachable("it is not on the public internet")) {
            try await Fetch(trust: ServerTrust(), reach: .publicInternet()).presentedChain(of: address)
        }
        #expect(server.connections == 0)
    }
}
