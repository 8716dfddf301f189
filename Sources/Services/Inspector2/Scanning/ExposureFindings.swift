import Inspector2API
import Platform
import VPC
import Wire

/// Findings of ports that the internet reaches.
/// <https://docs.aws.amazon.com/inspector/latest/user/findings-types.html#findings-types-network>
enum ExposureFindings {
    static func finding(_ exposed: ExposedPorts, in details: Inspector2.Resource) -> Found {
        let (first, last) = (Int(exposed.ports.lowerBound), Int(exposed.ports.upperBound))
        let content = Inspector2.Finding {
            $0.title = exposed.title
            $0.description = exposed.explanation
            $0.severity = exposed.severity.rawValue
            $0.remediation = Inspector2.Remediation {
                $0.recommendation = Inspector2.Recommendation { $0.text = ExposedPorts.recommendation }
            }
            $0.resources = [details]
            $0.networkReachabilityDetails = Inspector2.NetworkReachabilityDetails {
                $0.protocol = exposed.transport.rawValue
                $0.openPortRange = Inspector2.PortRange {
                    $0.begin = first
                    $0.end = last
                }
                $0.networkPath = Inspector2.NetworkPath {
                    $0.steps = exposed.components.map { component in
                        Inspector2.Step {
                            $0.componentId = component.id
                            $0.componentType = component.kind.rawValue
                        }
                    }
                }
            }
        }
        let identity =
            "\(exposed.interfaceID) \(exposed.internetGatewayID) \(exposed.transport.rawValue) \(first)-\(last)"
        return Found(identity: identity, content: content)
    }
}
