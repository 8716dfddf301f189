import CloudTrailAPI
import Platform
import Wire

// Which events a trail takes.
// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html>

extension CloudTrail.PutEventSelectors: TrailChange {
    static func change(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var trail = trail
        trail.selection = try SelectorRules.selection(input.eventSelectors, input.advancedEventSelectors)
        trail.hasCustomSelection = trail.selection != .standard
        try records.put(trail)
        return Output {
            $0.trailARN = trail.arn
            $0.eventSelectors = trail.selection.basic
            $0.advancedEventSelectors = trail.selection.advanced
        }
    }
}

extension CloudTrail.GetEventSelectors: TrailRead {
    static func answer(
        _ trail: Trail, _ input: Input, _ call: Call, _ records: Records
    ) throws(ServiceError) -> Output {
        Output {
            $0.trailARN = trail.arn
            $0.eventSelectors = trail.selection.basic
            $0.advancedEventSelectors = trail.selection.advanced
        }
    }
}

extension EventSelection {
    /// As answers have basic selectors; nil: these are advanced.
    fileprivate var basic: [CloudTrail.EventSelector]? {
        guard case .basic(let selectors) = self else { return nil }
        return selectors.map { selector in
            CloudTrail.EventSelector {
                $0.readWriteType = selector.readWriteType.rawValue
                $0.includeManagementEvents = selector.includesManagement
                $0.dataResources = selector.dataResources.map { resource in
                    CloudTrail.DataResource {
                        $0.type = resource.type
                        $0.values = resource.values
                    }
                }
                $0.excludeManagementEventSources = selector.excludedSources
            }
        }
    }

    /// As answers have advanced selectors; nil: these are basic.
    fileprivate var advanced: [CloudTrail.AdvancedEventSelector]? {
        guard case .advanced(let selectors) = self else { return nil }
        return selectors.shown
    }
}

extension [AdvancedSelector] {
    /// As answers have them.
    var shown: [CloudTrail.AdvancedEventSelector] {
        func some(_ values: [String]) -> [String]? { values.isEmpty ? nil : values }
        return map { selector in
            CloudTrail.AdvancedEventSelector {
                $0.name = selector.name
                $0.fieldSelectors = selector.conditions.map { condition in
                    CloudTrail.AdvancedFieldSelector {
                        $0.field = condition.field.rawValue
                        $0.equals = some(condition.equals)
                        $0.startsWith = some(condition.startsWith)
                        $0.endsWith = some(condition.endsWith)
                        $0.notEquals = some(condition.notEquals)
                        $0.notStartsWith = some(condition.notStartsWith)
                        $0.notEndsWith = some(condition.notEndsWith)
                    }
                }
            }
        }
    }
}
