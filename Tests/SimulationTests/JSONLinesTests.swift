import Testing
import Wire

@testable import Simulation

@Suite struct JSONLinesTests {
    @Test func answersAsDocumented() throws {
        let answer = try #require(answers(aliceCase(#""identityPolicies":[\#(allow("s3:*"))]"#)).first)
        #expect(answer["id"] == .integer(1))
        #expect(answer["decision"] == .string("Allowed"))
        #expect(answer["reason"]?["policyType"] == .string("identity"))
        #expect(answer["reason"]?["statement"]?["policy"] == .string("identityPolicies[0]"))
        #expect(answer["reason"]?["statement"]?["index"] == .integer(0))
        #expect(answer["reason"]?["statement"]?["sid"] == .null)

        let denied = try #require(answers(aliceCase()).first)
        #expect(denied["decision"] == .string("ImplicitlyDenied"))
        #expect(denied["reason"]?["statement"] == .null)
        #expect(
            denied["reason"]?["message"]?.text
                == "User: \(alice) is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k because no "
                + "identity-based policy allows the s3:GetObject action")
    }

    @Test func everyPolicyTypeIsRead() throws {
        let all = allow("*")
        let deny = #"{"Statement":{"Sid":"No","Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#
        let control = deny.replacing(#""Action":"*""#, with: #""Action":"s3:*""#)
        let denyCaller = #"{"Statement":{"Sid":"No","Effect":"Deny","Action":"*","Resource":"*"}}"#
        let expected: [(String, String)] = [
            (#""resourcePolicy":\#(deny)"#, "resource"),
            (#""permissionBoundaries":[\#(denyCaller)]"#, "permissionsBoundary"),
            (#""sessionPolicies":[\#(denyCaller)]"#, "session"),
            (#""scps":[[\#(all)],[\#(denyCaller)]]"#, "serviceControl"),
            (#""rcps":[[\#(control)]]"#, "resourceControl"), (#""endpointPolicies":[\#(deny)]"#, "endpoint"),
        ]
        for (member, type) in expected {
            let answer = try #require(answers(aliceCase(#""identityPolicies":[\#(all)]"#, member)).first)
            #expect(answer["decision"] == .string("ExplicitlyDenied"), "\(member)")
            #expect(answer["reason"]?["policyType"] == .string(type))
            #expect(answer["reason"]?["statement"]?["sid"] == .string("No"))
        }
    }

    @Test func absentAndNullDoNotApplyButEmptyDoes() {
        let identity = #""identityPolicies":[\#(allow("*"))]"#
        for name in ["permissionBoundaries", "sessionPolicies", "scps", "rcps", "endpointPolicies", "resourcePolicy"] {
            #expect(answers(aliceCase(identity, #""\#(name)":null"#)).first?["decision"] == .string("Allowed"))
        }
        for name in ["permissionBoundaries", "sessionPolicies", "endpointPolicies"] {
            #expect(answers(aliceCase(identity, #""\#(name)":[]"#)).first?["decision"] == .string("ImplicitlyDenied"))
        }
        #expect(answers(aliceCase(identity, #""scps":[[]]"#)).first?["decision"] == .string("ImplicitlyDenied"))
    }

    @Test func badCasesAreAnsweredAndTheStreamGoesOn() {
        let good = aliceCase()
        let bad: [(String, JSONValue)] = [
            ("{", .null), ("nonsense", .null), ("[1]", .null), (#"{"id":7}"#, .integer(7)),
            (#"{"id":1,"id":2}"#, .null),
            (#"{"id":{"a":[1]},"request":3}"#, .object([.init(key: "a", value: .array([.integer(1)]))])),
            (#"{"id":"x","request":{"principal":"bob","action":"s3:A"}}"#, .string("x")),
            (#"{"id":nope,"request":{}}"#, .null),
            (aliceCase(#""identityPolicies":[{"Statement":[]}]"#), .integer(1)),
            (aliceCase(#""identityPolicies":[{"Statement":[}]"#), .null),
            (aliceCase(#""identityPolicies":{}"#), .integer(1)), (aliceCase(#""scps":[{}]"#), .integer(1)),
            (aliceCase(context: #"{"a:b":{}}"#), .integer(1)),
        ]
        for (line, id) in bad {
            let found = answers("\(good)\n\(line)\n\(good)\n")
            #expect(found.count == 3, "\(line)")
            #expect(found[1]["error"]?.text?.isEmpty == false, "\(line)")
            #expect(found[1]["id"] == id, "\(line)")
            #expect(found[2]["decision"] != nil)
        }
    }

    /// Organizations stores none of these.
    @Test(arguments: [
        ("scps", #"{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b*"},"#, ""),
        ("scps", #"{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3"},"#, "1:57"),
        ("scps", #"{"Effect":"Deny","Action":"*","Resource":"*","Sid":"a b"},"#, "1:67"),
        ("scps", #"{"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"},"#, "1:61"),
        ("rcps", #"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b"},"#, ""),
        ("rcps", #"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3"},"#, "1:76"),
        ("rcps", #"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:*"},"#, "1:76"),
        ("rcps", #"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"},"#, "1:58"),
        ("rcps", #"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"},"#, "1:16"),
        ("rcps", #"{"Effect":"Deny","Action":"s3:*","Resource":"*"},"#, "1:16"),
    ]) func controlPoliciesAreThoseThatOrganizationsStores(member: String, statement: String, place: String) throws {
        // The same in a statement of its own and behind another.
        let full =
            member == "scps"
            ? #"{"Effect":"Allow","Action":"*","Resource":"*"}"#
            : #"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#
        let line = aliceCase(
            #""identityPolicies":[\#(allow("*"))]"#, #""\#(member)":[[{"Statement": [\#(statement)\#(full)]}]]"#)
        let answer = try #require(answers(line).first)
        if place.isEmpty {
            #expect(answer["decision"] != nil && answer["error"] == nil)
        } else {
            let error = try #require(answer["error"]?.text)
            #expect(
                error.hasPrefix("\(member)[0][0]: \(place): The provided policy document does not meet"), "\(error)")
        }
    }

    @Test func aBadDocumentIsPlaced() throws {
        let line = aliceCase(#""identityPolicies":[\#(allow("*")), {"Statement":{"Effect":"Perhaps"}}]"#)
        let error = try #require(answers(line).first?["error"]?.text)
        #expect(error.hasPrefix("identityPolicies[1]: 1:24: "))
    }

    @Test func contextValuesAreTakenAsWritten() {
        func condition(_ test: String) -> String {
            #""identityPolicies":[\#(allow("*", "*", #","Condition":{\#(test)}"#))]"#
        }
        let context = #"{"X:Number":1.10,"x:Flag":true,"x:Many":["a","b"],"x:None":null,"x:Text":"\u0061"}"#
        let holds = [
            #""StringEquals":{"x:number":"1.10"}"#, #""Bool":{"x:flag":true}"#,
            #""ForAnyValue:StringEquals":{"x:many":"b"}"#, #""Null":{"x:none":"true"}"#,
            #""StringEquals":{"x:text":"a"}"#,
            // Nothing is worked out from the request.
            #""Null":{"aws:username":"true","aws:PrincipalArn":"true","aws:CurrentTime":"true"}"#,
        ]
        for test in holds {
            #expect(
                answers(aliceCase(context: context, condition(test))).first?["decision"] == .string("Allowed"),
                "\(test)")
        }
        #expect(
            answers(aliceCase(context: context, condition(#""StringEquals":{"x:many":"a"}"#))).first?["decision"]
                == .string("ImplicitlyDenied"))
    }

    @Test func theTrustPolicyOfARole() {
        let trust = #"{"Statement":{"Effect":"Allow","Principal":{"AWS":"\#(alice)"},"Action":"sts:AssumeRole"}}"#
        let role = "arn:aws:iam::111122223333:role/r"
        let answer = answers(aliceCase(action: "sts:AssumeRole", on: role, #""resourcePolicy":\#(trust)"#)).first
        #expect(answer?["decision"] == .string("Allowed"))
        #expect(answer?["reason"]?["policyType"] == .string("roleTrust"))
        // Without one, the trust must still allow: silence of the trust policy denies.
        let other = trust.replacing("user/alice", with: "user/bob")
        let denied = answers(
            aliceCase(
                action: "sts:AssumeRole", on: role, #""resourcePolicy":\#(other)"#,
                #""identityPolicies":[\#(allow("*"))]"#)
        ).first
        #expect(denied?["decision"] == .string("ImplicitlyDenied"))
        #expect(denied?["reason"]?["policyType"] == .string("roleTrust"))
    }

    @Test func grantsAndPublicAccessAreOptions() {
        let key = "arn:aws:kms:us-east-1:111122223333:key/k"
        let keyPolicy =
            #"{"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/z"},"Action":"kms:*","Resource":"*"}}"#
        let grant = #""options":{"grants":[{"granteePrincipal":"\#(alice)","operations":["Decrypt"]}]}"#
        let policy = #""resourcePolicy":\#(keyPolicy)"#
        #expect(
            answers(aliceCase(action: "kms:Decrypt", on: key, policy)).first?["decision"] == .string("ImplicitlyDenied")
        )
        #expect(
            answers(aliceCase(action: "kms:Decrypt", on: key, policy, grant)).first?["decision"] == .string("Allowed"))
        #expect(
            answers(aliceCase(action: "kms:Encrypt", on: key, policy, grant)).first?["decision"]
                == .string("ImplicitlyDenied"))

        let publicPolicy =
            #""resourcePolicy":{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#
        let anonymous = #"{"id":1,"request":{"principal":"*","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"},"#
        let block = #""options":{"restrictPublicBuckets":true}"#
        #expect(answers("\(anonymous)\(publicPolicy)}").first?["decision"] == .string("Allowed"))
        #expect(answers("\(anonymous)\(publicPolicy),\(block)}").first?["decision"] == .string("ImplicitlyDenied"))
    }

    @Test func anyChunkingGivesTheSameAnswers() {
        let policy = allow("s3:Get*", "arn:aws:s3:::b/ü*")
        let text =
            (0..<5).map { aliceCase(on: "arn:aws:s3:::b/ü\($0)", #""identityPolicies":[\#(policy)]"#) }
            .joined(separator: "\r\n") + "\n\n{bad\n" + aliceCase()
        let whole = answers(text)
        #expect(whole.count == 7)
        for size in [1, 2, 3, 7, 64, 1000] { #expect(answers(text, inPiecesOf: size) == whole, "pieces of \(size)") }
    }

    @Test func aLineTooLongIsAnErrorNotMemory() {
        var lines = JSONLines()
        var output: [UInt8] = []
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<20 { lines.take(chunk[...], answeringInto: &output) }
        lines.take(Array("\n\(aliceCase())\n".utf8)[...], answeringInto: &output)
        let found = output.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: Array($0)) }
        #expect(found.count == 2)
        #expect(found[0]["error"]?.text?.contains("longer") == true)
        #expect(found[1]["decision"] != nil)
    }

    /// Whatever comes: one answer for each line, which is JSON.
    @Test func damagedLinesNeverTrap() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SplitMix64(state: seed)
        let good = Array(
            aliceCase(
                context: #"{"a:b":["x",1,true]}"#, #""identityPolicies":[\#(allow("s3:*"))]"#,
                #""scps":[[\#(allow("*"))]]"#
            ).utf8)
        for _ in 0..<2_000 {
            var line = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<line.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line[index] = UInt8.random(in: 0x20...0xFF, using: &random)
                case 1: line.remove(at: index)
                default: line.insert(contentsOf: line[index...].prefix(9), at: index)
                }
            }
            var lines = JSONLines()
            var output: [UInt8] = []
            lines.take(line[...], answeringInto: &output)
            lines.finish(answeringInto: &output)
            let found = output.split(separator: UInt8(ascii: "\n"))
            #expect(found.count == 1, "seed \(seed): \(String(decoding: line, as: UTF8.self))")
            #expect(throws: Never.self, "seed \(seed)") { try found.map { try JSONValue(parsing: Array($0)) } }
        }
    }
}

struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
