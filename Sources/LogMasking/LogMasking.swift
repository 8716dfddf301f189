/// CloudWatch Logs' data protection.
enum LogMasking {}
