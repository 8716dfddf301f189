import ArgumentParser
import Fetch

/// Where clients of ACME's may show that names are theirs.
struct ACMEOptions: ParsableArguments {
    @Option(
        name: .customLong("acme-http"),
        help: """
            Where a host is asked by HTTP that an ACME client wants a certificate for (http-01): HOST=ADDRESS:PORT, such as \
            www.example.com=192.0.2.1:80. Others are asked at port 80 of the public addresses that --dns-zone or --dns-resolver has \
            for them, if one of those is given. Can be repeated.
            """)
    var acmeHTTP: [String] = []

    /// By the hosts' names, in lower case.
    static func hosts() throws -> [String: WebAddress] {
        var hosts: [String: WebAddress] = [:]
        for text in Settings.list("ACME_HTTP") {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, parts[0].wholeMatch(of: /[A-Za-z0-9.-]+/) != nil,
                parts[1].wholeMatch(of: /([0-9.]+|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?/) != nil,
                let address = WebAddress("http://" + parts[1], mayBePlain: true)
            else {
                throw ValidationError(
                    "--acme-http takes HOST=ADDRESS:PORT, such as www.example.com=192.0.2.1:80, not '\(text)'.")
            }
            hosts[parts[0].lowercased()] = address
        }
        return hosts
    }
}
