/// Pairs of policies that are made to be hard to reason about, as large as asked for.
public struct HostilePair: Sendable {
    /// What is hard about it.
    public let name: String
    public let old: String
    public let new: String
    /// Whether the policies are a resource's, and name principals.
    public let isOfResource: Bool

    /// One pair of each kind.
    /// - Parameter bytes: how large the larger policy of a pair may be.
    public static func all(bytes: Int) -> [HostilePair] {
        var random = SeededGenerator(seed: 16)
        return [
            stars(bytes, &random), crossedStars(bytes, &random), starredActions(bytes), likenesses(bytes, &random),
            satisfiability(bytes, &random), sets(bytes, &random), nothings(bytes), variables(bytes),
            tiedVariables(bytes), numbers(bytes), dates(bytes), addresses(bytes), longTexts(bytes), names(bytes),
            numbersAgain(bytes), textsAgain(bytes, &random), federatedNames(bytes), unsatisfiability(bytes, &random),
            services(bytes), conditionNames(bytes), overlappingDenies(bytes, &random), arns(bytes),
        ]
    }

    private init(_ name: String, _ old: [String], _ new: [String], isOfResource: Bool = false) {
        func document(_ statements: [String]) -> String {
            #"{"Version":"2012-10-17","Statement":[\#(statements.map { "{\($0)}" }.joined(separator: ","))]}"#
        }
        self.name = name
        self.old = document(old)
        self.new = document(new)
        self.isOfResource = isOfResource
    }

    /// As many of a sequence's texts as fit.
    private static func fitting(_ bytes: Int, _ make: (Int) -> String) -> [String] {
        var left = bytes - 200
        var all: [String] = []
        while true {
            let next = make(all.count)
            left -= next.utf8.count + 3
            guard left >= 0 else { return all }
            all.append(next)
        }
    }

