//! How an engine gets at a place in S3: keys, region, server.

use std::fmt;

use super::s3_place::S3Place;

/// Keys of S3.
#[derive(Clone, PartialEq, Eq)]
pub struct S3Keys {
    /// Which key: no secret.
    pub key: String,
    /// The secret of it.
    pub secret: String,
    /// What comes with keys that are for a while.
    pub session_token: Option<String>,
}

/// Secrets are printed nowhere.
impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Keys").finish_non_exhaustive()
    }
}

/// A server that speaks S3.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct S3Endpoint {
    /// Its name or address, and its port where it is an unusual one.
    host: String,
    is_encrypted: bool,
}

impl S3Endpoint {
    /// Reads `http://HOST[:PORT]`, or with `https`.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let of_scheme = |scheme: &str| text.strip_prefix(scheme);
        let (is_encrypted, host) = match (of_scheme("https://"), of_scheme("http://")) {
            (Some(host), _) => (true, host),
            (None, Some(host)) => (false, host),
            (None, None) => return Err("it begins with neither https:// nor http://"),
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        let of_host = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        if host.is_empty() || !host.chars().all(of_host) {
            return Err("behind the scheme stands more than a host and a port, or nothing");
        }
        Ok(Self {
            host: host.to_owned(),
            is_encrypted,
        })
    }
}

/// How an engine gets at a place in S3. What is absent is as the engine has it: it may have secrets of
/// its own, else it asks as anyone may.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct S3Access {
    /// The keys.
    pub keys: Option<S3Keys>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// The server, where it is not Amazon's.
    pub endpoint: Option<S3Endpoint>,
}

impl S3Access {
    /// What must not be shown.
    pub fn secrets(&self) -> Vec<&str> {
        let keys = self.keys.iter();
        let of = keys.flat_map(|keys| [Some(&*keys.secret), keys.session_token.as_deref()]);
        of.flatten().collect()
    }

    /// What the engine runs before it reads: the keys go to this place only, and nothing else beyond
    /// this machine can be read afterwards, whatever the question says.
    pub(super) fn preamble(&self, place: &S3Place) -> String {
        let root = quoted(&format!("{}/", place.as_str()));
        let mut script = match &self.keys {
            Some(keys) => self.secret(keys, place, &root),
            None => self.settings(place),
        };
        script.push_str(&format!(
            "SET allowed_directories = [{root}, '/'];\nSET enable_external_access = false;\n"
        ));
        script
    }

    fn secret(&self, keys: &S3Keys, place: &S3Place, root: &str) -> String {
        let mut parts = vec![
            format!("KEY_ID {}", quoted(&keys.key)),
            format!("SECRET {}", quoted(&keys.secret)),
            format!("SCOPE {root}"),
        ];
        let token = keys.session_token.iter();
        parts.extend(token.map(|token| format!("SESSION_TOKEN {}", quoted(token))));
        let settings = self.named_settings(place).into_iter();
        parts.extend(settings.map(|setting| format!("{} {}", setting.name, setting.value)));
        format!("CREATE SECRET vmflame (TYPE s3, {});\n", parts.join(", "))
    }

    /// The same without keys: a secret of the engine's own comes before them.
    fn settings(&self, place: &S3Place) -> String {
        let settings = self.named_settings(place).into_iter();
        let lines =
            settings.map(|setting| format!("SET s3_{} = {};\n", setting.name, setting.value));
        lines.collect()
    }

    fn named_settings(&self, place: &S3Place) -> Vec<S3Setting> {
        let mut settings = Vec::new();
        let mut set = |name, value| settings.push(S3Setting { name, value });
        if let Some(region) = &self.region {
            set("region", quoted(region));
        }
        if let Some(endpoint) = &self.endpoint {
            set("endpoint", quoted(&endpoint.host));
            set("use_ssl", endpoint.is_encrypted.to_string());
        }
        // The bucket is a part of the server's name otherwise: few servers but Amazon's have such names,
        // and its certificate covers none with a dot.
        if self.endpoint.is_some() || place.bucket().contains('.') {
            set("url_style", quoted("path"));
        }
        settings
    }
}

/// A setting of the engine, and its value as SQL.
struct S3Setting {
    name: &'static str,
    value: String,
}

/// A text of SQL.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> S3Place {
        S3Place::parse("s3://fleet/it's").unwrap()
    }

    /// No text ends the one that it is put into, and secrets are not in what is printed of them.
    #[test]
    fn secrets_are_quoted_and_not_printed() {
        let keys = S3Keys {
            key: "AKIA'".to_owned(),
            secret: "s') ; DROP".to_owned(),
            session_token: Some("t'".to_owned()),
        };
        let access = S3Access {
            keys: Some(keys),
            region: Some("eu-central-1".to_owned()),
            endpoint: Some(S3Endpoint::parse("http://127.0.0.1:9000/").unwrap()),
        };
        let script = access.preamble(&place());
        assert_eq!(
            script.lines().next().unwrap(),
            "CREATE SECRET vmflame (TYPE s3, KEY_ID 'AKIA''', SECRET 's'') ; DROP', SCOPE \
             's3://fleet/it''s/', SESSION_TOKEN 't''', region 'eu-central-1', endpoint \
             '127.0.0.1:9000', use_ssl false, url_style 'path');"
        );
        let shown = format!("{access:?}");
        assert!(!shown.contains("DROP") && !shown.contains("t'"), "{shown}");
        assert_eq!(access.secrets(), ["s') ; DROP", "t'"]);
    }

    /// Without keys nothing hides a secret that the engine keeps.
    #[test]
    fn without_keys_there_is_no_secret() {
        let script = S3Access::default().preamble(&place());
        assert!(!script.contains("SECRET") && script.contains("'s3://fleet/it''s/', '/'"));
    }

    #[test]
    fn a_server_is_a_scheme_and_a_host() {
        let host = |text: &str| S3Endpoint::parse(text).map(|endpoint| endpoint.host);
        assert_eq!(host("https://[::1]:9000").as_deref(), Ok("[::1]:9000"));
        for wrong in [
            "127.0.0.1:9000",
            "ftp://a",
            "http://",
            "https://user:secret@a",
            "https://a/b",
            "http://a'",
        ] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }
}
