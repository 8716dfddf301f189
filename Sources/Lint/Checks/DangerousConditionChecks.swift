import Catalogue
import Policy

// Conditions that protect less than they seem to.

extension Checker {
    mutating func checkDangerousConditions(of statement: LooseStatement) {
        for condition in statement.conditions {
            checkTrustworthiness(of: condition, statement)
            checkListedPrefix(condition, statement)
        }
        checkPairs(of: statement)
        checkActions(forKeysOf: statement)
    }

    /// What the caller can set at will.
    private mutating func checkTrustworthiness(
        of condition: LooseStatement.Condition, _ statement: LooseStatement
    ) {
        guard statement.effect == .allow, condition.isAbout("aws:referer") || condition.isAbout("aws:UserAgent")
        else { return }
        report(
            .untrustworthyConditionKey, condition.key.place,
            "Do not rely on \(condition.key.value): the caller chooses it. Use a key that AWS sets.")
    }

    /// Whoever lists with a shorter prefix, or none, sees the forbidden part too.
    private mutating func checkListedPrefix(
        _ condition: LooseStatement.Condition, _ statement: LooseStatement
    ) {
        guard condition.isAbout("s3:prefix"), let operation = condition.operation, operation.family == .string,
            (statement.effect == .deny) != operation.isNegated
        else { return }
        report(
            .s3PrefixInNegativeContext, condition.key.place,
            "Allow the prefixes that may be listed: one that is forbidden shows when a shorter one is listed.")
    }

    /// Keys that mean little without another.
    private mutating func checkPairs(of statement: LooseStatement) {
        guard statement.effect == .allow else { return }
        let pairs = [
            ("aws:VpcSourceIp", ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"]),
            ("aws:Ec2InstanceSourcePrivateIPv4", ["aws:Ec2InstanceSourceVpc"]),
        ]
        for (key, partners) in pairs {
            guard let condition = statement.conditions.first(where: { $0.isAbout(key) }),
                !partners.contains(where: { statement.hasCondition($0) })
            else { continue }
            report(
                .missingPairedConditionKeys, condition.key.place,
                "Add \(partners.joined(separator: " or ")): every VPC can have the private addresses of \(key).")
        }
        if let condition = statement.conditions.first(where: { $0.isAbout("dynamodb:Attributes") }),
            !statement.hasCondition("dynamodb:Select")
        {
            report(
                .dynamodbAttributesWithoutSelect, condition.key.place,
                "Add dynamodb:Select SPECIFIC_ATTRIBUTES: a request that names no attributes gets them all.")
        }
    }

    /// Keys that requests for one action alone carry: with them, no other action is ever allowed.
    private mutating func checkActions(forKeysOf statement: LooseStatement) {
        guard statement.effect == .allow, let actions = statement.actions, !actions.isNegated else { return }
        let owners = [
            ("iam:PassedToService", ["iam:PassRole"]), ("iam:AssociatedResourceArn", ["iam:PassRole"]),
            (
                "iam:AWSServiceName",
                [
                    "iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole",
                    "iam:GetServiceLinkedRoleDeletionStatus",
                ]
            ),
        ]
        for (key, owner) in owners {
            guard
                let condition = statement.conditions.first(where: {
                    $0.isAbout(key) && $0.operation?.ifExists == false && $0.operation?.isNegated == false
                })
            else { continue }
            let idle = actions.values.filter { action in !owner.contains { action.covers($0) } }
            if !idle.isEmpty {
                let names = idle.prefix(3).map(\.value).joined(separator: ", ")
                report(
                    .unsupportedActionForConditionKey, condition.key.place,
                    "Requests for \(names) never carry \(key): allow them in a statement without it.")
            }
        }
    }
}
