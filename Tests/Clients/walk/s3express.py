"""S3 Express: what there is of it besides buckets of its own, which Gatehouse has none of."""

from walk import Samples

SAMPLES = Samples(
    client="s3",
    event_source="s3express.amazonaws.com",
    only={"ListDirectoryBuckets"},
    # What it asks for has another name.
    typical="CreateSession",
    looks_like_objects=True,
)
