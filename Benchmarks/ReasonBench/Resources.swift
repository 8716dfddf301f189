import Glibc
import Policy
import Reasoning

/// What a changed resource among many costs the analysis: its policy made ready, and asked who outside gets in.
enum Resources {
    static func measure() {
        for (name, type, make) in [
            ("bucket policy", PolicyType.resource, bucket), ("role's trust policy", .roleTrust, trust),
        ] as [(String, PolicyType, (Int) -> String)] {
            let before = resident()
            let kept = (0..<10_000).map { SymbolicPolicy(ManagedPolicies.compiled("resource", make($0), type)) }
            let bytes = (resident() - before) / kept.count
            var times = Times()
            let checks = Checks()
            // Nobody but the account and its partner is trusted.
            let trusted = SymbolicPolicy(ManagedPolicies.compiled("trusted", zone(type), type))
            var outside = 0
            for number in stride(from: 0, to: 10_000, by: 10) {
                let text = make(number + 1)
                let answers = times.take {
                    let changed = SymbolicPolicy(ManagedPolicies.compiled("resource", text, type))
                    return (checks.newAccess(from: trusted, to: changed), checks.publicAccess(by: changed))
                }
                if !answers.0.isNo { outside += 1 }
            }
            print("| a changed \(name), parsed and asked for access from outside and from the public | \(times.row) |")
            print(
                "| memory of each of \(kept.count) of them, document and all: \(bytes) bytes; \(outside) of \(times.count) open | | | |"
            )
        }
    }

    private static func zone(_ type: PolicyType) -> String {
        let resource = type == .roleTrust ? "" : #","Resource":"*""#
        return
            #"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":["111122223333","444455556666"],"Service":"cloudtrail.amazonaws.com"},"Action":"*"\#(resource)}}"#
    }

    private static func bucket(_ number: Int) -> String {
        let partner = number % 10 == 1 ? "777788889999" : "444455556666"
        return """
            {"Version":"2012-10-17","Statement":[
              {"Sid":"Partner","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\(partner):root"},
               "Action":["s3:GetObject","s3:ListBucket"],
               "Resource":["arn:aws:s3:::bucket-\(number)","arn:aws:s3:::bucket-\(number)/*"],
               "Condition":{"StringLike":{"aws:PrincipalArn":"arn:aws:iam::\(partner):role/reader-*"}}},
              {"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",
               "Resource":"arn:aws:s3:::bucket-\(number)/AWSLogs/*",
               "Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}},
              {"Effect":"Deny","Principal":"*","Action":"s3:*",
               "Resource":["arn:aws:s3:::bucket-\(number)","arn:aws:s3:::bucket-\(number)/*"],
               "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}
            """
    }

    private static func trust(_ number: Int) -> String {
        let partner = number % 10 == 1 ? "777788889999" : "444455556666"
        return """
            {"Version":"2012-10-17","Statement":[
              {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::\(partner):role/deployer-\(number)"},"Action":"sts:AssumeRole",
               "Condition":{"StringEquals":{"sts:ExternalId":"id-\(number)"}}},
              {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},
               "Action":["sts:AssumeRole","sts:TagSession"],"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}
            """
    }

    /// The memory that the process has now, in bytes.
    private static func resident() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let columns = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return (columns.count > 1 ? Int(columns[1]) ?? 0 : 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
