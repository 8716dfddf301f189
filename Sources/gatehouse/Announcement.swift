import Server

/// What `gatehouse serve` says when it has begun to listen: one line for each thing that matters. Scripts wait for the
/// last one.
struct Announcement {
    let endpoint: Endpoint
    /// nil: HTTPS is not spoken.
    let secure: Endpoint?
    let account: String
    /// nil: everything is in a database, or in memory.
    let dataDirectory: String?
    /// The database that nodes share.
    let database: String?
    let isDefaultDirectory: Bool
    /// Shown, because it was generated just now and nobody knows it yet.
    let newRootKey: (id: String, secret: String)?
    /// Whether the local authority's certificate lies in no file that clients could name.
    let isAuthorityUnwritten: Bool
    /// The URLs of the web front, if there is one.
    var webFront: [String] = []

    var lines: [String] {
        var lines = ["Gatehouse \(Version.text), account \(account)"]
        lines.append(
            (database ?? dataDirectory).map { "Data in \($0)" } ?? "Everything is in memory and ends with this process")
        if let newRootKey {
            lines += [
                "", "Point the AWS CLI here, as the root user (shown this once):", "",
                "  " + endpoint.exportLine,
                "  " + Endpoint.exportLine(accessKeyID: newRootKey.id, secretAccessKey: newRootKey.secret), "",
            ]
        } else if let dataDirectory {
            lines.append("Point the AWS CLI here: eval \"$(gatehouse env\(option(dataDirectory)))\"")
        } else {
            lines.append("Point the AWS CLI here: \(endpoint.exportLine)")
        }
        lines += webFront.map { "The web front listens on \($0)" }
        if let secure {
            if let dataDirectory {
                lines.append("Or over TLS: eval \"$(gatehouse env --tls\(option(dataDirectory)))\"")
            } else {
                lines.append("Or over TLS: \(secure.exportLine)")
                if isAuthorityUnwritten {
                    lines.append("The authority that clients have to trust: \(endpoint.url)/_gatehouse/ca.pem")
                }
            }
            lines.append("Gatehouse listens on \(secure.url)")
        }
        lines.append("Gatehouse listens on \(endpoint.url)")
        return lines
    }

    private func option(_ dataDirectory: String) -> String {
        isDefaultDirectory ? "" : " --data \(Endpoint.quoted(dataDirectory))"
    }
}
