//! Command lines without what nobody else should read.

use serde_json::Value;

use super::command_line::CommandLine;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Names of settings whose values are secrets, in small letters.
const SECRET_NAMES: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "token",
    "secret",
    "apikey",
    "api-key",
    "cookie",
];

/// How names end of settings whose values are secrets. What ends in `-secret` is the name of one.
const SECRET_ENDINGS: [&str; 6] = ["password", "passwd", "-token", "_token", "_secret", "_key"];

impl CommandLine {
    /// The words, with values masked that are passwords, tokens or keys: of `password=` and its
    /// like, of `data=` of QEMU's `-object secret`, of options such as `--token VALUE`, and in URLs.
    ///
    /// Source: `secret` objects in qapi/crypto.json, QEMU 7.2.
    pub fn masked(&self) -> Vec<String> {
        let mut masks_next = false;
        let masked = self.words().iter().map(|word| {
            if std::mem::take(&mut masks_next) && !word.starts_with('-') {
                return MASK.to_owned();
            }
            let option = word
                .strip_prefix('-')
                .map(|name| name.trim_start_matches('-'));
            masks_next = option.is_some_and(is_secret_name);
            masked_word(word)
        });
        masked.collect()
    }
}

/// Whether a setting of this name holds a secret.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.contains(&name.as_str())
        || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn masked_word(word: &str) -> String {
    if word.starts_with('{')
        && let Ok(mut value) = serde_json::from_str(word)
    {
        mask_json(&mut value);
        return value.to_string();
    }
    let is_secret_object = word.split(',').any(is_secret_kind);
    let settings = split_settings(word);
    let masked = settings.into_iter().map(|setting| {
        let Some((name, value)) = setting.text.split_once('=') else {
            return format!("{}{}", masked_url(setting.text), setting.end);
        };
        let key = name
            .rsplit(['.', '?', '&', '"', '\''])
            .next()
            .unwrap_or(name);
        let key = key.trim_start_matches('-');
        let is_secret = is_secret_name(key) || (is_secret_object && key == "data");
        let value = if is_secret {
            MASK.to_owned()
        } else {
            masked_url(value)
        };
        format!("{name}={value}{}", setting.end)
    });
    masked.collect()
}

/// Whether a part of an option says that it makes a secret.
fn is_secret_kind(part: &str) -> bool {
    let kind = part.strip_prefix("qom-type=").unwrap_or(part);
    kind.starts_with("secret") && !kind.contains('=')
}

/// A setting of a word, and what ends it.
struct OptionPart<'a> {
    text: &'a str,
    end: &'a str,
}

/// Takes a word apart at single commas, white space and `&`. Two commas stand for one of a value.
fn split_settings(word: &str) -> Vec<OptionPart<'_>> {
    let mut settings = Vec::new();
    let mut start = 0;
    let mut letters = word.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        if c == ',' && letters.next_if(|&(_, next)| next == ',').is_some() {
            continue;
        }
        if c == ',' || c == '&' || c.is_whitespace() {
            let (text, rest) = (word.get(start..at), at + c.len_utf8());
            let end = word.get(at..rest);
            settings.push(OptionPart {
                text: text.unwrap_or_default(),
                end: end.unwrap_or_default(),
            });
            start = rest;
        }
    }
    let text = word.get(start..).unwrap_or_default();
    settings.push(OptionPart { text, end: "" });
    settings
}

/// Masks the password of `scheme://user:password@host`.
fn masked_url(text: &str) -> String {
    let masked = text.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(host)?;
        let (login, host) = authority.rsplit_once('@')?;
        let (user, _) = login.split_once(':')?;
        Some(format!("{scheme}://{user}:{MASK}@{host}{path}"))
    });
    masked.unwrap_or_else(|| text.to_owned())
}

fn mask_json(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let kind = members.get("qom-type").and_then(Value::as_str);
            let is_secret_object = kind.is_some_and(|kind| kind.starts_with("secret"));
            for (name, member) in members {
                if is_secret_name(name) || (is_secret_object && name == "data") {
                    *member = Value::String(MASK.to_owned());
                } else {
                    mask_json(member);
                }
            }
        }
        Value::Array(members) => members.iter_mut().for_each(mask_json),
        Value::String(text) => *text = masked_url(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(words: &[&str]) -> String {
        let mut text = words.join("\0");
        text.push('\0');
        CommandLine::parse(&text).masked().join(" ")
    }

    /// Words, and what is left of them: as libvirt, scripts and people write them.
    const SECRETS: &[(&[&str], &str)] = &[
        (
            &[
                "qemu-system-x86_64",
                "-object",
                "secret,id=s0,data=aGVs,,bG8=,format=base64",
            ],
            "qemu-system-x86_64 -object secret,id=s0,data=***,format=base64",
        ),
        (
            &[
                "qemu-kvm",
                "-object",
                r#"{"qom-type":"secret","id":"m","data":"x9"}"#,
            ],
            r#"qemu-kvm -object {"data":"***","id":"m","qom-type":"secret"}"#,
        ),
        (
            &[
                "qemu-kvm",
                "-spice",
                "port=5900,password=hunter2,seamless=on",
            ],
            "qemu-kvm -spice port=5900,password=***,seamless=on",
        ),
        (
            &["qemu-kvm", "-append", "root=/dev/vda token=abc quiet"],
            "qemu-kvm -append root=/dev/vda token=*** quiet",
        ),
        (
            &[
                "qemu-kvm",
                "-drive",
                "file=https://me:pw@host/a.img,if=virtio",
            ],
            "qemu-kvm -drive file=https://me:***@host/a.img,if=virtio",
        ),
        (
            &["vmm", "--token", "t0p", "-m", "1G"],
            "vmm --token *** -m 1G",
        ),
        (
            &[
                "qemu-kvm",
                "-vnc",
                ":0,password-secret=s0",
                "-m",
                "size=1G,slots=2",
            ],
            "qemu-kvm -vnc :0,password-secret=s0 -m size=1G,slots=2",
        ),
        (
            &[
                "qemu-kvm",
                "-blockdev",
                "driver=raw,file.password=p,node-name=d",
            ],
            "qemu-kvm -blockdev driver=raw,file.password=***,node-name=d",
        ),
    ];

    #[test]
    fn secrets_are_masked_and_the_rest_stays() {
        for (words, expected) in SECRETS {
            assert_eq!(masked(words), *expected);
        }
    }

    /// What is no secret is byte for byte the same.
    #[test]
    fn other_words_stay() {
        let words = [
            "qemu-system-x86_64",
            "-name",
            "guest=a,,b,debug-threads=on",
            "-cpu",
            "host,hv-time=on",
            "-device",
            "virtio-blk-pci,drive=data,bus=pci.0",
            "-drive",
            "file=/x/data=1.img",
        ];
        assert_eq!(masked(&words), words.join(" "));
    }
}
