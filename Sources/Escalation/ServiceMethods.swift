import Catalogue

/// A way to make a service of AWS's run something as a role.
///
/// The facts are those of "AWS IAM Privilege Escalation – Methods and Mitigation" (Rhino Security Labs) and of
/// pathfinding.cloud (Datadog); which resources the actions are asked for on, those of AWS's Service Authorization
/// Reference.
struct ServiceMethod: Sendable {
    /// The service that runs as the role: `lambda.amazonaws.com`.
    let service: String
    /// Whether the role is handed over, so that iam:PassRole is needed. If not, something that exists runs as it.
    let passesRole: Bool
    /// Whether the role has to be in an instance profile.
    let needsInstanceProfile: Bool
    let actions: [RequestedAction]
    /// What has to exist, in words that end in the role's name where `passesRole` is false; nil: nothing.
    let assumption: String?

    /// "iam:PassRole, lambda:CreateFunction, lambda:InvokeFunction"
    let name: String
    /// Of several with the same, only the first that is possible is looked at.
    let family: String
}

/// An action with what it is asked for on.
struct RequestedAction: Sendable {
    let name: String
    /// A pattern for each resource that one call names, with "{account}" for the account's number; "*" for none.
    let resources: [String]
}

extension ServiceMethod {
    /// All that are known. Those that assume less come before others of their family.
    static let all: [ServiceMethod] = table.split(separator: "\n").compactMap { ServiceMethod(line: $0) }

    /// "new" or "old", the service, its actions, and what has to exist. After "@" stand the types of resource that
    /// matter, where they are others than those that AWS's table calls required.
    private static let table = """
        new lambda lambda:CreateFunction lambda:InvokeFunction
        new lambda lambda:CreateFunction lambda:CreateEventSourceMapping
        new lambda lambda:CreateFunction lambda:AddPermission
        new lambda lambda:UpdateFunctionConfiguration lambda:UpdateFunctionCode; a Lambda function exists
        new ec2+profile ec2:RunInstances
        new ec2+profile ec2:RequestSpotInstances
        new ec2+profile ec2:AssociateIamInstanceProfile ssm:SendCommand@document+instance; an EC2 instance exists \
        that Systems Manager reaches
        new ec2+profile autoscaling:CreateLaunchConfiguration autoscaling:CreateAutoScalingGroup
        new ec2+profile elasticmapreduce:RunJobFlow
        new ecs-tasks ecs:CreateCluster ecs:RegisterTaskDefinition ecs:RunTask
        new ecs-tasks ecs:CreateCluster ecs:RegisterTaskDefinition ecs:CreateService
        new ecs-tasks ecs:RegisterTaskDefinition ecs:RunTask; an ECS cluster exists
        new ecs-tasks ecs:RegisterTaskDefinition ecs:CreateService; an ECS cluster exists
        new ecs-tasks ecs:RegisterTaskDefinition ecs:StartTask; an ECS cluster with a container instance exists
        new ecs-tasks batch:RegisterJobDefinition batch:SubmitJob; a Batch job queue exists
        new glue glue:CreateDevEndpoint
        new glue glue:CreateJob glue:StartJobRun
        new glue glue:CreateJob glue:CreateTrigger
        new glue glue:UpdateJob glue:StartJobRun; a Glue job exists
        new glue glue:UpdateJob glue:CreateTrigger; a Glue job exists
        new glue glue:CreateSession glue:RunStatement
        new cloudformation cloudformation:CreateStack
        new cloudformation cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet
        new cloudformation cloudformation:UpdateStack; a stack exists
        new cloudformation cloudformation:CreateStackSet cloudformation:CreateStackInstances
        new cloudformation cloudformation:UpdateStackSet; a stack set exists
        new sagemaker sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl
        new sagemaker sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:CreateNotebookInstance
        new sagemaker sagemaker:CreateTrainingJob
        new sagemaker sagemaker:CreateProcessingJob
        new codebuild codebuild:CreateProject codebuild:StartBuild
        new codebuild codebuild:CreateProject codebuild:StartBuildBatch
        new codebuild codebuild:UpdateProject codebuild:StartBuild; a CodeBuild project exists
        new datapipeline datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline
        new states states:CreateStateMachine states:StartExecution
        new states states:UpdateStateMachine states:StartExecution; a state machine exists
        new scheduler scheduler:CreateSchedule
        new ssm ssm:StartAutomationExecution
        new tasks.apprunner apprunner:CreateService
        new emr-serverless emr-serverless:CreateApplication emr-serverless:StartJobRun
        new bedrock-agentcore bedrock-agentcore:CreateCodeInterpreter \
        bedrock-agentcore:StartCodeInterpreterSession@code-interpreter-custom \
        bedrock-agentcore:InvokeCodeInterpreter@code-interpreter-custom
        new braket braket:CreateJob
        new gamelift gamelift:CreateBuild gamelift:CreateFleet
        new omics omics:CreateWorkflow omics:StartRun
        new kinesisanalytics kinesisanalytics:CreateApplication kinesisanalytics:StartApplication
        new airflow-env airflow:CreateEnvironment
        old lambda lambda:UpdateFunctionCode lambda:InvokeFunction; a Lambda function runs as
        old lambda lambda:UpdateFunctionCode lambda:AddPermission; a Lambda function runs as
        old lambda lambda:UpdateFunctionCode; a Lambda function that something invokes runs as
        old lambda lambda:UpdateFunctionConfiguration lambda:InvokeFunction; a Lambda function runs as
        old lambda lambda:UpdateFunctionConfiguration; a Lambda function that something invokes runs as
        old ec2 ssm:SendCommand@document+instance; an EC2 instance that Systems Manager reaches runs as
        old ec2 ssm:StartSession@instance; an EC2 instance that Systems Manager reaches runs as
        old ec2 ec2-instance-connect:SendSSHPublicKey; an EC2 instance that takes SSH connections runs as
        old ec2 ec2:StopInstances ec2:ModifyInstanceAttribute ec2:StartInstances; an EC2 instance runs as
        old ec2 ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate; an Auto Scaling group launches instances \
        that run as
        old ecs-tasks ecs:ExecuteCommand; an ECS task that takes commands runs as
        old glue glue:UpdateDevEndpoint; a Glue development endpoint runs as
        old glue glue:RunStatement; an interactive session of Glue's runs as
        old cloudformation cloudformation:UpdateStack; a stack has the service role
        old cloudformation cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet; a stack has the service role
        old codebuild codebuild:StartBuild; a CodeBuild project runs as
        old codebuild codebuild:StartBuildBatch; a CodeBuild project runs as
        old sagemaker sagemaker:CreatePresignedNotebookInstanceUrl; a notebook instance runs as
        old sagemaker sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance \
        sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance; a notebook instance runs as
        old datapipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline; a pipeline runs as
        old states states:UpdateStateMachine states:StartExecution; a state machine runs as
        old tasks.apprunner apprunner:UpdateService; an App Runner service runs as
        old bedrock-agentcore bedrock-agentcore:StartCodeInterpreterSession@code-interpreter-custom \
        bedrock-agentcore:InvokeCodeInterpreter@code-interpreter-custom; a code interpreter runs as
        """

