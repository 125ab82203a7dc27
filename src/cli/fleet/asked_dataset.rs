//! A dataset that questions are put to, in a folder or in S3.

use std::path::Path;

use super::aws::{AwsAccess, AwsMachine};
use super::engine::{self, EngineFault, EngineQuestion};
use super::wrong_s3::{WrongS3, is_in_s3};
use crate::cli::options::EngineOption;
use vmflame::dataset::{DatasetRoot, Manifest, S3Place, Store, StoreLock};
use vmflame::error::{Error, Result};

/// A dataset that questions are put to.
pub(in crate::cli) struct AskedDataset<'o> {
    /// Where its files are.
    pub(in crate::cli) root: DatasetRoot,
    /// Its files.
    pub(in crate::cli) manifest: Manifest,
    asking: Asking<'o>,
    /// While the engine reads, nobody removes files of a folder.
    _lock: Option<StoreLock>,
}

/// Who is asked, and with which keys.
struct Asking<'o> {
    program: Option<&'o Path>,
    s3: Option<AwsAccess>,
}

impl<'o> AskedDataset<'o> {
    /// The dataset of a folder, or of a place in S3.
    ///
    /// # Errors
    /// When there is none, or its list of files is none or one of a later version.
    pub(in crate::cli) fn open(place: &Path, options: &'o EngineOption) -> Result<Self> {
        let program = options.engine.as_deref();
        if is_in_s3(place) {
            return Self::open_in_s3(&place.to_string_lossy(), options);
        }
        if options.s3_endpoint.is_some() {
            return Err(WrongS3::EndpointOfFolder.into());
        }
        let store = Store::open(place)?;
        let lock = store.read_lock()?;
        Ok(Self {
            root: DatasetRoot::of_folder(&store),
            manifest: store.manifest()?,
            asking: Asking { program, s3: None },
            _lock: Some(lock),
        })
    }

    fn open_in_s3(text: &str, options: &'o EngineOption) -> Result<Self> {
        let place = S3Place::parse(text).map_err(|why| WrongS3::Place {
            text: text.to_owned(),
            why,
        })?;
        let access = AwsMachine::of_this().access(options.s3_endpoint.as_deref())?;
        let root = DatasetRoot::of_s3(&place, &access.s3);
        let asking = Asking {
            program: options.engine.as_deref(),
            s3: Some(access),
        };
        let told = asking.ask(&root.list_script()).map_err(|fault| {
            let is_missing = matches!(&fault, EngineFault::Refuses(told) if is_not_found(told));
            if is_missing {
                let place = place.as_str().to_owned();
                return WrongS3::NoDataset { place }.into();
            }
            asking.told(fault)
        })?;
        Ok(Self {
            manifest: Manifest::of_engine(place.as_str(), &told)?,
            root,
            asking,
            _lock: None,
        })
    }

    /// What the engine prints.
    ///
    /// # Errors
    /// When there is no engine, or it refuses the script.
    pub(in crate::cli) fn ask(&self, script: &str) -> Result<String> {
        let answer = self.asking.ask(script);
        answer.map_err(|fault| self.asking.told(fault))
    }
}

impl Asking<'_> {
    fn ask(&self, script: &str) -> std::result::Result<String, EngineFault> {
        let is_of_s3 = self.s3.is_some();
        engine::answer(self.program, EngineQuestion { script, is_of_s3 })
    }

    /// A fault as an error: of S3 with what helps, and without secrets, since engines repeat the
    /// statement that they refuse.
    fn told(&self, fault: EngineFault) -> Error {
        let (EngineFault::Refuses(told), Some(access)) = (&fault, &self.s3) else {
            return fault.into();
        };
        let secrets = access.s3.secrets();
        let told = secrets.into_iter().fold(told.clone(), |told, secret| {
            let quoted = secret.replace('\'', "''");
            told.replace(&quoted, "…").replace(secret, "…")
        });
        match hint_of(&told, access) {
            Some(hint) => Error::from(EngineFault::Refuses(told)).with_hint(hint),
            None => EngineFault::Refuses(told).into(),
        }
    }
}

/// Whether the engine says that there is no such object, or bucket.
fn is_not_found(told: &str) -> bool {
    told.contains("404")
}

/// What helps when the engine did not get an object, by what it says (`DuckDB` 1.5).
fn hint_of(told: &str, access: &AwsAccess) -> Option<String> {
    let has = |words: &[&str]| words.iter().any(|word| told.contains(word));
    if !has(&["HTTP", "IO Error"]) {
        None
    } else if is_not_found(told) {
        Some(
            "a file of dataset.json is not there: either files were removed meanwhile, then ask again; or \
             they were not all copied, then copy them again, dataset.json last"
                .to_owned(),
        )
    } else if has(&["403", "401"]) {
        Some(access.hint_of_denial())
    } else if has(&["region", "301", "400"]) {
        Some("AWS_REGION says in which region the bucket is".to_owned())
    } else {
        Some(
            "is the server reached from here? --s3-endpoint http://HOST:PORT, or AWS_ENDPOINT_URL, names \
             another than Amazon's"
                .to_owned(),
        )
    }
}
