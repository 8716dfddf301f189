import Pages
import Wire

/// The trust policy of a new role, made of what was chosen.
enum TrustPolicyForm {
    /// Why it can't be made.
    struct Incomplete: Error {
        let advice: String
    }

    /// The kinds of trusted entity, as AWS's console has them.
    static let kinds = [
        ("service", "AWS service"), ("account", "AWS account"), ("web", "Web identity"),
        ("saml", "SAML 2.0 federation"), ("custom", "Custom trust policy"),
    ]

    static func document(_ kind: String, _ form: FormFields, account: String) throws(Incomplete) -> String {
        switch kind {
        case "service":
            let service = form.text("service").trimmed
            guard service.contains(".") else {
                throw Incomplete(advice: "Name the service by its principal, such as ec2.amazonaws.com.")
            }
            return policy("Service", service, "sts:AssumeRole", [])
        case "account":
            let typed = form.text("trusted-account").trimmed
            let trusted = typed.isEmpty ? account : typed
            guard trusted.utf8.count == 12, trusted.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                throw Incomplete(advice: "An account id has twelve digits.")
            }
            var conditions: [(name: String, value: JSONTree)] = []
            if let id = form["external-id"]?.trimmed {
                conditions.append(("StringEquals", .object([("sts:ExternalId", .text(id))])))
            }
            if form.isOn("require-mfa") {
                conditions.append(("Bool", .object([("aws:MultiFactorAuthPresent", .text("true"))])))
            }
            return policy("AWS", "arn:aws:iam::\(trusted):root", "sts:AssumeRole", conditions)
        case "web":
            guard let provider = form["web-provider"], let start = provider.firstRange(of: "oidc-provider/") else {
                throw Incomplete(advice: "Choose an identity provider.")
            }
            let issuer = provider[start.upperBound...]
            let audience = form.text("audience").linesTyped
            guard !audience.isEmpty else {
                throw Incomplete(advice: "Name the audience: the client id of your application.")
            }
            var conditions: [(name: String, value: JSONTree)] = [
                ("StringEquals", .object([("\(issuer):aud", JSONTree(strings: audience))]))
            ]
            let subjects = form.text("subject").linesTyped
            if !subjects.isEmpty {
                conditions.append(("StringLike", .object([("\(issuer):sub", JSONTree(strings: subjects))])))
            }
            return policy("Federated", provider, "sts:AssumeRoleWithWebIdentity", conditions)
        case "saml":
            guard let provider = form["saml-provider"] else { throw Incomplete(advice: "Choose an identity provider.") }
            let audience = form.text("saml-audience").trimmed
            return policy(
                "Federated", provider, "sts:AssumeRoleWithSAML",
                audience.isEmpty ? [] : [("StringEquals", .object([("SAML:aud", .text(audience))]))])
        default: return PolicyText.typed(form.text("trust-document"))
        }
    }

    private static func policy(
        _ kind: String, _ principal: String, _ action: String, _ conditions: [(name: String, value: JSONTree)]
    ) -> String {
        var statement: [(name: String, value: JSONTree)] = [
            ("Effect", .text("Allow")), ("Principal", .object([(kind, .text(principal))])), ("Action", .text(action)),
        ]
        if !conditions.isEmpty { statement.append(("Condition", .object(conditions))) }
        return JSONTree.object([
            ("Version", .text("2012-10-17")), ("Statement", .array([.object(statement)])),
        ]).indented
    }

    /// To begin with, for whoever writes the whole.
    static let custom = """
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {
                        "AWS": ""
                    },
                    "Action": "sts:AssumeRole"
                }
            ]
        }
        """

    /// Services that often get a role; any other can be typed.
    static let services =
        """
        apigateway autoscaling backup batch cloudformation cloudtrail codebuild codedeploy codepipeline config \
        ecs-tasks ec2 edgelambda eks elasticmapreduce events firehose glue iot kinesisanalytics lambda \
        logs monitoring.rds pods.eks rds redshift s3 sagemaker scheduler ssm states vpc-flow-logs
        """.split(separator: " ").map { $0 + ".amazonaws.com" }
}
