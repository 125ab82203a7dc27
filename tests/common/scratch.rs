//! Captures that a test writes for other programs to read.

use std::fs;
use std::path::PathBuf;

/// A file that goes away with its test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    /// A file of the test `name` with these bytes.
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let name = format!("vmflame-writer-{}-{name}.data", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}
