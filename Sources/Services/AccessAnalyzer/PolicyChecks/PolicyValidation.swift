import AccessAnalyzerAPI
import Lint
import Platform
import Policy
import Wire

// What is wrong with a policy, dangerous or needless: the findings of the linter.
// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html>

extension AccessAnalyzer.ValidatePolicy: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization { call.accessWithoutResource() }

    /// Whatever the locale, the findings are in English.
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        if input.validatePolicyResourceType != nil, input.policyType != "RESOURCE_POLICY" {
            throw .invalidField(
                "validatePolicyResourceType",
                "A value for the policy validation resource type can be specified only if the policy type is "
                    + "RESOURCE_POLICY.")
        }
        let paging = try Paging(checking: input)
        let text = input.policyDocument
        let report = Linter().lint(text, as: type(input), resourceType: input.validatePolicyResourceType)
        let found = page(report.findings, paging)
        let places = FindingPlaces(in: text)
        return Output(found.map { AccessAnalyzer.ValidatePolicyFinding($0, places) })
    }

    private static func type(_ input: Input) -> PolicyType {
        switch input.policyType {
        case "SERVICE_CONTROL_POLICY": .serviceControl
        case "RESOURCE_CONTROL_POLICY": .resourceControl
        case "RESOURCE_POLICY":
            input.validatePolicyResourceType == "AWS::IAM::AssumeRolePolicyDocument" ? .roleTrust : .resource
        default: .identity
        }
    }
}

extension View<AccessAnalyzer.ValidatePolicyFindingFields> {
    fileprivate init(_ finding: Finding, _ places: FindingPlaces) {
        let place = places.place(of: finding)
        self.init {
            $0.findingType = finding.severity.rawValue
            $0.issueCode = finding.code.rawValue
            $0.findingDetails = finding.message
            $0.learnMoreLink = finding.code.learnMoreLink
            $0.locations = [
                AccessAnalyzer.Location {
                    $0.path = place.path.map(AccessAnalyzer.PathElement.init)
                    $0.span = AccessAnalyzer.Span {
                        $0.start = AccessAnalyzer.Position(place.start)
                        $0.end = AccessAnalyzer.Position(place.end)
                    }
                }
            ]
        }
    }
}

extension View<AccessAnalyzer.PathElementFields> {
    fileprivate init(_ step: FindingPlaces.Step) {
        self.init {
            switch step {
            case .value(let name): $0.value = name
            case .key(let name): $0.key = name
            case .index(let index): $0.index = index
            case .substring(let start, let length):
                $0.substring = AccessAnalyzer.Substring {
                    $0.start = start
                    $0.length = length
                }
            }
        }
    }
}

extension View<AccessAnalyzer.PositionFields> {
    fileprivate init(_ position: FindingPlaces.Position) {
        self.init {
            $0.line = position.line
            $0.column = position.column
            $0.offset = position.offset
        }
    }
}
