//! Keys, region and server of S3, where AWS's own tools look for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::aws_file::AwsFile;
use super::wrong_s3::WrongS3;
use vmflame::dataset::{S3Access, S3Endpoint, S3Keys};

/// The variables that are read.
const VARIABLES: [&str; 13] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "HOME",
];

/// Settings of a profile by which AWS's tools ask somebody else for keys: botocore 1.44,
/// `credentials.py`.
const OTHER_WAYS: [&str; 6] = [
    "role_arn",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "credential_process",
    "login_session",
];

/// What this machine tells AWS's tools.
#[derive(Debug, Default)]
pub(super) struct AwsMachine {
    variables: BTreeMap<&'static str, String>,
    credentials: AwsFile,
    config: AwsFile,
}

/// How S3 is got at, and where the keys are from.
pub(super) struct AwsAccess {
    pub(super) s3: S3Access,
    origin: KeysOrigin,
}

/// Where keys are from.
#[derive(Clone, PartialEq, Eq, Debug)]
enum KeysOrigin {
    /// Variables of the environment.
    Variables,
    /// A profile.
    Profile(String),
    /// There are none: a profile has them from somebody who is not asked here.
    Elsewhere { profile: String, way: &'static str },
    /// There are none.
    Nowhere,
}

impl AwsAccess {
    /// What helps when the server refuses.
    pub(super) fn hint_of_denial(&self) -> String {
        let export = |profile: &str| {
            format!("eval \"$(aws configure export-credentials{profile} --format env)\" sets them")
        };
        match &self.origin {
            KeysOrigin::Variables => {
                "the keys are those of AWS_ACCESS_KEY_ID and its like: are they right, not run out, and \
                 allowed to read the bucket?"
                    .to_owned()
            }
            KeysOrigin::Profile(name) => {
                format!("the keys are those of profile {name:?}: are they right, and allowed to read \
                         the bucket? AWS_PROFILE chooses another")
            }
            KeysOrigin::Elsewhere { profile, way } => {
                let export = export(&format!(" --profile '{profile}'"));
                format!("it was asked without keys: profile {profile:?} has them by {way}. {export}")
            }
            KeysOrigin::Nowhere => {
                let export = export("");
                format!("it was asked without keys: AWS_ACCESS_KEY_ID and ~/.aws/credentials have none. \
                         Of a role or a login, {export}")
            }
        }
    }
}

impl AwsMachine {
    /// This machine. A file that cannot be read counts as none, as AWS's tools have it.
    pub(super) fn of_this() -> Self {
        let of = |name: &'static str| {
            let value = std::env::var_os(name)?.to_string_lossy().into_owned();
            Some((name, value)).filter(|(_, value)| !value.is_empty())
        };
        let variables: BTreeMap<_, _> = VARIABLES.into_iter().filter_map(of).collect();
        let file = |variable: &str, usual: &str| {
            let path = variables.get(variable).map(PathBuf::from);
            let home = variables
                .get("HOME")
                .map(|home| Path::new(home).join(usual));
            let text = path
                .or(home)
                .and_then(|path| std::fs::read_to_string(path).ok());
            AwsFile::parse(&text.unwrap_or_default())
        };
        Self {
            credentials: file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
            config: file("AWS_CONFIG_FILE", ".aws/config"),
            variables,
        }
    }