    private static func list(_ texts: [String]) -> String { "[\(texts.map { "\"\($0)\"" }.joined(separator: ","))]" }

    private static func statement(
        _ effect: String = "Allow", action: String = #""*""#, resource: String = #""*""#,
        when condition: String = ""
    ) -> String {
        #""Effect":"\#(effect)","Action":\#(action),"Resource":\#(resource)"#
            + (condition.isEmpty ? "" : #","Condition":{\#(condition)}"#)
    }

    private static func letters(_ count: Int, _ random: inout SeededGenerator, of letters: String = "abcdefgh")
        -> String
    {
        String((0..<count).map { _ in letters.randomElement(using: &random) ?? "a" })
    }

    private static func starred(_ count: Int, _ random: inout SeededGenerator, of letters: String = "abcdefgh")
        -> String
    {
        self.letters(count, &random, of: letters).map { "*\($0)" }.joined() + "*"
    }

    // MARK: Wildcards

    private static func stars(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        var statements: [String] = []
        for _ in 0..<(bytes / 105) {
            let resource = #""arn:aws:s3:::\#(starred(16, &random))""#
            statements.append(
                statement(statements.count % 2 == 0 ? "Deny" : "Allow", action: #""s3:*""#, resource: resource))
        }
        return HostilePair(
            "stars, allowed and denied", [statement(resource: #""arn:aws:s3:::*h*g*f*e*d*c*b*a*""#)], statements)
    }

    private static func crossedStars(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        var generator = random
        let some = fitting(bytes) { _ in "arn:aws:s3:::" + starred(12, &generator, of: "ab") }
        let others = fitting(bytes) { _ in "arn:aws:s3:::" + starred(14, &generator, of: "ab") }
        random = generator
        return HostilePair(
            "stars over two letters", [statement(resource: list(some))], [statement(resource: list(others))])
    }

    private static func starredActions(_ bytes: Int) -> HostilePair {
        var random = SeededGenerator(seed: 3)
        let some = fitting(bytes) { _ in "s3:" + starred(10, &random, of: "abc") }
        let others = fitting(bytes) { _ in "s?:" + starred(11, &random, of: "abc") }
        return HostilePair("stars in actions", [statement(action: list(some))], [statement(action: list(others))])
    }

    private static func longTexts(_ bytes: Int) -> HostilePair {
        let half = String(repeating: "a", count: bytes / 4)
        let stars = String(repeating: "*a", count: bytes / 4)
        return HostilePair(
            "long texts", [statement(resource: #""arn:aws:s3:::\#(stars)b""#)],
            [statement(resource: #"["arn:aws:s3:::\#(half)*\#(half)","arn:aws:s3:::*\#(half)?*"]"#)])
    }

    private static func arns(_ bytes: Int) -> HostilePair {
        var random = SeededGenerator(seed: 5)
        let some = fitting(bytes) { _ in "arn:aws:*\(letters(3, &random))*:*:*:*\(letters(4, &random))*" }
        return HostilePair(
            "ARNs with stars in a condition",
            [statement(when: #""ArnLike":{"aws:SourceArn":\#(list(some))}"#)],
            [statement(when: #""ArnNotLike":{"aws:SourceArn":\#(list(some.map { $0 + "?" }))}"#)])
    }

    // MARK: Conditions

    private static func likenesses(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        var generator = random
        let some = fitting(bytes) { _ in starred(8, &generator, of: "abc") }
        let others = fitting(bytes) { _ in starred(7, &generator, of: "abc") }
        random = generator
        return HostilePair(
            "likenesses and their negation",
            [statement(when: #""StringNotLike":{"aws:PrincipalTag/t":\#(list(some))}"#)],
            [statement(when: #""StringNotLike":{"aws:PrincipalTag/t":\#(list(others))}"#)])
    }

    /// Three of many truth values at a time, so many that whether there is an answer is hard to see for solvers.
    private static func satisfiability(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        HostilePair(
            "denials as hard as can be", [statement(action: #""s3:GetObject""#, resource: #""arn:aws:s3:::none""#)],
            [statement()] + clauses(bytes, each: 43, &random))
    }

    /// The same with more of them, so that there is none.
    private static func unsatisfiability(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        HostilePair(
            "denials that leave nothing", [statement(action: #""s3:GetObject""#, resource: #""arn:aws:s3:::none""#)],
            [statement()] + clauses(bytes, each: 55, &random))
    }

    /// - Parameter each: how many clauses there are for ten values.
    private static func clauses(_ bytes: Int, each: Int, _ random: inout SeededGenerator) -> [String] {
        var generator = random
        let variables = max(6, bytes / 125 * 10 / each)
        let numbers = Array(0..<variables)
        let clauses = fitting(bytes) { _ in
            let parts = numbers.shuffled(using: &generator).prefix(3).map {
                #""aws:PrincipalTag/\#($0)":"\#(Bool.random(using: &generator))""#
            }
            return statement(
                "Deny",
                when: #""Bool":{\#(parts.joined(separator: ","))},"Null":{"aws:PrincipalTag/\#(numbers.count)":"true"}"#
            )
        }
        random = generator
        return clauses
    }

    private static func overlappingDenies(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        var generator = random
        let denies = fitting(bytes) { _ in
            let one = letters(2, &generator, of: "abcd")
            let two = letters(2, &generator, of: "abcd")
            return statement(
                "Deny", action: #""s3:*\#(one)*""#, resource: #""arn:aws:s3:::*\#(two)*""#,
                when: #""StringLike":{"aws:PrincipalTag/\#(one)":"*\#(two)*"}"#)
        }
        random = generator
        return HostilePair("denials of three things each", [statement(action: #""s3:Get*""#)], [statement()] + denies)
    }

    private static func sets(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        var generator = random
        let some = fitting(bytes) { _ in
            statement(
                Bool.random(using: &generator) ? "Deny" : "Allow",
                when:
                    #""ForAnyValue:StringLike":{"aws:TagKeys":"*\#(letters(3, &generator, of: "abc"))*"},"ForAllValues:StringNotLike":{"aws:TagKeys":"*\#(letters(2, &generator, of: "abc"))*"}"#
            )
        }
        random = generator
        return HostilePair("sets of values", Array(some.prefix(some.count / 2)), some)
    }

    private static func nothings(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes) { number in
            #""Effect":"\#(number % 3 == 0 ? "Allow" : "Deny")","NotAction":"s\#(number)*:*","NotResource":"arn:aws:s\#(number % 7)*:::*\#(number)*","Condition":{"Null":{"aws:PrincipalTag/t\#(number)":"\#(number % 2 == 0)"}}"#
        }
        return HostilePair("negation upon negation", Array(some.dropFirst(2)), some)
    }

    private static func variables(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes) { number in
            statement(
                number % 3 == 0 ? "Allow" : "Deny",
                resource: #""arn:aws:s3:::${aws:PrincipalTag/a\#(number)}/*/${aws:PrincipalTag/b\#(number)}""#)
        }
        return HostilePair("variables", Array(some.dropFirst(1)), some)
    }

    private static func tiedVariables(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes - 150) { number in
            #""aws:PrincipalTag/a\#(number)":"${aws:PrincipalTag/a\#(number + 1)}x${aws:PrincipalTag/a\#(number / 2)}""#
        }
        let tied = statement(when: #""StringLike":{\#(some.joined(separator: ","))}"#)
        return HostilePair("variables of variables", [statement(action: #""s3:Get*""#)], [tied])
    }

    private static func numbers(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes) { "\($0 * 7 % 1000).\($0)" }
        return HostilePair(
            "numbers", [statement(when: #""NumericEquals":{"aws:MultiFactorAuthAge":\#(list(some))}"#)],
            [
                statement(
                    when:
                        #""NumericNotEquals":{"aws:MultiFactorAuthAge":\#(list(some.reversed()))},"Null":{"aws:MultiFactorAuthAge":"false"}"#
                )
            ])
    }

    private static func numbersAgain(_ bytes: Int) -> HostilePair {
        let lists = fitting(bytes) { number in
            let some = (0..<40).map { "\(number * 40 + $0 * 3)" }
            return statement(
                number % 2 == 0 ? "Allow" : "Deny",
                when: #""NumericNotEquals":{"aws:MultiFactorAuthAge":\#(list(some))}"#)
        }
        return HostilePair("numbers again and again", Array(lists.reversed()), lists)
    }

    private static func textsAgain(_ bytes: Int, _ random: inout SeededGenerator) -> HostilePair {
        var generator = random
        let lists = fitting(bytes) { number in
            let some = (0..<30).map { _ in letters(3, &generator, of: "abc") }
            return statement(
                number % 2 == 0 ? "Allow" : "Deny",
                when:
                    #""StringNotEquals":{"aws:PrincipalTag/t":\#(list(some))},"StringLike":{"aws:userid":\#(list(some.map { "*\($0)*" }))}"#
            )
        }
        random = generator
        return HostilePair("texts again and again", Array(lists.reversed()), lists)
    }

    private static func dates(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes) { "\(1_700_000_000 + $0 * 7)" }
        return HostilePair(
            "dates", [statement(when: #""DateNotEquals":{"aws:CurrentTime":\#(list(some))}"#)],
            [statement(when: #""DateEquals":{"aws:CurrentTime":\#(list(some.reversed()))}"#)])
    }

    private static func addresses(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes) { "10.\($0 / 250 % 250).\($0 % 250).0/24" }
        return HostilePair(
            "addresses", [statement(when: #""IpAddress":{"aws:SourceIp":\#(list(some))}"#)],
            [statement(when: #""IpAddress":{"aws:SourceIp":\#(list(some.reversed()))}"#)])
    }

    // MARK: Principals

    private static func ofResource(_ effect: String, _ principal: String, _ rest: String = "") -> String {
        #""Effect":"\#(effect)","Principal":\#(principal),"Action":"s3:*","Resource":"*"\#(rest)"#
    }

    private static func names(_ bytes: Int) -> HostilePair {
        let names = fitting(bytes) { number in
            let account = 100_000_000_000 + number / 8
            return switch number % 4 {
            case 0: "arn:aws:iam::\(account):user/u\(number)"
            case 1: "arn:aws:iam::\(account):role/p/r\(number)"
            case 2: "arn:aws:sts::\(account):assumed-role/r\(number)/s"
            default: "AIDAEXAMPLE\(number)EXAMPLE"
            }
        }
        return HostilePair(
            "many principals", [ofResource("Allow", #"{"AWS":\#(list(names))}"#)],
            [ofResource("Allow", #"{"AWS":\#(list(names.reversed()))}"#)], isOfResource: true)
    }

    private static func federatedNames(_ bytes: Int) -> HostilePair {
        let names = fitting(bytes) { number in
            number % 2 == 0
                ? "arn:aws:iam::100000000000:user/u\(number)" : "arn:aws:sts::100000000000:federated-user/f\(number)"
        }
        let condition = #","Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::100000000000:user/u1*"}}"#
        return HostilePair(
            "users and federated users", [ofResource("Allow", #"{"AWS":\#(list(names))}"#, condition)],
            [ofResource("Allow", #"{"AWS":\#(list(names.reversed()))}"#, condition)], isOfResource: true)
    }

    private static func conditionNames(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes) { "arn:aws:iam::\(100_000_000_000 + $0):role/*" }
        return HostilePair(
            "principals in conditions",
            [ofResource("Allow", #""*""#, #","Condition":{"ArnLike":{"aws:PrincipalArn":\#(list(some))}}"#)],
            [ofResource("Allow", #""*""#, #","Condition":{"ArnLike":{"aws:PrincipalArn":\#(list(some.reversed()))}}"#)],
            isOfResource: true)
    }

    private static func services(_ bytes: Int) -> HostilePair {
        let some = fitting(bytes) { number in
            #""Effect":"\#(number % 2 == 0 ? "Allow" : "Deny")","NotPrincipal":{"AWS":["arn:aws:iam::\#(100_000_000_000 + number):user/u","\#(100_000_000_000 + number)"]},"Action":"s3:*","Resource":"*""#
        }.map { $0.replacing("Allow\",\"NotPrincipal", with: "Allow\",\"Principal") }
        return HostilePair("principals but some", Array(some.dropFirst(2)), some, isOfResource: true)
    }
}
