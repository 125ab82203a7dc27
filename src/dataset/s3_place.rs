//! A dataset's place in S3.

/// `s3://BUCKET/PREFIX`, without a `/` at its end; the bucket alone where the dataset lies at its top.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct S3Place {
    text: String,
}

/// What the places of S3 begin with.
const SCHEME: &str = "s3://";
/// What Spark and Hadoop call the same.
const SCHEMES_OF_HADOOP: [&str; 2] = ["s3a://", "s3n://"];

impl S3Place {
    /// Whether a text names a place in S3, right or wrong.
    pub fn is_one(text: &str) -> bool {
        let is_of_hadoop = |scheme: &&str| text.starts_with(scheme);
        text.starts_with(SCHEME) || SCHEMES_OF_HADOOP.iter().any(is_of_hadoop)
    }

    /// Reads a place.
    ///
    /// # Errors
    /// When it is none, or the engine would take a part of it for something else: a pattern, or options
    /// behind a `?`, among them another server.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix(SCHEME).ok_or("it is no s3:// address")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (bucket, prefix) = match rest.split_once('/') {
            Some((bucket, prefix)) => (bucket, Some(prefix)),
            None => (rest, None),
        };
        // Letters of the naming rules for general purpose buckets, and `_` and capitals of old ones.
        let of_bucket = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if bucket.is_empty() || !bucket.chars().all(of_bucket) {
            return Err("it names no bucket");
        }
        let of_patterns = |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\');
        let prefix = prefix.unwrap_or_default();
        if prefix.contains(|c: char| c.is_control() || of_patterns(c)) {
            return Err("its path has one of * ? [ ] { } \\, or a control character");
        }
        let is_step = |part: &str| matches!(part, "" | "." | "..");
        if !prefix.is_empty() && prefix.split('/').any(is_step) {
            return Err("a part of its path is empty, or dots");
        }
        let text = format!("{SCHEME}{rest}");
        Ok(Self { text })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bucket.
    pub(super) fn bucket(&self) -> &str {
        let rest = self.text.strip_prefix(SCHEME).unwrap_or_default();
        rest.split_once('/').map_or(rest, |(bucket, _)| bucket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the engine would take for a pattern, or for the address of another server, is no place.
    #[test]
    fn only_plain_places_are_read() {
        for (text, bucket) in [
            ("s3://fleet-1.eu/a b'c%20+#é/d", "fleet-1.eu"),
            ("s3://fleet/", "fleet"),
            ("s3://fleet", "fleet"),
        ] {
            let place = S3Place::parse(text).unwrap();
            assert_eq!(place.as_str(), text.trim_end_matches('/'));
            assert_eq!(place.bucket(), bucket);
        }
        for wrong in [
            "s3://",
            "s3:///a",
            "s3a://fleet/a",
            "s3://user@fleet/a",
            "s3://fleet:80/a",
            "s3://fleet/a?s3_endpoint=elsewhere",
            "s3://fleet/*",
            "s3://fleet/a//b",
            "s3://fleet/a//",
            "s3://fleet/../b",
            "s3://fleet/a\nb",
        ] {
            assert!(S3Place::parse(wrong).is_err(), "{wrong}");
        }
        assert!(S3Place::is_one("s3://") && S3Place::is_one("s3a://a"));
        assert!(!S3Place::is_one("./s3://a"));
    }
}
