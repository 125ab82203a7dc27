//! What is measured on.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use vmflame::bytes::Little;
use vmflame::perf::writer::{Load, Written};

/// A capture, and what its generator says of it.
pub(crate) struct Sample {
    pub(crate) label: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) written: Option<Written>,
    is_temporary: bool,
}

impl Drop for Sample {
    fn drop(&mut self) {
        if self.is_temporary {
            drop(std::fs::remove_file(&self.path));
        }
    }
}

pub(crate) fn load() -> Load {
    Load::parse("size=32M,stacks=20000,depth=32,tracepoints=5,late=1").unwrap()
}

/// The generated capture, and the real one when there is one.
pub(crate) fn all(bench: &str) -> Vec<Sample> {
    let name = format!("vmflame-bench-{}-{bench}.data", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = BufWriter::new(File::create(&path).unwrap());
    let (_, written) = load().write::<Little, _>(file).unwrap();
    let generated = Sample {
        label: "generated",
        path,
        written: Some(written),
        is_temporary: true,
    };
    [Some(generated), real()].into_iter().flatten().collect()
}

fn real() -> Option<Sample> {
    let named = std::env::var_os("VMFLAME_BENCH_CAPTURE").map(PathBuf::from);
    let Some(path) = named.or_else(first_of_testdata) else {
        eprintln!("skipped: no real capture in testdata/ or VMFLAME_BENCH_CAPTURE");
        return None;
    };
    Some(Sample {
        label: "real",
        path,
        written: None,
        is_temporary: false,
    })
}

fn first_of_testdata() -> Option<PathBuf> {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut captures: Vec<PathBuf> = std::fs::read_dir(testdata)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("perf.data")))
        .filter(|path| path.is_file())
        .collect();
    captures.sort();
    captures.into_iter().next()
}
