import AWSConfigAPI
import Ledger
import Platform

/// What the module has of rules, conformance packs and remediation.
let ruleOperations: [any Platform.Operation.Type] = [
    AWSConfig.PutConfigRule.self, AWSConfig.DescribeConfigRules.self, AWSConfig.DeleteConfigRule.self,
    AWSConfig.DescribeConfigRuleEvaluationStatus.self, AWSConfig.StartConfigRulesEvaluation.self,
    AWSConfig.DeleteEvaluationResults.self, AWSConfig.GetCustomRulePolicy.self, AWSConfig.PutEvaluations.self,
    AWSConfig.PutExternalEvaluation.self, AWSConfig.DescribeComplianceByConfigRule.self,
    AWSConfig.GetComplianceDetailsByConfigRule.self, AWSConfig.GetComplianceSummaryByConfigRule.self,
    AWSConfig.DescribeComplianceByResource.self, AWSConfig.GetComplianceDetailsByResource.self,
    AWSConfig.GetComplianceSummaryByResourceType.self, AWSConfig.StartResourceEvaluation.self,
    AWSConfig.GetResourceEvaluationSummary.self, AWSConfig.ListResourceEvaluations.self,
    AWSConfig.PutRemediationConfigurations.self, AWSConfig.DescribeRemediationConfigurations.self,
    AWSConfig.DeleteRemediationConfiguration.self, AWSConfig.StartRemediationExecution.self,
    AWSConfig.DescribeRemediationExecutionStatus.self, AWSConfig.PutRemediationExceptions.self,
    AWSConfig.DeleteRemediationExceptions.self, AWSConfig.DescribeRemediationExceptions.self,
    AWSConfig.PutConformancePack.self, AWSConfig.DescribeConformancePacks.self,
    AWSConfig.DescribeConformancePackStatus.self, AWSConfig.DeleteConformancePack.self,
    AWSConfig.DescribeConformancePackCompliance.self, AWSConfig.GetConformancePackComplianceDetails.self,
    AWSConfig.GetConformancePackComplianceSummary.self, AWSConfig.ListConformancePackComplianceScores.self,
    AWSConfig.PutOrganizationConfigRule.self, AWSConfig.DeleteOrganizationConfigRule.self,
    AWSConfig.DescribeOrganizationConfigRules.self, AWSConfig.DescribeOrganizationConfigRuleStatuses.self,
    AWSConfig.GetOrganizationConfigRuleDetailedStatus.self, AWSConfig.GetOrganizationCustomRulePolicy.self,
    AWSConfig.PutOrganizationConformancePack.self, AWSConfig.DeleteOrganizationConformancePack.self,
    AWSConfig.DescribeOrganizationConformancePacks.self, AWSConfig.DescribeOrganizationConformancePackStatuses.self,
    AWSConfig.GetOrganizationConformancePackDetailedStatus.self,
    AWSConfig.DescribeAggregateComplianceByConfigRules.self, AWSConfig.GetAggregateComplianceDetailsByConfigRule.self,
    AWSConfig.GetAggregateConfigRuleComplianceSummary.self,
    AWSConfig.DescribeAggregateComplianceByConformancePacks.self,
    AWSConfig.GetAggregateConformancePackComplianceSummary.self,
]

let ruleRecords: [any Record.Type] = [
    StoredRule.self, RuleStatus.self, StoredRemediation.self, StoredPack.self, OrganizationRule.self,
    OrganizationPack.self,
]
let ruleTables: [any TableRow.Type] = [
    RuleResult.self, ResourceCompliance.self, ResultToken.self, Proposal.self, RemediationExecution.self,
    RemediationExemption.self, MemberDeployment.self,
]
let ruleJobs: [any Job.Type] = [
    EvaluateRule.self, InvokeRule.self, ForgetResults.self, ForgetRemediations.self, RunRemediation.self,
    DeployToOrganization.self,
]
