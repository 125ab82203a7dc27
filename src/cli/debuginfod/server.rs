//! One file from a debuginfod server, within bounds and of its build.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::wanted::WantedFile;
use rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};
use vmflame::error::{Error, Result};
use vmflame::object::build_id_of_file;

/// How much a file may hold where `DEBUGINFOD_MAXSIZE` does not say.
const MOST_BYTES: u64 = 4 << 30;

/// How long a download may take where `DEBUGINFOD_MAXTIME` does not say.
const LONGEST: u64 = 900;

/// How long a server may take to begin its answer where `DEBUGINFOD_TIMEOUT` does not say.
///
/// Source: debuginfod-find(1), elfutils 0.192.
const LONGEST_SILENCE: u64 = 90;

/// Where distributions keep the certificates that they trust.
const CERTIFICATES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// A server, with what its answers are bound by.
pub(super) struct Server {
    url: String,
    agent: Agent,
}

impl Server {
    /// The servers of a list that spaces separate; that of `DEBUGINFOD_URLS` where the list is empty.
    pub(super) fn list(asked: &str) -> Vec<Self> {
        let known = || std::env::var("DEBUGINFOD_URLS").unwrap_or_default();
        let list = if asked.trim().is_empty() {
            known()
        } else {
            asked.to_owned()
        };
        let seconds = |name, usual| Some(Duration::from_secs(setting(name).unwrap_or(usual)));
        let config = Agent::config_builder()
            .timeout_global(seconds("DEBUGINFOD_MAXTIME", LONGEST))
            .timeout_connect(seconds("DEBUGINFOD_TIMEOUT", LONGEST_SILENCE))
            .timeout_recv_response(seconds("DEBUGINFOD_TIMEOUT", LONGEST_SILENCE))
            .user_agent(concat!("vmflame/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls())
            .build();
        let agent: Agent = config.into();
        let urls = list.split_ascii_whitespace();
        let servers = urls.map(|url| Self {
            url: url.trim_end_matches('/').to_owned(),
            agent: agent.clone(),
        });
        servers.collect()
    }

    /// Downloads a file to a place; returns how many bytes it has.
    fn fetch(&self, address: &str, place: &Path) -> io::Result<u64> {
        let mut answer = self.agent.get(address).call().map_err(io::Error::other)?;
        let most = setting("DEBUGINFOD_MAXSIZE").filter(|&most| most > 0);
        let most = most.unwrap_or(MOST_BYTES);
        let body = answer.body_mut().with_config().limit(most);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(place)?;
        let bytes = copy(body.reader(), &mut file)?;
        file.sync_all()?;
        Ok(bytes)
    }
}

/// A number that the environment sets.
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.trim().parse().ok()
}

/// The certificates that this machine trusts: those of `SSL_CERT_FILE`, else the system's.
fn tls() -> TlsConfig {
    let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let mut places = named.into_iter().chain(CERTIFICATES.map(PathBuf::from));
    let text = places
        .find_map(|place| fs::read(place).ok())
        .unwrap_or_default();
    let certificates = parse_pem(&text).filter_map(|item| match item.ok()? {
        PemItem::Certificate(certificate) => Some(certificate),
        PemItem::PrivateKey(_) | _ => None,
    });
    let certificates: Vec<Certificate<'static>> = certificates.collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::Specific(Arc::new(certificates)))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build()
}

fn copy(mut from: impl Read, to: &mut impl Write) -> io::Result<u64> {
    io::copy(&mut from, to)
}

/// Downloads a file from the first server that has it, into the cache of debuginfod's client; returns
/// how many bytes it has.
///
/// # Errors
/// When no server has it, or what one has is of another build: the last problem.
pub(super) fn download(servers: &[Server], file: &WantedFile, cache: &Path) -> Result<u64> {
    let place = file.place(cache);
    let folder = cache.join(file.build_id.to_string());
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::io("download", &path, source)
    };
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    let beside = folder.join(format!(".{}.{}", file.kind.word(), std::process::id()));
    let mut last = None;
    for server in servers {
        let address = format!(
            "{}/buildid/{}/{}",
            server.url,
            file.build_id,
            file.kind.word()
        );
        let taken = server.fetch(&address, &beside).and_then(|bytes| {
            check(&beside, file)?;
            fs::rename(&beside, &place)?;
            Ok(bytes)
        });
        match taken {
            Ok(bytes) => return Ok(bytes),
            Err(source) => {
                drop(fs::remove_file(&beside));
                last = Some(Error::io("download", Path::new(&address), source));
            }
        }
    }
    Err(last.unwrap_or_else(|| failed(&place)(io::Error::other("no server"))))
}

/// Refuses a file of another build.
fn check(path: &Path, file: &WantedFile) -> io::Result<()> {
    let found = build_id_of_file(path).map_err(|wrong| io::Error::other(wrong.to_string()))?;
    if found.as_ref() == Some(&file.build_id) {
        return Ok(());
    }
    let found = found.map_or("none".to_owned(), |id| id.to_string());
    Err(io::Error::other(format!(
        "what the server has is of another build: its build id is {found}"
    )))
}
