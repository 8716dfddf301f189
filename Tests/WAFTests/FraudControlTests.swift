import Testing

@testable import WAF

@Suite("Groups against account takeover and fraudulent accounts")
struct FraudControlTests {
    private static let takeover = FraudSettings(
        path: "/login", isJSON: true, username: "/user/name", password: "/password")
    private static let creation = FraudSettings(
        path: "/accounts", pagePath: "/register", isJSON: false, username: "user", password: "password", email: "mail",
        phone: ["phone1", "phone2"], address: ["street", "town"])

    /// A group before a web ACL, whose rules all count.
    private func firewall(
        _ kind: FraudControl.Kind, _ settings: FraudSettings, _ credentials: CompromisedCredentials = .init()
    ) throws -> Firewall {
        let control = try FraudControl(kind, settings, credentials, rates: RateTracker(), identity: "acl rule")
        let names = [
            "UnsupportedCognitoIDP", "AllRequests", "VolumetricIpHigh", "VolumetricSession", "VolumetricSessionHigh",
            "AttributeCompromisedCredentials", "SignalCredentialCompromised", "AttributeUsernameTraversal",
            "AttributeUsernameTraversalHigh", "AttributePasswordTraversal", "AttributeLongSession", "TokenRejected",
            "SignalMissingCredential", "VolumetricPhoneNumberHigh", "VolumetricAddressHigh", "VolumetricAddressLow",
            "VolumetricSessionTokenReuseIp",
        ]
        let rules = names.enumerated().compactMap { number, name in
            control.statement(name).map { rule(name, number, $0, .count()) }
        }
        var group = RuleGroup(name: "g", arn: "g", labelNamespace: kind.namespace, rules: rules)
        group.labelsTokens = true
        let reference = ManagedRuleGroupStatement(vendor: "AWS", name: "g")
        return try Firewall(
            acl([Rule(name: "m", priority: 0, statement: .managedRuleGroup(reference), effect: .group(counts: false))]),
            Things(groups: ["g": group]))
    }

    private func login(
        _ user: String?, _ password: String?, path: String = "/login", address: String = "192.0.2.1",
        session: String? = nil
    ) -> WebRequest {
        let fields = [user.map { "\"user\":{\"name\":\"\($0)\"}" }, password.map { "\"password\":\"\($0)\"" }]
            .compactMap { $0 }
        var request = WebRequest(
            method: "POST", path: path, body: Array("{\(fields.joined(separator: ","))}".utf8), address: address)
        request.session = session
        return request
    }

    private func rules(_ verdict: Verdict) -> [String] { verdict.groups.flatMap(\.counting).map(\.rule) }

