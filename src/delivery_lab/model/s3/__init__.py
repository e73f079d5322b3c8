"""What Amazon S3 tells of its objects: notifications of buckets."""