    private init?(line: Substring) {
        let parts = line.split(separator: "; ", maxSplits: 1)
        var words = parts[0].split(separator: " ")
        guard words.count > 2 else { return nil }
        passesRole = words.removeFirst() == "new"
        let who = words.removeFirst().split(separator: "+")
        service = "\(who[0]).amazonaws.com"
        needsInstanceProfile = who.count > 1
        actions = words.compactMap { RequestedAction(word: $0) }
        assumption = parts.count > 1 ? String(parts[1]) : nil
        guard actions.count == words.count else { return nil }
        name = ((passesRole ? ["iam:PassRole"] : []) + actions.map(\.name)).joined(separator: ", ")
        family = "\(passesRole) \(actions.first { $0.name != "ecs:CreateCluster" }?.name ?? "")"
    }
}

extension RequestedAction {
    /// - Parameter word: "ssm:SendCommand@document+instance".
    fileprivate init?(word: Substring) {
        let parts = word.split(separator: "@", maxSplits: 1)
        let types = parts.count > 1 ? parts[1].split(separator: "+").map(String.init) : nil
        self.init(named: String(parts[0]), on: types)
    }

    /// - Parameter types: the types of resource; nil: those that AWS calls required.
    init?(named name: String, on types: [String]? = nil) {
        let parts = name.split(separator: ":")
        guard parts.count == 2, let service = ServiceCatalogue.aws.service(parts[0]),
            let action = service.action(parts[1])
        else { return nil }
        self.name = name
        let places = types == nil ? action.requiredResourceTypes : action.resourceTypes
        let found = places.filter(service.resourceTypes.indices.contains).map { service.resourceTypes[$0] }
            .filter { types?.contains($0.name) ?? true }
        guard found.count >= types?.count ?? 0 else { return nil }
        resources = found.isEmpty ? ["*"] : found.map { Self.pattern($0.template) }
    }

    /// An ARN with "*" for what a resource has of its own.
    private static func pattern(_ template: String) -> String {
        var pattern = ""
        var rest = template[...]
        while let start = rest.firstIndex(of: "$"), let end = rest[start...].firstIndex(of: "}") {
            pattern += rest[..<start]
            switch rest[start...end] {
            case "${Partition}": pattern += "aws"
            case "${Account}": pattern += "{account}"
            default: pattern += "*"
            }
            rest = rest[rest.index(after: end)...]
        }
        return pattern + rest
    }
}
