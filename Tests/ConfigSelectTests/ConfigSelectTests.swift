import Testing

@testable import ConfigSelect
