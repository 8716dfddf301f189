import Testing

@testable import GuardRules
