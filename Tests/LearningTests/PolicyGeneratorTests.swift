import Policy
import Testing
import Wire

@testable import Learning

@Suite struct PolicyGeneratorTests {
    private func policies(
        _ accesses: [ObservedAccess], _ change: (inout PolicyGenerator) -> Void = { _ in }
    ) throws -> [GeneratedPolicy] {
        var generator = PolicyGenerator()
        change(&generator)
        return try generator.policies(for: accesses)
    }

    /// The statements as texts: actions, resources, conditions.
    private func lines(_ policies: [GeneratedPolicy]) -> [String] {
        policies.flatMap(\.statements).map { statement in
            let conditions = statement.scope.conditions.map {
                " if \($0.test) \($0.key) \($0.values.joined(separator: ","))"
            }
            return statement.actions.joined(separator: ",") + " on " + statement.scope.resources.joined(separator: ",")
                + conditions.joined()
        }
    }

    @Test func sameResourcesShareAStatement() throws {
        let made = try policies([
            ObservedAccess("s3:PutObject", on: "arn:aws:s3:::box/b"),
            ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/a"),
            ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/b"),
            ObservedAccess("s3:PutObject", on: "arn:aws:s3:::box/a"),
            ObservedAccess("s3:ListBucket", on: "arn:aws:s3:::box"), ObservedAccess("s3:ListAllMyBuckets", on: "*"),
        ])
        #expect(
            lines(made) == [
                "s3:GetObject,s3:PutObject on arn:aws:s3:::box/a,arn:aws:s3:::box/b", "s3:ListAllMyBuckets on *",
                "s3:ListBucket on arn:aws:s3:::box",
            ])
        #expect(made.map(\.accesses) == [6])
        #expect(
            made.first?.text == """
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    {
                      "Effect": "Allow",
                      "Action": [
                        "s3:GetObject",
                        "s3:PutObject"
                      ],
                      "Resource": [
                        "arn:aws:s3:::box/a",
                        "arn:aws:s3:::box/b"
                      ]
                    },
                    {
                      "Effect": "Allow",
                      "Action": "s3:ListAllMyBuckets",
                      "Resource": "*"
                    },
                    {
                      "Effect": "Allow",
                      "Action": "s3:ListBucket",
                      "Resource": "arn:aws:s3:::box"
                    }
                  ]
                }
                """)
    }

    @Test func nothingSeenNothingAllowed() throws {
        #expect(try policies([]).isEmpty)
    }

    /// One call without a resource needs all of them, whatever others named.
    @Test func withoutAResource() throws {
        let made = try policies([
            ObservedAccess("kms:CreateKey", on: "*"),
            ObservedAccess("kms:CreateKey", on: "arn:aws:kms:r:111122223333:key/1"),
        ])
        #expect(lines(made) == ["kms:CreateKey on *"])
    }

    /// Names that have wildcards or variables in them mean themselves alone.
    @Test func namesArePlain() throws {
        let key = "arn:aws:s3:::box/a*b?c${aws:username}$d_$folder$"
        let made = try policies([ObservedAccess("s3:GetObject", on: key)])
        #expect(lines(made) == ["s3:GetObject on arn:aws:s3:::box/a${*}b${?}c${$}{aws:username}$d_$folder$"])
        let others = [
            "arn:aws:s3:::box/aXb?c${aws:username}$d_$folder$", "arn:aws:s3:::box/a*bXc${aws:username}$d_$folder$",
        ]
        .map { ObservedAccess("s3:GetObject", on: $0) }
        #expect(Coverage(made).missing(of: others).count == 2)
        // What a secret's ARN ends with is no part of its name.
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-??????"
        #expect(
            lines(try policies([ObservedAccess("secretsmanager:GetSecretValue", on: secret)])) == [
                "secretsmanager:GetSecretValue on \(secret)"
            ])
    }

    /// Who makes a secret will make one with another ARN next time.
    @Test func newSecrets() throws {
        let (new, made) = ("arn:aws:secretsmanager:us-east-1:111122223333:secret:db-??????", "AbC123")
        let read = ObservedAccess("secretsmanager:GetSecretValue", on: String(new.dropLast(6)) + made)
        let create = ObservedAccess("secretsmanager:CreateSecret", on: new)
        #expect(
            lines(try policies([read, create])) == [
                "secretsmanager:CreateSecret,secretsmanager:GetSecretValue on \(new)"
            ])
        #expect(lines(try policies([read])) == ["secretsmanager:GetSecretValue on \(read.resource)"])
    }

    @Test func conditions() throws {
        func pass(_ role: String, _ service: String) -> ObservedAccess {
            ObservedAccess(
                "iam:PassRole", on: "arn:aws:iam::111122223333:role/\(role)",
                context: ["iam:passedtoservice": .one(service), "aws:requestedregion": .one("us-east-1")])
        }
        func read(_ keys: [String], _ region: String = "us-east-1") -> ObservedAccess {
            ObservedAccess(
                "dynamodb:GetItem", on: "arn:aws:dynamodb:us-east-1:111122223333:table/t",
                context: ["dynamodb:leadingkeys": .many(keys), "aws:requestedregion": .one(region)])
        }
        let same = [
            pass("a", "lambda.amazonaws.com"), pass("b", "lambda.amazonaws.com"), read(["x"]), read(["x", "x"]),
        ]
        #expect(lines(try policies(same)).allSatisfy { !$0.contains(" if ") })
        let made = try policies(same) { $0.addsConditions = true }
        #expect(
            lines(made) == [
                "dynamodb:GetItem on arn:aws:dynamodb:us-east-1:111122223333:table/t "
                    + "if ForAllValues:StringEquals dynamodb:LeadingKeys x",
                "iam:PassRole on arn:aws:iam::111122223333:role/a,arn:aws:iam::111122223333:role/b "
                    + "if StringEquals iam:PassedToService lambda.amazonaws.com",
            ])
        #expect(Coverage(made).missing(of: [read(["y"]), pass("a", "ec2.amazonaws.com")]).count == 2)
        // Another value, or none: there is nothing that all have in common.
        for other in [
            pass("a", "ec2.amazonaws.com"), ObservedAccess("iam:PassRole", on: "arn:aws:iam::111122223333:role/a"),
        ] {
            let made = try policies([pass("a", "lambda.amazonaws.com"), other]) { $0.addsConditions = true }
            #expect(lines(made).allSatisfy { !$0.contains(" if ") })
        }
        let regions = try policies([read(["x"]), read(["y"], "eu-central-1")]) { $0.namesRegions = true }
        #expect(lines(regions).first?.hasSuffix(" if StringEquals aws:RequestedRegion eu-central-1,us-east-1") == true)
        #expect(Coverage(regions).missing(of: [read(["x"], "eu-west-1")]).count == 1)
    }

    @Test func collapse() throws {
        let objects =
            (1...5).map { ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/logs/day-\($0)/x") }
            + [ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/readme")]
        #expect(lines(try policies(objects)).first?.contains("*") == false)
        #expect(lines(try policies(objects) { $0.collapsesFrom = 6 }).first?.contains("*") == false)
        let folder = (1...5).map { ObservedAccess("s3:GetObject", on: "arn:aws:s3:::box/logs/\($0)") }
        #expect(
            lines(try policies(folder + [objects[5]]) { $0.collapsesFrom = 5 }) == [
                "s3:GetObject on arn:aws:s3:::box/logs/*,arn:aws:s3:::box/readme"
            ])
        // What they have in common need not end with a slash; but it is never all that a service has.
        func queues(_ names: [String]) -> [ObservedAccess] {
            names.map { ObservedAccess("sqs:SendMessage", on: "arn:aws:sqs:us-east-1:111122223333:\($0)") }
        }
        #expect(
            lines(try policies(queues(["orders-1", "orders-2", "orders-20"])) { $0.collapsesFrom = 3 }) == [
                "sqs:SendMessage on arn:aws:sqs:us-east-1:111122223333:orders-*"
            ])
        #expect(lines(try policies(queues(["a", "b", "c"])) { $0.collapsesFrom = 2 }).first?.contains("*") == false)
    }

    /// More than a managed policy may have becomes several, none of which is too long.
    @Test func longPolicies() throws {
        let accesses = (0..<400).map { number in
            ObservedAccess("s3:GetObject", on: "arn:aws:s3:::a-bucket-with-a-long-name/\(number)")
        }
        let made = try policies(accesses)
        #expect(made.count == 3)
        for policy in made {
            #expect(policy.size <= 6144)
            _ = try PolicyDocument(parsing: policy.text, as: .identity, strictness: .managed)
        }
        #expect(made.map(\.accesses).reduce(0, +) == 400)
        #expect(made.first.map { $0.size > 6000 } == true)
        // One resource, and more actions on it than one policy can name.
        let actions = (0..<400).map { ObservedAccess("s3:AnActionWithALongName\($0)", on: "arn:aws:s3:::box") }
        let several = try policies(actions)
        #expect(several.count == 2 && several.allSatisfy { $0.size <= 6144 })
        #expect(several.map(\.actions.count).reduce(0, +) == 400)
    }

    @Test func strangeAccesses() {
        for access in [
            ObservedAccess("s3:GetObject", on: "box"), ObservedAccess("s3:*", on: "*"), ObservedAccess("", on: "*"),
        ] {
            #expect(throws: GenerationError.self) { try policies([access]) }
        }
    }

    /// All that was seen is allowed, and without any action or resource something would not be.
    @Test(arguments: 0..<30) func smallest(_ round: Int) throws {
        var random = SystemRandomNumberGenerator()
        let services = ["s3", "sqs", "dynamodb"]
        func text(_ choices: String) -> String {
            String(
                (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in choices.randomElement(using: &random) })
        }
        let accesses = (0..<Int.random(in: 1...60, using: &random)).map { _ in
            let service = services.randomElement(using: &random) ?? ""
            let resource =
                Int.random(in: 0..<8, using: &random) == 0
                ? "*" : "arn:aws:\(service):us-east-1:111122223333:\(text("ab*?$/{}"))"
            return ObservedAccess(
                "\(service):\(["Get", "Put", "List", "Tag"].randomElement(using: &random) ?? "")", on: resource,
                context: Bool.random(using: &random) ? ["s3:prefix": .one(text("x${*"))] : [:])
        }
        var generator = PolicyGenerator()
        generator.addsConditions = Bool.random(using: &random)
        let made = try generator.policies(for: accesses)
        let policy = try #require(made.first)
        #expect(made.count == 1)
        #expect(Coverage(made).missing(of: accesses).isEmpty)
        for (index, statement) in policy.statements.enumerated() {
            func without(_ change: (inout GeneratedStatement) -> Void) -> [GeneratedStatement] {
                var statements = policy.statements
                change(&statements[index])
                return statements.filter { !$0.actions.isEmpty && !$0.scope.resources.isEmpty }
            }
            for action in statement.actions {
                let less = GeneratedPolicy(without { $0.actions.removeAll { $0 == action } })
                #expect(!Coverage([less]).missing(of: accesses).isEmpty, "\(action) is one too many: \(policy.text)")
            }
            for resource in statement.scope.resources {
                let less = GeneratedPolicy(without { $0.scope.resources.removeAll { $0 == resource } })
                #expect(!Coverage([less]).missing(of: accesses).isEmpty, "\(resource) is one too many: \(policy.text)")
            }
        }
    }
}