    /// How S3 is got at, with the server that an option names.
    ///
    /// # Errors
    /// When a value is half there, or none.
    pub(super) fn access(&self, endpoint: Option<&str>) -> Result<AwsAccess, WrongS3> {
        let region = self.variable("AWS_REGION");
        let region = region.or_else(|| self.variable("AWS_DEFAULT_REGION"));
        let region = region.or_else(|| self.of_profile("region"));
        plain("the region", region)?;
        let keys = match self.keys_of_variables()? {
            Some(keys) => Some(keys),
            None => self.keys_of_profile()?,
        };
        let origin = match &keys {
            Some(_) if self.variable("AWS_ACCESS_KEY_ID").is_some() => KeysOrigin::Variables,
            Some(_) => KeysOrigin::Profile(self.profile().to_owned()),
            None => self.other_origin(),
        };
        let s3 = S3Access {
            keys,
            region: region.map(ToOwned::to_owned),
            endpoint: self.endpoint(endpoint)?,
        };
        Ok(AwsAccess { s3, origin })
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The profile that is meant.
    fn profile(&self) -> &str {
        let named = self.named_profile();
        named.unwrap_or("default")
    }

    fn named_profile(&self) -> Option<&str> {
        let named = self.variable("AWS_PROFILE");
        named.or_else(|| self.variable("AWS_DEFAULT_PROFILE"))
    }

    /// The section of a profile in the file of settings.
    fn section(&self) -> String {
        match self.profile() {
            "default" => "default".to_owned(),
            name => format!("profile {name}"),
        }
    }

    /// A value of the profile. The file of keys comes first.
    fn of_profile(&self, name: &str) -> Option<&str> {
        let of_keys = self.credentials.value(self.profile(), name);
        of_keys.or_else(|| self.config.value(&self.section(), name))
    }

    fn keys_of_variables(&self) -> Result<Option<S3Keys>, WrongS3> {
        let names = [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ];
        keys("the environment", names, |name| self.variable(name))
    }

    fn keys_of_profile(&self) -> Result<Option<S3Keys>, WrongS3> {
        let name = self.profile();
        let is_there = self.credentials.has(name) || self.config.has(&self.section());
        if self.named_profile().is_some() && !is_there {
            let name = name.to_owned();
            return Err(WrongS3::NoProfile { name });
        }
        // AWS's tools take on a role before they take the keys beside it.
        if self.other_origin() != KeysOrigin::Nowhere {
            return Ok(None);
        }
        let names = [
            "aws_access_key_id",
            "aws_secret_access_key",
            "aws_session_token",
        ];
        let of = format!("profile {name:?}");
        keys(&of, names, |name| self.of_profile(name))
    }

    /// Where the profile has keys from that it does not name itself.
    fn other_origin(&self) -> KeysOrigin {
        let mut ways = OTHER_WAYS.into_iter();
        match ways.find(|way| self.of_profile(way).is_some()) {
            Some(way) => KeysOrigin::Elsewhere {
                profile: self.profile().to_owned(),
                way,
            },
            None => KeysOrigin::Nowhere,
        }
    }

    fn endpoint(&self, option: Option<&str>) -> Result<Option<S3Endpoint>, WrongS3> {
        let ignored = self.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
        let is_ignored = ignored.is_some_and(|ignored| ignored.eq_ignore_ascii_case("true"));
        let set = || {
            let own = self.variable("AWS_ENDPOINT_URL_S3");
            let all = own.or_else(|| self.variable("AWS_ENDPOINT_URL"));
            all.or_else(|| self.of_profile("endpoint_url"))
        };
        let text = option.or_else(|| set().filter(|_| !is_ignored));
        let parse = |text: &str| {
            S3Endpoint::parse(text).map_err(|why| {
                let text = text.to_owned();
                WrongS3::Endpoint { text, why }
            })
        };
        text.map(parse).transpose()
    }
}

/// Keys by the names of key, secret and token; none where there is neither of the first two.
fn keys<'v>(
    of: &str,
    names: [&'static str; 3],
    value: impl Fn(&str) -> Option<&'v str>,
) -> Result<Option<S3Keys>, WrongS3> {
    for name in names {
        plain(name, value(name))?;
    }
    let half = |missing: &'static str| {
        let of = of.to_owned();
        Err(WrongS3::HalfKeys { of, missing })
    };
    let [key, secret, token] = names;
    match (value(key), value(secret)) {
        (None, None) => Ok(None),
        (Some(_), None) => half(secret),
        (None, Some(_)) => half(key),
        (Some(key), Some(secret)) => Ok(Some(S3Keys {
            key: key.to_owned(),
            secret: secret.to_owned(),
            session_token: value(token).map(ToOwned::to_owned),
        })),
    }
}

