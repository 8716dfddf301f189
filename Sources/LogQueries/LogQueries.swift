/// CloudWatch Logs Insights' query language.
enum LogQueries {}
