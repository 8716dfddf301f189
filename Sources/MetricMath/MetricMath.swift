/// CloudWatch's statistics and metric math, and the states of alarms.
enum MetricMath {}
