import Testing

@testable import ConfigService