/// Refuses what no key, token or region has.
fn plain(what: &'static str, value: Option<&str>) -> Result<(), WrongS3> {
    if value.is_some_and(|value| value.contains(char::is_control)) {
        return Err(WrongS3::Control { what });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(variables: &[(&'static str, &str)], credentials: &str, config: &str) -> AwsMachine {
        let variables = variables.iter();
        AwsMachine {
            variables: variables
                .map(|&(name, value)| (name, value.to_owned()))
                .collect(),
            credentials: AwsFile::parse(credentials),
            config: AwsFile::parse(config),
        }
    }

    fn refused(machine: &AwsMachine) -> String {
        machine.access(None).err().unwrap().to_string()
    }

    const KEYS: &str = "aws_access_key_id = A\naws_secret_access_key = B\n";

    /// Variables come before the profile, and the option before all servers: the order of
    /// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html>.
    #[test]
    fn variables_come_before_profiles() {
        let credentials = format!("[default]\n{KEYS}[other]\n{KEYS}aws_session_token = T\n");
        let config =
            "[default]\nregion = r1\n[profile other]\nregion = r2\nendpoint_url = http://p\n";
        let found = machine(&[], &credentials, config).access(None).unwrap();
        assert_eq!(found.origin, KeysOrigin::Profile("default".to_owned()));
        assert_eq!(found.s3.region.as_deref(), Some("r1"));
        assert_eq!(found.s3.endpoint, None);
        let other = machine(&[("AWS_PROFILE", "other")], &credentials, config);
        let found = other.access(None).unwrap();
        assert_eq!(found.s3.secrets(), ["B", "T"]);
        assert_eq!(found.s3.region.as_deref(), Some("r2"));
        assert_eq!(found.s3.endpoint, S3Endpoint::parse("http://p").ok());
        let variables = [
            ("AWS_PROFILE", "other"),
            ("AWS_ACCESS_KEY_ID", "K"),
            ("AWS_SECRET_ACCESS_KEY", "S"),
            ("AWS_DEFAULT_REGION", "r3"),
            ("AWS_ENDPOINT_URL", "https://v"),
        ];
        let found = machine(&variables, &credentials, config);
        let found = found.access(Some("http://o")).unwrap();
        assert_eq!(found.origin, KeysOrigin::Variables);
        assert_eq!(found.s3.secrets(), ["S"]);
        assert_eq!(found.s3.region.as_deref(), Some("r3"));
        assert_eq!(found.s3.endpoint, S3Endpoint::parse("http://o").ok());
    }

    /// Half of what belongs together is refused, since the rest would be asked for as somebody else.
    #[test]
    fn what_is_half_there_is_refused() {
        let half = machine(&[("AWS_ACCESS_KEY_ID", "K")], "", "");
        assert!(refused(&half).contains("no AWS_SECRET_ACCESS_KEY"));
        let half = machine(&[], "[default]\naws_secret_access_key = B\n", "");
        assert!(refused(&half).contains("no aws_access_key_id"));
        let missing = machine(&[("AWS_PROFILE", "none")], "[default]\n", "");
        assert!(refused(&missing).contains("\"none\""));
        let line = machine(&[("AWS_REGION", "a\n")], "", "");
        assert!(refused(&line).contains("control"));
    }

    /// Keys that others give are not asked for; what does is said when the server refuses.
    #[test]
    fn keys_that_others_give_are_told() {
        let config = format!("[profile a]\nrole_arn = r\n{KEYS}");
        let found = machine(&[("AWS_PROFILE", "a")], "", &config);
        let found = found.access(None).unwrap();
        assert!(found.s3.keys.is_none());
        let hint = found.hint_of_denial();
        assert!(
            hint.contains("role_arn") && hint.contains("--profile 'a'"),
            "{hint}"
        );
        let found = machine(&[], "", "").access(None).unwrap();
        assert_eq!(found.origin, KeysOrigin::Nowhere);
    }
}
