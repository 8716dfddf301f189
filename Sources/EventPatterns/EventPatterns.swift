/// EventBridge's event patterns and input transformers, and SNS's filter policies.
enum EventPatterns {}
