//! A file of AWS's tools: sections of `name = value`.

use std::collections::BTreeMap;

/// A file of AWS's tools: `~/.aws/credentials` or `~/.aws/config`.
#[derive(Debug, Default)]
pub(super) struct AwsFile {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl AwsFile {
    /// Reads the lines that are `[section]` and `name = value`, as botocore 1.44 has Python's
    /// `configparser` read them. Others, such as values of values, which are indented, are none.
    pub(super) fn parse(text: &str) -> Self {
        let mut sections = BTreeMap::<String, BTreeMap<String, String>>::new();
        let mut section = None;
        for line in text.lines() {
            if line.starts_with(['#', ';', ' ', '\t']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                let name = name.split(']').next().unwrap_or_default();
                let words = name
                    .split_whitespace()
                    .map(|word| word.trim_matches(['"', '\'']));
                let name = words.collect::<Vec<_>>().join(" ");
                sections.entry(name.clone()).or_default();
                section = Some(name);
            } else if let Some((name, value)) = line.split_once(['=', ':'])
                && let Some(section) = section.as_ref().and_then(|name| sections.get_mut(name))
            {
                let name = name.trim().to_lowercase();
                section
                    .entry(name)
                    .or_insert_with(|| value.trim().to_owned());
            }
        }
        Self { sections }
    }

    /// Whether there is a section.
    pub(super) fn has(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    /// A value of a section, if it is not empty.
    pub(super) fn value(&self, section: &str, name: &str) -> Option<&str> {
        let value = self.sections.get(section)?.get(name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first value of a name counts, comments and nested values do not.
    #[test]
    fn sections_and_values_are_read() {
        let file = AwsFile::parse(
            "stray = 1\n[default]\n# region = a\nRegion= eu-west-1 \nregion = b\ns3 =\n  \
             endpoint_url = c\n[profile \"my own\"]\naws_secret_access_key = a=b:c#d\nempty =\n[",
        );
        assert_eq!(file.value("default", "region"), Some("eu-west-1"));
        assert_eq!(file.value("default", "endpoint_url"), None);
        let own = "profile my own";
        assert_eq!(file.value(own, "aws_secret_access_key"), Some("a=b:c#d"));
        assert_eq!(file.value(own, "empty"), None);
        assert!(file.has(own) && !file.has("stray"));
    }
}
