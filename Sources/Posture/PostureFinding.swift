/// What a check says of one resource.
public struct PostureVerdict: Sendable, Equatable {
    /// Whether it is as it should be.
    public enum Outcome: String, Sendable, Codable, CaseIterable {
        case pass, fail
        /// The check has nothing to say of the resource, or of an account that has no such resources.
        case notApplicable = "not-applicable"
    }

    /// Something that was read: the proof.
    public struct Fact: Sendable, Equatable {
        /// "age of the key"
        public var name: String
        /// "412 days"; for policies the statement, as JSON.
        public var value: String

        /// - Parameters: see the properties.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// See ``Outcome``.
    public var outcome: Outcome
    /// A sentence that says what is, not what should be.
    public var summary: String
    /// What was read, from which the outcome follows.
    public var proof: [Fact]
    /// The commands of the AWS CLI that mend it, in their order; empty where nothing failed, or where no command can.
    public var remedy: [String]

    /// - Parameters: see the properties.
    public init(_ outcome: Outcome, _ summary: String, _ proof: [Fact] = [], remedy: [String] = []) {
        self.outcome = outcome
        self.summary = summary
        self.proof = proof
        self.remedy = remedy
    }
}

/// What a check says of one resource of an account.
public struct PostureFinding: Sendable, Equatable {
    /// The check's id: `iam-root-mfa`.
    public var check: String
    /// The resource's ARN; `arn:aws:iam::111122223333:root` for what is about the account.
    public var resource: String
    /// `AWS::S3::Bucket`; `AWS::::Account`
    public var resourceType: String
    /// What people call it: a bucket's name, a user's.
    public var name: String
    public var account: String
    /// `global` for what is in no Region.
    public var region: String
    public var severity: PostureSeverity
    public var verdict: PostureVerdict

    /// - Parameters: see the properties.
    public init(
        check: String, resource: String, resourceType: String, name: String, account: String, region: String,
        severity: PostureSeverity, verdict: PostureVerdict
    ) {
        self.check = check
        self.resource = resource
        self.resourceType = resourceType
        self.name = name
        self.account = account
        self.region = region
        self.severity = severity
        self.verdict = verdict
    }

    /// Whether it is as it should be.
    public var outcome: PostureVerdict.Outcome { verdict.outcome }
}