    @Test("sign-in without name or password; other requests are none of its business")
    func missing() throws {
        let firewall = try firewall(.takeover, Self.takeover)
        func found(_ request: WebRequest) -> [String] { rules(firewall.evaluate(request, at: 0)) }
        #expect(found(login("ann", "x")) == [])
        #expect(found(login("ann", nil)) == ["SignalMissingCredential"])
        #expect(found(login(nil, "x", path: "/login/now")) == ["SignalMissingCredential"])
        #expect(found(login("ann", "", path: "/%6Cogin")) == ["SignalMissingCredential"])
        #expect(found(login("ann", nil, path: "/web/login")) == [])
        #expect(found(WebRequest(path: "/login")) == [])
        var pool = login(nil, nil)
        pool.isForUserPool = true
        #expect(found(pool) == ["UnsupportedCognitoIDP"])
        let labels = firewall.evaluate(login("ann", nil), at: 0).labels
        #expect(
            labels == [
                "awswaf:managed:token:absent", "awswaf:managed:captcha:absent",
                "awswaf:managed:aws:atp:signal:missing_credential",
            ])
    }

    @Test("many attempts: by address within ten minutes, by session within thirty")
    func volumes() throws {
        let firewall = try firewall(.takeover, Self.takeover)
        var byAddress: [String] = []
        for number in 1...21 {
            let verdict = firewall.evaluate(login("u\(number)", "x"), at: 0)
            byAddress.append(
                verdict.labels.first { $0.contains("volumetric:ip") }?.split(separator: ":").last.map(String.init)
                    ?? "-")
            #expect(rules(verdict) == (number > 20 ? ["VolumetricIpHigh"] : []))
        }
        #expect(
            byAddress == Array(repeating: "-", count: 10) + Array(repeating: "low", count: 5)
                + Array(repeating: "medium", count: 5) + ["high"])
        #expect(rules(firewall.evaluate(login("ann", "x"), at: 700)) == [])
        for number in 1...21 {
            let verdict = firewall.evaluate(
                login("ann", "x", address: "192.0.2.\(number + 50)", session: "s"), at: Double(number) * 60)
            #expect(rules(verdict) == (number > 20 ? ["VolumetricSession"] : []))
        }
    }

    @Test("all addresses of one network of version 6 count as one")
    func networks() throws {
        let firewall = try firewall(.takeover, Self.takeover)
        for number in 1...21 {
            let found = rules(firewall.evaluate(login("u\(number)", "x", address: "2001:db8:0:7::\(number)"), at: 0))
            #expect(found == (number > 20 ? ["VolumetricIpHigh"] : []))
        }
        #expect(rules(firewall.evaluate(login("ann", "x", address: "2001:db8:0:8::1"), at: 0)) == [])
    }

    @Test("a field that is there twice counts with both values: some applications take the last")
    func twice() throws {
        let known = try CompromisedCredentials("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8".utf8)
        let form = FraudSettings(path: "/login", isJSON: false, username: "user", password: "password")
        let json = FraudSettings(path: "/login", isJSON: true, username: "/user", password: "/password")
        for (settings, isJSON) in [(form, false), (json, true)] {
            let firewall = try firewall(.takeover, settings, known)
            func found(_ fields: [(String, String)], _ number: Int, _ session: String?) -> Verdict {
                let body =
                    isJSON
                    ? "{\(fields.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ","))}"
                    : fields.map { "\($0)=\($1)" }.joined(separator: "&")
                var request = WebRequest(
                    method: "POST", path: "/login", body: Array(body.utf8), address: "192.0.2.\(number)")
                request.session = session
                return firewall.evaluate(request, at: 0)
            }
            // Two values of one name are no JSON that all read alike.
            let unclear = isJSON ? ["SignalMissingCredential"] : []
            for number in 1...11 {
                for user in [[("user", "x\(number)"), ("user", "ann")], [("user", "bob"), ("user", "x\(number)")]] {
                    let tried = found(user + [("password", "p\(number)")], number, nil)
                    #expect(
                        Set(rules(tried)) == Set(unclear + (number > 10 ? ["AttributePasswordTraversal"] : [])))
                }
                let names = found(
                    [("user", "carol"), ("user", "n\(number)"), ("password", "x")], number + 100, "s")
                #expect(Set(rules(names)) == Set(unclear + (number > 9 ? ["AttributeUsernameTraversal"] : [])))
            }
            let stolen = found([("user", "dan"), ("password", "junk"), ("password", "password")], 200, nil)
            #expect(stolen.labels.contains("awswaf:managed:aws:atp:signal:credential_compromised"))
            // A thousand other fields between them change nothing.
            let filler = (0..<1000).map { ("f\($0)", "") }
            let far = found(
                [("user", "y"), ("password", "z")] + filler + [("user", "ann"), ("password", "q")], 201, nil)
            #expect(rules(far).contains("AttributePasswordTraversal"))
        }
    }

    @Test("what can't be read, or goes on beyond what is looked at, shows no credentials")
    func unread() throws {
        let firewall = try firewall(.takeover, Self.takeover)
        var request = login("ann", "x")
        request.body += Array(",\"password\":\"y\"}".utf8)
        #expect(rules(firewall.evaluate(request, at: 0)) == ["SignalMissingCredential"])
        request = login("ann", "x")
        request.isBodyOversize = true
        #expect(rules(firewall.evaluate(request, at: 0)) == ["SignalMissingCredential"])
    }

    @Test("one and the same name and password are no traversal, even where others have filled the table")
    func fullTable() throws {
        let counts = FraudCounts(rates: RateTracker(), identity: "i")
        let pairs = counts.pairs("passwords", 30)
        for number in 0..<RateCounter.mostKeys {
            let key = (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
            for _ in 0..<2 { _ = pairs.count(key, at: 0) }
        }
        func attempts(_ password: String) -> Int {
            counts.distinct(
                "passwords", of: Array("ann".utf8), [Array(password.utf8)], limit: 10, minutes: 30, at: 0)
        }
        // Each time its own count has grown: it does not go for itself.
        for _ in 0..<20 { #expect(attempts("right") == 1) }
        for number in 2...12 { #expect(attempts("wrong \(number)") == number) }
    }

    @Test("names that a session tries, passwords that are tried of a name")
    func traversal() throws {
        let firewall = try firewall(.takeover, Self.takeover)
        for number in 1...12 {
            let address = "192.0.2.\(number)"
            let names = firewall.evaluate(login("u\(number % 12)", "x", address: address, session: "a"), at: 0)
            #expect(rules(names) == (number > 10 ? ["AttributeUsernameTraversal"] : []))
            let passwords = firewall.evaluate(login("Ann", "p\(number)", address: "2001:db8:0:\(number)::1"), at: 0)
            #expect(rules(passwords) == (number > 10 ? ["AttributePasswordTraversal"] : []))
            // One and the same name and password are no traversal.
            let same = firewall.evaluate(login("bob", "x", address: "198.51.100.\(number)", session: "b"), at: 0)
            #expect(rules(same) == [])
        }
    }

    @Test("a session of more than six hours with attempts all the time")
    func longSession() throws {
        let firewall = try firewall(.takeover, Self.takeover)
        for minute in stride(from: 0, through: 390, by: 30) {
            let verdict = firewall.evaluate(login("ann", "x", session: "s"), at: 1000 + Double(minute) * 60)
            #expect(rules(verdict) == (minute > 360 ? ["AttributeLongSession"] : []))
        }
        #expect(rules(firewall.evaluate(login("ann", "x", session: "s"), at: 1000 + 430 * 60)) == [])
    }

    @Test("credentials of the operator's list, by the hash of the password or of both")
    func compromised() throws {
        // SHA-1 of "password", and SHA-256 of "ann:secret".
        let known = try CompromisedCredentials(
            """
            5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824

            816f9bf0766e9b74f04ecb467e9977d9b3c0ac5af8b6373246d575de00d2c8ad
            """.utf8)
        #expect(known.contains(username: Array("x".utf8), password: Array("password".utf8)))
        #expect(!known.contains(username: Array("x".utf8), password: Array("Password".utf8)))
        #expect(known.contains(username: Array("Ann".utf8), password: Array("secret".utf8)))
        #expect(!known.contains(username: Array("bob".utf8), password: Array("secret".utf8)))
        let firewall = try firewall(.takeover, Self.takeover, known)
        let label = "awswaf:managed:aws:atp:signal:credential_compromised"
        let first = firewall.evaluate(login("bob", "password", session: "s"), at: 0)
        #expect(rules(first) == [] && first.labels.contains(label))
        #expect(
            rules(firewall.evaluate(login("eve", "password", session: "s"), at: 1)) == [
                "AttributeCompromisedCredentials"
            ])
        #expect(!firewall.evaluate(login("bob", "good", session: "s"), at: 0).labels.contains(label))
        for (text, line) in [("zz", 1), ("\n12", 2), (String(repeating: "a", count: 41), 1)] {
            #expect(throws: CompromisedCredentials.Problem.self, "\(line)") { try CompromisedCredentials(text.utf8) }
        }
        let creation = try self.firewall(.creation, Self.creation, known)
        let request = WebRequest(method: "POST", path: "/accounts", body: Array("mail=a%40b&password=p%61ssword".utf8))
        #expect(rules(creation.evaluate(request, at: 0)) == ["SignalCredentialCompromised"])
    }

    @Test("accounts by one telephone number, address, session; the page is challenged")
    func creations() throws {
        let firewall = try firewall(.creation, Self.creation)
        func account(_ body: String, _ number: Int, session: String? = nil) -> Verdict {
            var request = WebRequest(
                method: "POST", path: "/accounts", body: Array("user=u\(number)&password=x&\(body)".utf8),
                address: "2001:db8:0:\(number)::1")
            request.session = session
            return firewall.evaluate(request, at: 0)
        }
        for number in 1...101 {
            let phone = rules(account("phone1=%2B49+30&phone2=\(number % 2 == 0 ? "12-34" : "1234")", number))
            #expect(phone == (number > 10 ? ["VolumetricPhoneNumberHigh"] : []))
            let place = rules(account("street=Main+St+1&town=\(number % 2 == 0 ? "X" : "x")", number))
            #expect(place == (number > 100 ? ["VolumetricAddressHigh"] : number > 10 ? ["VolumetricAddressLow"] : []))
        }
        for number in 1...11 {
            let found = rules(account("phone1=\(number)&phone1=9999", 300 + number))
            #expect(found == (number > 10 ? ["VolumetricPhoneNumberHigh"] : []))
        }
        for number in 1...11 {
            let found = rules(account("", 200 + number, session: "s"))
            let reuse = number > 5 ? ["VolumetricSessionTokenReuseIp"] : []
            #expect(found == (number > 10 ? ["VolumetricSessionHigh", "AttributeUsernameTraversalHigh"] : []) + reuse)
        }
        func page(_ accept: String, _ path: String = "/register") -> [String] {
            rules(firewall.evaluate(WebRequest(path: path, headers: [.init("Accept", accept)]), at: 0))
        }
        #expect(page("text/html,*/*") == ["AllRequests"])
        #expect(page("image/png") == [])
        #expect(page("text/html", "/") == [])
    }

    @Test("tokens have labels, and rejected ones get nobody signed in")
    func tokens() throws {
        let firewall = try firewall(.takeover, Self.takeover)
        func verdict(_ token: WebRequest.Token, _ captcha: WebRequest.Token = .missing) -> (
            rules: [String], labels: [String]
        ) {
            var request = login("ann", "x")
            (request.challenge, request.captcha) = (token, captcha)
            if case .solved = token { request.session = "s7" }
            let verdict = firewall.evaluate(request, at: 10_000)
            return (rules(verdict), verdict.labels.map { String($0.dropFirst("awswaf:managed:".count)) })
        }
        #expect(verdict(.solved(at: 9900)) == ([], ["token:id:s7", "token:accepted", "captcha:absent"]))
        #expect(
            verdict(.solved(at: 9000), .solved(at: 0))
                == (
                    ["TokenRejected"],
                    [
                        "token:id:s7", "token:rejected", "token:rejected:expired", "captcha:rejected",
                        "captcha:rejected:not_solved",
                    ]
                ))
        #expect(verdict(.invalid).labels.prefix(2) == ["token:rejected", "token:rejected:invalid"])
        #expect(verdict(.foreign).labels.prefix(2) == ["token:rejected", "token:rejected:domain_mismatch"])
        #expect(verdict(.missing).rules == [])
    }
}
